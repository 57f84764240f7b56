"""Locations that a first check-in suggested, and what later fixes say about them (D4)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from django.db.models import F, QuerySet, Window
from django.db.models.functions import RowNumber

from accounts.models import User
from common.geo import distance_m
from crm.enums import LocationStatus
from crm.models import Customer
from visits.models import Visit
from visits.rules import MAX_ACCURACY_M

FIXES = 20  # the last so many check-ins of a customer
MOST = 200  # customers on one page


@dataclass(frozen=True, slots=True)
class Suggested:
    """A location to confirm; `fixes` are (latitude, longitude, accuracy, metres from it) of check-ins, newest first;
    `better` is the middle of them where it lies elsewhere."""

    customer: Customer
    fixes: tuple[tuple[float, float, float, float], ...]
    better: tuple[float, float] | None
    better_m: float | None

    @property
    def spread_m(self) -> float | None:
        """The middle distance of the fixes from the location, in metres."""
        return median(fix[3] for fix in self.fixes) if self.fixes else None


def locations_to_confirm(*, user: User) -> QuerySet[Customer]:
    """Customers in scope whose location is only suggested."""
    rows: QuerySet[Customer] = Customer.objects.visible_to(user).filter(
        location_status=LocationStatus.TO_CONFIRM, latitude__isnull=False
    )
    return rows.select_related("owner").order_by("name", "pk")


def with_fixes(customers: Sequence[Customer]) -> list[Suggested]:
    """The customers with their last usable check-in fixes, in one statement for all."""
    rows = (
        Visit.objects.filter(
            customer__in=customers, check_in_lat__isnull=False, check_in_accuracy_m__lte=MAX_ACCURACY_M
        )
        .annotate(n=Window(RowNumber(), partition_by=F("customer_id"), order_by=F("check_in_at").desc()))
        .filter(n__lte=FIXES)
        .order_by("customer_id", "n")
        .values_list("customer_id", "check_in_lat", "check_in_lng", "check_in_accuracy_m")
    )
    fixes: dict[int, list[tuple[float, float, float]]] = defaultdict(list)
    for customer, latitude, longitude, accuracy in rows:
        if latitude is not None and longitude is not None and accuracy is not None:
            fixes[customer].append((latitude, longitude, accuracy))
    return [_suggested(customer, fixes[customer.pk]) for customer in customers]


def middle_of(fixes: Sequence[tuple[float, ...]]) -> tuple[float, float] | None:
    """The median point, which one bad fix does not move far; from two fixes on."""
    if len(fixes) < 2:
        return None
    return median(fix[0] for fix in fixes), median(fix[1] for fix in fixes)


def _suggested(customer: Customer, fixes: list[tuple[float, float, float]]) -> Suggested:
    assert customer.latitude is not None
    assert customer.longitude is not None
    here = (customer.latitude, customer.longitude)
    measured = tuple((*fix, distance_m(*here, fix[0], fix[1])) for fix in fixes)
    better = middle_of(fixes)
    return Suggested(customer, measured, better, distance_m(*here, *better) if better else None)
