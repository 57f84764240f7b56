"""Finance goes through the slips that have arrived: ticked off, or sent back with a remark."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from common.punctuation import named
from common.templatetags.paodian import money
from comms.enums import NoticeKind
from comms.services import Notice, notify
from sales.models import FinanceSlip
from sales.queries.finance import slip_address


@transaction.atomic
def check_slips(*, actor: User, slips: QuerySet[FinanceSlip]) -> int:
    """Tick slips off, those that somebody has ticked off already excepted; returns how many were."""
    waiting = FinanceSlip.objects.filter(pk__in=slips.order_by().values("pk"), checked_at__isnull=True)
    return waiting.update(checked_at=timezone.now(), checked_by=actor)


@transaction.atomic
def send_back(*, actor: User, slip: FinanceSlip, remark: str) -> FinanceSlip:
    """Send a slip back to its rep with a remark; it stays in the inbox until it is ticked off.

    ValidationError without a remark, or when it is ticked off already.
    """
    remark = remark.strip()[:300]
    if not remark:
        raise ValidationError(_("Say what is wrong with it."), code="remark")
    changed = FinanceSlip.objects.filter(pk=slip.pk, checked_at__isnull=True).update(remark=remark)
    if changed != 1:
        raise ValidationError(_("%(number)s is ticked off already.") % {"number": slip.number}, code="state")
    slip.remark = remark
    if slip.rep_id is not None and slip.rep_id != actor.pk:
        notify(
            [
                Notice(
                    recipient_id=slip.rep_id,
                    kind=NoticeKind.REMINDER,
                    title=lambda: _("Finance sent %(number)s back") % {"number": slip.number},
                    body=lambda: named(f"{slip.customer.name} {money(slip.amount)}", remark),
                    url=slip_address(slip.kind, slip.object_id),
                    key=f"sent-back-{slip.pk}-{timezone.now():%Y%m%d%H%M%S}",
                )
            ]
        )
    return slip
