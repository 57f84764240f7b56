"""Taking one lead import back: the leads it brought and nobody has touched since."""

import datetime as dt
from collections.abc import Iterator

from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.models import User
from crm.enums import LeadEventKind
from crm.models import BulkItem, Lead, LeadContact, LeadEvent, LeadImport
from crm.services.import_jobs import Undone
from crm.services.lead_imports.jobs import LIFE

# What the import itself writes for a lead, and undo takes along: (model, rows that somebody else added).
_OURS: dict[type[models.Model], Q | None] = {
    LeadContact: None,
    LeadEvent: ~Q(kind=LeadEventKind.IMPORTED),
    BulkItem: Q(changed=True),  # a row of a bulk action that left it alone
}
# The import writes created_at and updated_at within one moment; a person cannot be that fast.
_SAME_MOMENT = dt.timedelta(seconds=1)
_CHUNK = 1000
may_undo_import = LIFE.may_undo


def undo(*, actor: User, job: LeadImport, now: dt.datetime | None = None) -> Undone:
    """Remove the leads `job` created that nothing has happened to since; says how many went and how many stay.

    A lead stays when it was changed, has moved a stage or changed hands, or when any record of any app points to it.
    All or nothing. Raises ValidationError unless the import is over, and 30 days after its end.
    """
    now = now or timezone.now()
    with transaction.atomic():
        LIFE.begin_undo(job, now)
        ids = list(untouched(job).order_by("pk").values_list("pk", flat=True))
        for start in range(0, len(ids), _CHUNK):
            some = ids[start : start + _CHUNK]
            for model in _OURS:
                model._default_manager.filter(lead__in=some).delete()
            Lead.objects.filter(pk__in=some)._raw_delete("default")
        undone = Undone(len(ids), Lead.objects.filter(import_job=job).count())
        LIFE.note_undone(job, actor=actor, undone=undone)
    return undone


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
