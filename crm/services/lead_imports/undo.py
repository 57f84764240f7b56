"""Taking one lead import back: the leads it brought and nobody has touched since."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from crm.enums import ImportState, LeadEventKind
from crm.models import BulkItem, Lead, LeadContact, LeadEvent, LeadImport
from crm.rules.bulk import UNDO_DAYS, may_undo, undo_ends

# What the import itself writes for a lead, and undo takes along: (model, rows that somebody else added).
_OURS: dict[type[models.Model], Q | None] = {
    LeadContact: None,
    LeadEvent: ~Q(kind=LeadEventKind.IMPORTED),
    BulkItem: Q(changed=True),  # a row of a bulk action that left it alone
}
# The import writes created_at and updated_at within one moment; a person cannot be that fast.
_SAME_MOMENT = dt.timedelta(seconds=1)
_CHUNK = 1000


@dataclass(frozen=True)
class Undone:
    removed: int
    kept: int


def may_undo_import(job: LeadImport, now: dt.datetime | None = None) -> bool:
    """Whether the import is over, has brought leads, and its 30 days last."""
    return may_undo(
        state=job.state,
        finished_at=job.finished_at,
        changed=job.created,
        undo_began=False,
        now=now or timezone.now(),
    )


def undo(*, actor: User, job: LeadImport, now: dt.datetime | None = None) -> Undone:
    """Remove the leads `job` created that nothing has happened to since; says how many went and how many stay.

    A lead stays when it was changed, has moved a stage or changed hands, or when any record of any app points to it.
    All or nothing. Raises ValidationError unless the import is over, and 30 days after its end.
    """
    now = now or timezone.now()
    with transaction.atomic():
        over = LeadImport.objects.filter(pk=job.pk, state__in=[ImportState.DONE, ImportState.FAILED])
        finished_at = over.values_list("finished_at", flat=True).first()
        if finished_at is not None and now >= undo_ends(finished_at):
            raise ValidationError(_("An import can be undone for %(days)s days."), params={"days": UNDO_DAYS})
        if not over.update(state=ImportState.UNDONE, finished_at=now):
            raise ValidationError(_("Only an import that is over can be undone, and only once."))
        ids = list(untouched(job).order_by("pk").values_list("pk", flat=True))
        for start in range(0, len(ids), _CHUNK):
            some = ids[start : start + _CHUNK]
            for model in _OURS:
                model._default_manager.filter(lead__in=some).delete()
            Lead.objects.filter(pk__in=some)._raw_delete("default")
        kept = Lead.objects.filter(import_job=job).count()
        job.refresh_from_db(fields=["preview"])
        report = {"removed": len(ids), "kept": kept, "by": str(actor)}
        LeadImport.objects.filter(pk=job.pk).update(preview={**job.preview, "undone": report})
    return Undone(len(ids), kept)


def untouched(job: LeadImport) -> QuerySet[Lead]:
    """Leads of the import that nothing has happened to."""
    touched = Q(updated_at__gt=F("created_at") + _SAME_MOMENT)
    for model, name in _pointing_here():
        others = _OURS.get(model, Q())
        if others is not None:
            touched |= Q(Exists(model._default_manager.filter(others, **{name: OuterRef("pk")})))
    return Lead.objects.filter(import_job=job).exclude(touched)


def _pointing_here() -> Iterator[tuple[type[models.Model], str]]:
    """(model, foreign key) of every model in any app that points to a lead, hidden relations included."""
    for relation in Lead._meta.get_fields(include_hidden=True):
        if isinstance(relation, models.ManyToOneRel):
            yield relation.related_model, relation.field.name
