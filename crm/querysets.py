from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Self, cast

from django.apps import apps
from django.db import connections, models, transaction
from django.db.models import BooleanField, F, Func, Q
from django.db.models.functions import Abs, Length
from django.db.models.lookups import In
from django.utils import timezone

from accounts.querysets import EVERYTHING, OwnedQuerySet, scope_q, scope_user_ids
from common.geo.cells import cell_of
from common.names import (
    fold,
    gram_numbers,
    is_one_gram,
    query_grams,
    similar_grams,
    similar_lengths,
    without_one,
)

if TYPE_CHECKING:
    from accounts.models import User
    from crm.models import CustomerShare


def live_share_q(user: User, *, write: bool = False) -> Q:
    q = Q(user=user) & (Q(expires_at__isnull=True) | Q(expires_at__gt=timezone.now()))
    return q & Q(can_write=True) if write else q


def _shares() -> models.QuerySet[CustomerShare]:
    # By name, because the models import this module.
    return apps.get_model("crm", "CustomerShare")._default_manager.all()


def customer_scope_q(user: User, field: str = "") -> Q:
    """Condition "I may see this customer", for the customer itself or for `field`, a relation to it ("customer")."""
    if scope_user_ids(user) is None:
        return EVERYTHING
    shared = _shares().filter(live_share_q(user)).values("customer_id")
    if field:
        return scope_q(user, f"{field}__owner") | Q(**{f"{field}_id__in": shared})
    return scope_q(user, "owner") | Q(InArray(F("pk"), shared.query))


class InArray(In):
    """`IN` a subquery, which PostgreSQL reads once, before the rest.

    Next to OR, the plain `IN` keeps it from using the index over owners: all a search finds is then read to see whose
    it is, for a rep with 150 customers as well.
    """

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, Sequence[Any]]:
        left, left_params = self.process_lhs(compiler, connection)
        right, right_params = super().process_rhs(compiler, connection)
        return f"{left} = ANY (ARRAY{right})", [*left_params, *right_params]


class HasGrams(Func):
    """Whether a column of grams has all of `grams`; PostgreSQL answers from the index of migration 0002."""

    arity = 1
    output_field = BooleanField()

    def __init__(self, column: str, grams: list[str]) -> None:
        super().__init__(F(column))
        self.numbers = gram_numbers(grams)

    def as_sql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        column, params = compiler.compile(self.source_expressions[0])
        return f"({column} @> %s::integer[])", [*params, self.numbers]


# A name of everyday words only (便利店) has more candidates than anybody can look at; reading them all took seconds.
_CANDIDATES = 2000


_PLACE = frozenset({"latitude", "longitude"})


class PlacedRows:
    """Rows that may stand somewhere: whoever writes `latitude` and `longitude` writes `cell` along with them.

    This and `crm.models.Placed` are the one door; besides them only COPY fills the columns (crm.rules.import_records).
    """

    # Methods of the queryset by its name: `super()` of a mixin has no type, and a base class would take the models' away.
    def update(self, **values: Any) -> int:
        rows = cast("models.QuerySet[Any]", self)
        if not _PLACE & values.keys() or "cell" in values:
            return models.QuerySet.update(rows, **values)
        place = values.get("latitude", F("latitude")), values.get("longitude", F("longitude"))
        if not any(hasattr(part, "resolve_expression") for part in place):
            return models.QuerySet.update(rows, **values, cell=cell_of(*place))
        # Half a place, or one that the database works out: the cells follow from what is stored then.
        with transaction.atomic(using=rows.db):
            keys = list(rows.order_by().values_list("pk", flat=True))
            changed = models.QuerySet.update(rows, **values)
            cast(Any, rows.model)._base_manager.using(rows.db).filter(pk__in=keys).mend_cells()
        return changed

    update.alters_data = True  # type: ignore[attr-defined]

    def bulk_create(self, objs: Iterable[Any], *args: Any, **kwargs: Any) -> list[Any]:
        objs = list(objs)
        for row in objs:
            row.find_cell()
        written: Collection[str] = kwargs.get("update_fields") or ()
        if _PLACE & set(written):
            kwargs["update_fields"] = [*written, "cell"]
        return models.QuerySet.bulk_create(cast("models.QuerySet[Any]", self), objs, *args, **kwargs)

    bulk_create.alters_data = True  # type: ignore[attr-defined]

    def bulk_update(self, objs: Iterable[Any], fields: Iterable[str], *args: Any, **kwargs: Any) -> int:
        objs, fields = list(objs), list(fields)
        if _PLACE & set(fields):
            fields.append("cell")
            for row in objs:
                row.find_cell()
        return models.QuerySet.bulk_update(cast("models.QuerySet[Any]", self), objs, fields, *args, **kwargs)

    bulk_update.alters_data = True  # type: ignore[attr-defined]

    def mend_cells(self) -> int:
        """Write the cells of these rows where they are not those of their places; returns how many there were."""
        wrong: dict[int | None, list[int]] = {}
        mine = cast("models.QuerySet[Any]", self)
        rows = mine.order_by("pk").values_list("pk", "latitude", "longitude", "cell")
        for pk, lat, lng, cell in rows.iterator(chunk_size=5000):
            if (right := cell_of(lat, lng)) != cell:
                wrong.setdefault(right, []).append(pk)
        plain: models.QuerySet[Any] = models.QuerySet(mine.model, using=mine.db)
        for cell, keys in wrong.items():
            for start in range(0, len(keys), 500):
                plain.filter(pk__in=keys[start : start + 500]).update(cell=cell)
        return sum(map(len, wrong.values()))


