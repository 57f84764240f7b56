"""What hangs on a customer, found by walking the models: nothing that an app adds is forgotten by a merge (B5)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, ForeignKey, Model, QuerySet
from django.utils import timezone

from accounts.models import User
from crm.models import Customer, Merge

UNDO_DAYS = 30
# Book-keeping that nobody asks for on the merge page; it moves all the same.
_SILENT = {"crm.BulkItem", "crm.Merge", "crm.NotDuplicate", "crm.PoolWarning"}

# What is chosen on the merge page, and the columns that go together. The owner, the code and the clocks stay with the
# kept record; last events and the creation day are taken from both.
CHOICES: dict[str, tuple[str, ...]] = {
    "name": ("name",),
    "level": ("level",),
    "channel": ("channel_id",),
    "industry": ("industry_id",),
    "region": ("region_id",),
    "scale": ("scale_id",),
    "type": ("type_id",),
    "source": ("source_id",),
    "relationship": ("relationship_id",),
    "maturity": ("maturity_id",),
    "credit_rating": ("credit_rating_id",),
    "credit_limit": ("credit_limit",),
    "bank_account": ("bank_name", "bank_account"),
    "tax_id": ("tax_id",),
    "invoice_title": ("invoice_title",),
    "address": ("province", "city", "district", "address"),
    "location": ("latitude", "longitude", "location_status"),
    "status": ("status",),
    "alerts_exempt": ("alerts_exempt",),
    "notes": ("notes",),
}


@dataclass(frozen=True, slots=True)
class Relation:
    """A column of another table that points to customers."""

    model: type[Model]
    field: ForeignKey[Any, Any]

    @property
    def key(self) -> str:
        return f"{self.model._meta.label}.{self.field.name}"

    @property
    def label(self) -> str:
        meta = self.model._meta
        if meta.auto_created:  # the table of a many-to-many: name what it leads to
            others = [
                f for f in meta.get_fields() if isinstance(f, ForeignKey) and f.related_model is not Customer
            ]
            return str(others[0].related_model._meta.verbose_name_plural)
        return str(meta.verbose_name_plural)

    def rows(self, customer_id: int) -> QuerySet[Any]:
        """All rows of the customer, whatever the model's own manager leaves out."""
        return self.model._base_manager.filter(**{self.field.attname: customer_id}).order_by("pk")


def relations() -> Iterator[Relation]:
    """Every column of every app that points to a customer, hidden relations and many-to-many tables included."""
    for relation in Customer._meta.get_fields(include_hidden=True):
        if not (relation.auto_created and not relation.concrete):
            continue
        field = getattr(relation, "field", None)
        if isinstance(field, ForeignKey) and not relation.many_to_many:
            yield Relation(model=field.model, field=field)


@dataclass(frozen=True, slots=True)
class Holding:
    """How much of one kind the kept and the merged customer have."""

    label: str
    kept: int
    merged: int


def holdings(keep_id: int, merge_id: int) -> list[Holding]:
    """What both customers have, kind by kind; kinds that neither has are left out. One count a kind."""
    counted: dict[str, list[int]] = {}
    for relation in relations():
        if relation.model._meta.label in _SILENT:
            continue
        column = relation.field.attname
        rows = (
            relation.model._base_manager.filter(**{f"{column}__in": [keep_id, merge_id]})
            .order_by()
            .values_list(column)
            .annotate(rows=Count("pk"))
        )
        sums = counted.setdefault(relation.label, [0, 0])
        for customer_id, count in rows:
            sums[customer_id == merge_id] += count
    return [Holding(label, *sums) for label, sums in counted.items() if any(sums)]


def merges(user: User) -> QuerySet[Merge]:
    """Merges into customers that `user` sees, the latest first."""
    seen = Customer.objects.visible_to(user).values("pk")
    rows: QuerySet[Merge] = Merge.objects.select_related("kept", "by", "undone_by").defer("journal")
    return rows.filter(kept__in=seen)


def undo_until(merge: Merge) -> dt.datetime:
    return merge.at + dt.timedelta(days=UNDO_DAYS)


def may_be_undone(merge: Merge, now: dt.datetime | None = None) -> bool:
    """Whether it is still time; the service has the last word."""
    return (
        merge.undone_at is None and merge.kept_id is not None and (now or timezone.now()) <= undo_until(merge)
    )
