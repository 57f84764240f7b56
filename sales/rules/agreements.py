"""Pure decisions of agreements (G3): the state that follows from the dates, files, progress of the yearly amount."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from sales.enums import AgreementStatus

MAX_FILE_BYTES = 20 * 1024 * 1024
MAX_FILES = 30
MAX_CLAUSES = 30_000  # characters
# What a file may be, by its name and its first bytes; pictures are written anew as JPEG.
PICTURES = ("jpg", "jpeg", "png", "webp")
_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
DOCUMENTS: dict[str, tuple[bytes, str]] = {
    "pdf": (b"%PDF-", "application/pdf"),
    "docx": (_ZIP, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "xlsx": (_ZIP, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "doc": (_OLE, "application/msword"),
    "xls": (_OLE, "application/vnd.ms-excel"),
}
CONTENT_TYPES = {suffix: kind for suffix, (_head, kind) in DOCUMENTS.items()} | {"jpg": "image/jpeg"}


class AgreementState(TextChoices):
    """What people see; stored are only draft, in force and ended early."""

    DRAFT = "draft", pgettext_lazy("agreement", "Draft")
    UPCOMING = "upcoming", pgettext_lazy("agreement", "Not begun")
    RUNNING = "running", pgettext_lazy("agreement", "Running")
    EXPIRING = "expiring", pgettext_lazy("agreement", "Expiring soon")
    EXPIRED = "expired", pgettext_lazy("agreement", "Expired")
    ENDED = "ended", pgettext_lazy("agreement", "Ended early")


def state(
    *, status: str, starts_on: dt.date, ends_on: dt.date, remind_days: int, today: dt.date
) -> AgreementState:
    """The state on a business day: expiring from `remind_days` before the last day, which still counts."""
    if status == AgreementStatus.DRAFT:
        return AgreementState.DRAFT
    if status == AgreementStatus.ENDED:
        return AgreementState.ENDED
    if today > ends_on:
        return AgreementState.EXPIRED
    if today < starts_on:
        return AgreementState.UPCOMING
    return AgreementState.EXPIRING if (ends_on - today).days <= remind_days else AgreementState.RUNNING


class AgreementAction(TextChoices):
    EDIT = "edit", _("Edit")
    SIGN = "sign", _("Put into force")
    DISCARD = "discard", _("Delete draft")
    RENEW = "renew", _("Renew")
    END = "end", _("End early")
    ADD_FILE = "add_file", _("Add file")


ACTION_PERMISSIONS: dict[AgreementAction, tuple[str, ...]] = {
    AgreementAction.EDIT: ("sales.change_agreement",),
    AgreementAction.SIGN: ("sales.change_agreement",),
    AgreementAction.DISCARD: ("sales.change_agreement",),
    AgreementAction.RENEW: ("sales.add_agreement",),
    AgreementAction.END: ("sales.change_agreement",),
    AgreementAction.ADD_FILE: ("sales.change_agreement",),
}


def allowed_actions(
    now: AgreementState, *, is_renewed: bool, has_perm: Callable[[str], bool]
) -> list[AgreementAction]:
    """What may be done in this state by somebody with these permissions."""
    draft = now == AgreementState.DRAFT
    in_force = now in (AgreementState.UPCOMING, AgreementState.RUNNING, AgreementState.EXPIRING)
    tests = {
        AgreementAction.EDIT: draft,
        AgreementAction.SIGN: draft,
        AgreementAction.DISCARD: draft,
        AgreementAction.RENEW: not draft and not is_renewed,
        AgreementAction.END: in_force,
        AgreementAction.ADD_FILE: now != AgreementState.ENDED,
    }
    return [
        action
        for action, holds in tests.items()
        if holds and all(has_perm(permission) for permission in ACTION_PERMISSIONS[action])
    ]


def renewed_term(starts_on: dt.date, ends_on: dt.date) -> tuple[dt.date, dt.date]:
    """The term after this one: from the next day, as many months long (a term of whole months stays one)."""
    begin = ends_on + dt.timedelta(days=1)
    months = (begin.year - starts_on.year) * 12 + begin.month - starts_on.month
    if months > 0 and begin.day == starts_on.day:
        return begin, _plus_months(begin, months) - dt.timedelta(days=1)
    return begin, begin + (ends_on - starts_on)


def _plus_months(day: dt.date, months: int) -> dt.date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = (dt.date(year + (month == 11), (month + 1) % 12 + 1, 1) - dt.timedelta(days=1)).day
    return dt.date(year, month + 1, min(day.day, last))


# --- the yearly amount
@dataclass(frozen=True, slots=True)
class Year:
    """One year of the term, counted from its first day."""

    starts_on: dt.date
    ends_on: dt.date


def years_of(starts_on: dt.date, ends_on: dt.date) -> list[Year]:
    """The years of a term, counted from its first day; a rest of less than a month belongs to the last one."""
    years: list[Year] = []
    begin = starts_on
    while begin <= ends_on:
        after = _plus_months(starts_on, 12 * (len(years) + 1))
        if ends_on < _plus_months(after, 1):
            return [*years, Year(begin, ends_on)]
        years.append(Year(begin, after - dt.timedelta(days=1)))
        begin = after
    return years


def year_of(starts_on: dt.date, ends_on: dt.date, today: dt.date) -> Year:
    """The agreement's year that `today` is in; before the term its first, after it its last."""
    years = years_of(starts_on, ends_on)
    return next((year for year in years if today <= year.ends_on), years[-1])


def share(part: Decimal, whole: Decimal | None) -> Decimal | None:
    """part ÷ whole, four places; None where nothing was agreed."""
    return (part / whole).quantize(Decimal("0.0001"), ROUND_HALF_UP) if whole else None


def time_share(year: Year, today: dt.date) -> Decimal:
    """How much of the year has passed, today included, 0 to 1."""
    days = (year.ends_on - year.starts_on).days + 1
    passed = min(max((today - year.starts_on).days + 1, 0), days)
    return (Decimal(passed) / Decimal(days)).quantize(Decimal("0.0001"), ROUND_HALF_UP)


# --- files
def suffix_of(name: str) -> str:
    return name.rsplit(".", 1)[-1].lower() if "." in name else ""


def is_document(suffix: str, head: bytes) -> bool:
    """Whether the first bytes are those of such a file."""
    known = DOCUMENTS.get(suffix)
    return known is not None and head.startswith(known[0])