class CustomerQuerySet(PlacedRows, models.QuerySet[Any]):
    def visible_to(self, user: User) -> Self:
        """Customers of people in my scope and those shared with me. Pool customers: whole-company scope only."""
        return self.filter(customer_scope_q(user))

    def editable_by(self, user: User) -> Self:
        """Like visible_to, but a share must allow writing."""
        if scope_user_ids(user) is None:
            return self.all()
        shared = _shares().filter(live_share_q(user, write=True)).values("customer_id")
        return self.filter(scope_q(user, "owner") | Q(pk__in=shared))

    def search(self, text: str) -> Self:
        """Customers where each word of `text` is part of the name, its pinyin initials, code, a phone or a contact.

        The grams narrow the rows down through an index (PostgreSQL), LIKE has the last word; where a word is one
        gram it has nothing to add, and the many rows of a short word are counted from the index alone. An empty text
        finds all.
        """
        words = fold(text).split()[:8]
        found = self
        grams = [gram for word in words for gram in query_grams(word)]
        if grams and connections[self.db].vendor == "postgresql":
            found = found.filter(HasGrams("search_grams", grams))
            words = [word for word in words if not is_one_gram(word)]
        for word in words:
            found = found.filter(search_text__contains=word)
        return found

    def sharing_grams(self, name_key: str, limit: int = 200) -> Self:
        """Candidates for a name at least 0.8 similar to `name_key` (a normalised name), the nearest in length first.

        Narrow down by city or place before calling; the result is a slice. Through the index of grams on PostgreSQL,
        a scan of the names elsewhere. The caller measures how similar each is (common.names.similar says what is
        found); the name itself is among them.
        """
        if not name_key:
            return self.none()
        by_index = connections[self.db].vendor == "postgresql"
        alike = Q(name_key__in=[name_key, *without_one(name_key)])
        for grams in similar_grams(name_key):
            alike |= (
                Q(HasGrams("search_grams", grams))
                if by_index
                else Q(*(("name_key__contains", gram) for gram in grams))
            )
        shortest, longest = similar_lengths(name_key)
        rows = self.alias(signs=Length("name_key")).filter(alike, signs__range=(shortest, longest))
        nearest = self.model._default_manager.filter(pk__in=rows.order_by().values("pk")[:_CANDIDATES])
        found: Self = nearest.order_by(Abs(Length("name_key") - len(name_key)), "pk")[:limit]
        return found

    def active(self) -> Self:
        return self.filter(status="active")

    def in_pool(self) -> Self:
        return self.filter(owner__isnull=True)

    def with_location(self) -> Self:
        return self.filter(latitude__isnull=False)


class ByCustomerQuerySet(models.QuerySet[Any]):
    """Records seen by whoever sees their customer."""

    def visible_to(self, user: User) -> Self:
        return self.filter(customer_scope_q(user, "customer"))


class ImportJobQuerySet(OwnedQuerySet):
    owner_field = "created_by"


class LeadQuerySet(PlacedRows, models.QuerySet[Any]):
    """Leads. Those in the recycle bin are in none of these but `deleted`."""

    def visible_to(self, user: User) -> Self:
        """My leads and those of my people; the lead pool is a list of its own, with the contacts hidden."""
        return self.filter(scope_q(user, "owner"), deleted_at__isnull=True)

    def in_pool(self) -> Self:
        return self.filter(owner__isnull=True, deleted_at__isnull=True).exclude(stage="converted")

    def deleted(self) -> Self:
        return self.filter(deleted_at__isnull=False)

    def open(self) -> Self:
        return self.filter(deleted_at__isnull=True).exclude(stage__in=["converted", "lost"])

    def search(self, text: str) -> Self:
        """Like the customers' search, over leads."""
        found = self
        for word in fold(text).split()[:8]:
            found = found.filter(search_text__contains=word)
        return found


class ByLeadQuerySet(models.QuerySet[Any]):
    """Records seen by whoever sees their lead."""

    def visible_to(self, user: User) -> Self:
        return self.filter(scope_q(user, "lead__owner"), lead__deleted_at__isnull=True)


class FollowUpQuerySet(models.QuerySet[Any]):
    """Follow-ups, seen by whoever sees their customer or lead: a new owner reads what the old one wrote."""

    def visible_to(self, user: User) -> Self:
        if scope_user_ids(user) is None:
            return self.exclude(lead__deleted_at__isnull=False)
        leads = apps.get_model("crm", "Lead")._default_manager.visible_to(user).values("pk")
        return self.filter(
            (Q(customer__isnull=False) & customer_scope_q(user, "customer")) | Q(lead__in=leads)
        )


class LeadImportQuerySet(OwnedQuerySet):
    owner_field = "created_by"


class BulkJobQuerySet(OwnedQuerySet):
    owner_field = "created_by"
