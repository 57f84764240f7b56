"""The public pool: who takes customers out of it, who gives them back or loses them, and who is in it (C4–C6)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from common.tables import ChoiceColumn, Column, DateColumn, LinkColumn, MomentColumn
from crm.enums import OwnerChangeReason, PoolClock
from crm.models import Customer, OwnerChange
from reports.enums import Unit
from reports.queries.dimensions import SELF, ChoiceDimension, register_dimension
from reports.queries.facts.customers import counting
from reports.queries.measures import Derived, Fact, less, register
from reports.rules.compare import Figure

register_dimension(
    ChoiceDimension(
        "pool_clock", _("Why it was recycled"), words=tuple(PoolClock.choices), none=_("By no rule")
    )
)


# --- rows
def taken() -> QuerySet[Any]:
    """From nobody to somebody, by claiming or by assigning."""
    reasons = (OwnerChangeReason.CLAIMED, OwnerChangeReason.ASSIGNED)
    return OwnerChange.objects.filter(reason__in=reasons, from_user__isnull=True, to_user__isnull=False)


def given_up() -> QuerySet[Any]:
    """From somebody to nobody, by giving back or by a clock."""
    reasons = (OwnerChangeReason.RELEASED, OwnerChangeReason.RECYCLED)
    return OwnerChange.objects.filter(reason__in=reasons, from_user__isnull=False, to_user__isnull=True)


# --- columns
def _change_columns(person: str, label: Any) -> Any:
    def columns() -> Sequence[Column]:
        return [
            LinkColumn(
                "customer",
                _("Customer"),
                path="customer.name",
                order=("customer__name",),
                phone="title",
                url=lambda row: str(row.customer.get_absolute_url()),
            ),
            ChoiceColumn("reason", _("What happened"), order=("reason",), phone="side"),
            Column("person", label, path=f"{person}.name", order=(f"{person}__name",)),
            Column("by", _("By whom"), path="by.name", order=("by__name",)),
            ChoiceColumn("clock", _("Clock"), order=("clock",), phone=""),
            Column("note", _("Note"), phone=""),
            MomentColumn("at", _("Time"), order=("at",)),
        ]

    return columns


def _pool_columns() -> Sequence[Column]:
    """No more than the pool itself shows."""
    return [
        Column("name", _("Customer"), order=("name",), phone="title"),
        ChoiceColumn("level", _("Level"), order=("level",), phone="side"),
        Column("last_owner", _("Last owner"), path="last_owner.name", order=("last_owner__name",)),
        Column("city", _("City"), order=("city",)),
        MomentColumn("pooled_at", _("In the pool since"), order=("pooled_at",)),
        DateColumn("last_order_on", _("Last order"), order=("last_order_on",)),
    ]


# --- facts
def _change_fact(code: str, label: Any, rows: Any, person: str, of_person: Any, **paths: str) -> Fact:
    return Fact(
        code,
        label,
        OwnerChange,
        rows,
        "crm.view_pool",
        _change_columns(person, of_person),
        day="at",
        rep=person,
        paths=paths,
        related=("customer", person, "by"),
        order=("-at", "-pk"),
    )


POOL_TAKEN = _change_fact("pool_taken", _("Taken from the pool"), taken, "to_user", _("New owner"))
POOL_GIVEN = _change_fact(
    "pool_given", _("Gone to the pool"), given_up, "from_user", _("Last owner"), pool_clock="clock"
)
IN_POOL = Fact(
    "in_pool",
    _("In the pool"),
    Customer,
    Customer.objects.in_pool,
    "crm.view_pool",
    _pool_columns,
    rep="last_owner",
    customer=SELF,
    related=("last_owner",),
    order=("-pooled_at", "-pk"),
)
register(POOL_TAKEN, POOL_GIVEN, IN_POOL)


def _sum(first: Figure, second: Figure) -> Figure:
    return (first or 0) + (second or 0)  # type: ignore[operator]  # two numbers


register(
    counting(
        "pool_claimed",
        _("Claimed"),
        _("Customers claimed from the pool in the period, for the one who claimed them."),
        POOL_TAKEN,
        Q(reason=OwnerChangeReason.CLAIMED),
    ),
    counting(
        "pool_assigned",
        _("Assigned"),
        _("Customers assigned out of the pool in the period, for the one who got them."),
        POOL_TAKEN,
        Q(reason=OwnerChangeReason.ASSIGNED),
    ),
    Derived(
        "pool_taken",
        _("Taken out"),
        Unit.COUNT,
        _("Claimed and assigned together; what was undone later stays counted."),
        ("pool_claimed", "pool_assigned"),
        _sum,
    ),
    counting(
        "pool_released",
        _("Given back"),
        _("Customers given back to the pool in the period, for the one who had them."),
        POOL_GIVEN,
        Q(reason=OwnerChangeReason.RELEASED),
    ),
    counting(
        "pool_recycled",
        _("Recycled"),
        _("Customers that a rule of the pool took back in the period, for the one who had them."),
        POOL_GIVEN,
        Q(reason=OwnerChangeReason.RECYCLED),
    ),
    Derived(
        "pool_given",
        _("Gone to the pool"),
        Unit.COUNT,
        _("Given back and recycled together; what was undone later stays counted."),
        ("pool_released", "pool_recycled"),
        _sum,
    ),
    Derived(
        "pool_balance",
        _("Net"),
        Unit.COUNT,
        _("Taken out of the pool less gone to the pool."),
        ("pool_taken", "pool_given"),
        less,
    ),
    counting(
        "in_pool",
        _("In the pool now"),
        _(
            "Customers without an owner today, for the one who had them last; one that nobody had yet counts for the company."
        ),
        IN_POOL,
    ),
)
