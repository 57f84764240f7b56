"""Documents that were shown to a customer at a follow-up (B6, H6)."""

from __future__ import annotations

from collections.abc import Iterable

from accounts.models import User
from common.business_calendar import today as business_today
from crm.models import FollowUp
from team.models import Document, FollowUpDocument

MOST = 10


def link_documents(*, actor: User, follow_up: FollowUp, document_ids: Iterable[int]) -> int:
    """Note these documents at the follow-up, as far as the actor may see them; answers how many are new."""
    wanted = sorted(set(document_ids))[:MOST]
    if not wanted:
        return 0
    mine = Document.objects.visible_to(actor).current(business_today()).filter(pk__in=wanted)
    rows = [FollowUpDocument(follow_up=follow_up, document_id=pk) for pk in mine.values_list("pk", flat=True)]
    FollowUpDocument.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)
