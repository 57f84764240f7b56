"""What a bulk action did, for its page."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from common.templatetags.paodian import moment
from crm.enums import BulkKind, CustomerStatus, LeadStage
from crm.models import BulkItem, BulkJob, Customer, Dictionary, Tag

_SETS: dict[str, Q] = {
    "changed": Q(changed=True, undone=False, reason=""),
    "refused": Q(changed=False),
    "undone": Q(undone=True),
    "kept": Q(changed=True, undone=False) & ~Q(reason=""),
    "waiting": Q(changed__isnull=True),
}


@dataclass(frozen=True, slots=True)
class Tab:
    key: str
    label: str
    count: int


def tabs(job: BulkJob) -> list[Tab]:
    """The sets of rows that are not empty, counted in one statement."""
    counts = job.items.aggregate(**{f"n_{key}": Count("pk", filter=q) for key, q in _SETS.items()})
    labels = {
        "changed": _("Changed"),
        "refused": _("Not changed"),
        "undone": _("Taken back"),
        "kept": _("Could not be taken back"),
        "waiting": _("Waiting"),
    }
    return [Tab(key, labels[key], counts[f"n_{key}"]) for key in _SETS if counts[f"n_{key}"]]


def items(job: BulkJob, show: str) -> QuerySet[BulkItem]:
    rows = job.items.filter(_SETS[show]) if show in _SETS else job.items.none()
    own = ("changed", "reason", "undone", "job_id", "customer_id", "lead_id")
    if job.of_leads:
        return rows.select_related("lead").only(*own, "lead__name", "lead__deleted_at")
    return rows.select_related("customer").only(*own, "customer__name", "customer__code")


def left_alone(job: BulkJob) -> QuerySet[BulkItem]:
    """Rows with a reason: refused, or kept when the action was taken back."""
    related = "lead" if job.of_leads else "customer"
    return job.items.filter(_SETS["refused"] | _SETS["kept"]).select_related(related).order_by("pk")


def params_in_words(job: BulkJob) -> list[tuple[str, str]]:
    """What was chosen, as (label, value)."""
    params, words = job.params, []
    if job.kind in (BulkKind.ASSIGN, BulkKind.TRANSFER, BulkKind.LEAD_ASSIGN):
        words.append((_("New owner"), _person(params.get("owner"))))
    elif job.kind == BulkKind.SHARE:
        words.append((_("Colleague"), _person(params.get("user"))))
        words.append((_("Rights"), _("may change") if params.get("can_write") else _("may look")))
        until = params.get("expires_at")
        ends = dt.datetime.fromisoformat(until) - dt.timedelta(seconds=1) if until else None
        words.append((_("Until"), moment(ends) if ends else _("until taken back")))
    elif job.kind in (BulkKind.ADD_TAGS, BulkKind.REMOVE_TAGS):
        names = Tag.objects.filter(pk__in=params.get("tags", [])).values_list("name", flat=True)
        words.append((_("Tags"), "、".join(names)))
    elif job.kind == BulkKind.CHANGE:
        words += [_value(name, value) for name, value in params.get("values", {}).items()]
    elif job.kind == BulkKind.LEAD_STAGE:
        words.append((_("Stage"), str(LeadStage(params["stage"]).label)))
        if params.get("lost_reason"):
            words.append((_("Why it was lost"), str(params["lost_reason"])))
    if params.get("note"):
        words.append((_("Note"), str(params["note"])))
    if undo := params.get("undo"):
        at = moment(dt.datetime.fromisoformat(undo["at"]))
        words.append((_("Taken back by"), f"{undo['person']} · {at}"))
    return words


def _person(pk: Any) -> str:
    return str(User.objects.filter(pk=pk).first() or "–")


def _value(name: str, value: Any) -> tuple[str, str]:
    label = str(Customer._meta.get_field(name).verbose_name)  # type: ignore[union-attr]
    if value in (None, ""):
        return label, "–"
    if name == "status":
        return label, str(CustomerStatus(value).label)
    if name == "level":
        return label, str(value)
    return label, str(Dictionary.objects.filter(pk=value).first() or "–")
