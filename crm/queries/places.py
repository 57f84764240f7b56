"""Customers that are not surely on the map, and why (F1)."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.db.models import Case, CharField, Count, F, OuterRef, Q, QuerySet, Subquery, Value, When

from accounts.models import User
from crm.enums import GeocodeOutcome, LocationStatus, PlaceGap
from crm.models import Customer, GeocodeItem, GeocodeJob
from crm.querysets import CustomerQuerySet

_ANSWERS = (
    GeocodeOutcome.FOUND,
    GeocodeOutcome.NOTHING,
    GeocodeOutcome.AMBIGUOUS,
    GeocodeOutcome.REFUSED,
)


def unplaced_customers(user: User) -> CustomerQuerySet:
    """Active customers in scope without a location or with one "to confirm", with `gap`, the PlaceGap that says why.

    What the map service said counts only while the address is the one it was asked for.
    """
    answers = GeocodeItem.objects.filter(customer=OuterRef("pk"), outcome__in=_ANSWERS).order_by("-pk")
    rows: CustomerQuerySet = Customer.objects.visible_to(user).active()
    same = Q(asked__endswith=F("address"))
    unplaced: CustomerQuerySet = rows.filter(
        Q(latitude__isnull=True) | Q(location_status=LocationStatus.TO_CONFIRM)
    ).annotate(
        answer=Subquery(answers.values("outcome")[:1]),
        asked=Subquery(answers.values("asked")[:1]),
        gap=Case(
            When(latitude__isnull=False, then=Value(PlaceGap.TO_CONFIRM.value)),
            When(address="", then=Value(PlaceGap.NO_ADDRESS.value)),
            *(
                When(same, answer=answer, then=Value(gap.value))
                for answer, gap in (
                    (GeocodeOutcome.NOTHING, PlaceGap.NOTHING),
                    (GeocodeOutcome.AMBIGUOUS, PlaceGap.AMBIGUOUS),
                    (GeocodeOutcome.REFUSED, PlaceGap.REFUSED),
                )
            ),
            default=Value(PlaceGap.NOT_ASKED.value),
            output_field=CharField(),
        ),
    )
    return unplaced


def gap_counts(rows: CustomerQuerySet) -> dict[str, int]:
    """{gap: customers} of `unplaced_customers`, one statement."""
    return dict(rows.order_by().values_list("gap").annotate(n=Count("pk")))


def last_answers(customers: Collection[Customer]) -> dict[int, GeocodeItem]:
    """{customer id: the last answer of the map service}, one statement."""
    rows: Iterable[GeocodeItem] = (
        GeocodeItem.objects.filter(customer__in=customers, outcome__in=_ANSWERS)
        .select_related("job")
        .order_by("pk")
    )
    return {row.customer_id: row for row in rows}


def geocode_jobs(user: User) -> QuerySet[GeocodeJob]:
    """Look-ups of people in scope, the newest first."""
    rows: QuerySet[GeocodeJob] = GeocodeJob.objects.visible_to(user).select_related("created_by")
    return rows


def outcome_counts(job: GeocodeJob) -> list[tuple[str, str, int]]:
    """(outcome, its name, addresses) of those that are not empty, in the order of the choices."""
    counts = dict(job.items.order_by().values_list("outcome").annotate(n=Count("pk")))
    return [(each.value, str(each.label), counts[each]) for each in GeocodeOutcome if counts.get(each)]
