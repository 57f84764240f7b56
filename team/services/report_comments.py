"""What is said below a work report; the writer, the reviewer and who spoke before hear of it."""

from __future__ import annotations

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from comms.enums import NoticeKind
from comms.services import Notice, notify
from team.models import WorkReport, WorkReportComment
from team.rules.report_words import period_words
from team.rules.reports import MAX_COMMENT, clean


@transaction.atomic
def comment(
    *, actor: User, report: WorkReport, text: str, now: dt.datetime | None = None
) -> WorkReportComment:
    """Write below a report that was sent. Raises ValidationError for no text, too much, or a draft."""
    at = now or timezone.now()
    said = clean(text)
    if not said:
        raise ValidationError({"text": _("Write something.")})
    if len(said) > MAX_COMMENT:
        raise ValidationError({"text": _("At most %(count)s characters.") % {"count": MAX_COMMENT}})
    if report.is_draft:
        raise ValidationError(_("Comments begin when the report is sent."), code="draft")
    spoke = set(report.comments.values_list("author_id", flat=True))
    row = WorkReportComment.objects.create(report=report, author=actor, text=said, at=at)
    heard = (spoke | {report.person_id, report.reviewer_id}) - {actor.pk, None}
    people = User.objects.active().filter(pk__in=heard)
    notify([_notice(row, report, person) for person in people], now=at)
    return row


def _notice(row: WorkReportComment, report: WorkReport, person: User) -> Notice:
    def title() -> str:
        return _("%(author)s on the %(kind)s of %(person)s, %(period)s") % {
            "author": row.author,
            "kind": report.get_kind_display(),
            "person": report.person,
            "period": period_words(report.kind, report.first),
        }

    return Notice(
        recipient_id=person.pk,
        kind=NoticeKind.REPORT,
        title=title,
        body=" ".join(row.text.split()),
        url=report.get_absolute_url(),
        key=f"work-report-comment-{row.pk}",
    )
