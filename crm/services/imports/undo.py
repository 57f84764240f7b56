"""Taking one import back: the customers it brought and nobody has touched since."""

import datetime as dt
from collections.abc import Iterator

from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.models import User
from crm.enums import OwnerChangeReason
from crm.models import Contact, Customer, ImportJob, OwnerChange, Phone
from crm.services.import_jobs import Undone
from crm.services.imports.jobs import LIFE

# What the import itself writes for a customer, and undo takes along: (model, rows that somebody else added).
_OURS: dict[type[models.Model], Q] = {
    Contact: Q(is_primary=False),
    Phone: Q(contact__isnull=False),
    OwnerChange: ~Q(reason=OwnerChangeReason.IMPORTED),
}
# The import writes created_at and updated_at within one moment; a person cannot be that fast.
_SAME_MOMENT = dt.timedelta(seconds=1)
_CHUNK = 2000
may_undo_import = LIFE.may_undo


def undo(*, actor: User, job: ImportJob, now: dt.datetime | None = None) -> Undone:
    """Remove the customers `job` created that nothing has happened to since; says how many went and how many stay.

    A customer stays when it was changed, got an owner, a contact or a share, or when any record of any app points
    to it (visits, orders, routes …). Customers the import only updated stay as they are. All or nothing.
    Raises ValidationError unless the import is over, and 30 days after its end.
    """
    now = now or timezone.now()
    with transaction.atomic():
        LIFE.begin_undo(job, now)
        removed = 0
        for ids in _chunks(untouched(job)):
            _delete(ids)
            removed += len(ids)
        undone = Undone(removed, Customer.objects.filter(import_job=job).count())
        LIFE.note_undone(job, actor=actor, undone=undone)
    return undone


def untouched(job: ImportJob) -> QuerySet[Customer]:
    """Customers of the import that nothing has happened to."""
    touched = Q(updated_at__gt=F("created_at") + _SAME_MOMENT)
    for model, name in _pointing_here():
        rows = model._default_manager.filter(**{name: OuterRef("pk")})
        if model in _OURS:
            rows = rows.filter(_OURS[model])
        touched |= Q(Exists(rows))
    return Customer.objects.filter(import_job=job).exclude(touched)


def _pointing_here() -> Iterator[tuple[type[models.Model], str]]:
    """(model, foreign key) of every model in any app that points to a customer, hidden relations included."""
    for relation in Customer._meta.get_fields(include_hidden=True):
        if isinstance(relation, models.ManyToOneRel) and relation.related_model is not Customer.tags.through:
            yield relation.related_model, relation.field.name


def _chunks(customers: QuerySet[Customer]) -> list[list[int]]:
    ids = list(customers.order_by("pk").values_list("pk", flat=True))
    return [ids[start : start + _CHUNK] for start in range(0, len(ids), _CHUNK)]


def _delete(ids: list[int]) -> None:
    """Delete by statement, not object by object; a record that came in since makes the database refuse, and all stays."""
    for model in _OURS:
        model._default_manager.filter(customer__in=ids)._raw_delete("default")
    Customer.tags.through._default_manager.filter(customer__in=ids)._raw_delete("default")
    Customer.objects.filter(pk__in=ids)._raw_delete("default")
