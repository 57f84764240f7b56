"""Competitors: what was seen where, what the filters offer, prices over time (B10)."""

import datetime as dt
from typing import Any

from django.db.models import Count, Max, Min, OuterRef, Subquery, Value

from accounts.models import User
from accounts.querysets import scope_user_ids
from common.business_calendar import business_day
from crm.models import Competitor, CompetitorSighting, Customer
from crm.querysets import ByCustomerQuerySet

Choices = dict[str, list[tuple[int, str]]]
MAX_PRODUCTS = 30


def list_rows(user: User) -> ByCustomerQuerySet:
    """Sightings at the customers the user sees, with what the cells read."""
    rows: ByCustomerQuerySet = CompetitorSighting.objects.visible_to(user)
    return rows.select_related("competitor", "customer", "rep").defer(
        "customer__search_text", "customer__search_grams", "customer__extra", "customer__notes"
    )


def customer_rows(customer: Customer, limit: int = 20) -> list[CompetitorSighting]:
    """The customer's latest sightings."""
    return list(customer.competitor_sightings.select_related("competitor", "rep")[:limit])


def filter_choices(user: User) -> Choices:
    """What the filters offer, {"competitor" | "rep": [(id, name)]}, in one query."""
    columns = ("what", "pk", "name")
    people = User.objects.visible_to(user).active().order_by().annotate(what=Value("rep"))
    rivals = Competitor.objects.order_by().annotate(what=Value("competitor"))
    choices: Choices = {"competitor": [], "rep": []}
    rows = rivals.values_list(*columns).union(people.values_list(*columns), all=True)
    for what, pk, name in sorted(rows, key=lambda row: (row[2], row[1])):
        choices[what].append((pk, name))
    return choices


def competitor_names() -> list[str]:
    """The names a form proposes: those in use, by name."""
    return list(Competitor.objects.filter(is_active=True).values_list("name", flat=True)[:300])


def price_history(rows: Any) -> list[dict[str, Any]]:
    """Prices of each product and unit among these sightings, in one query.

    `rows`: sightings of one competitor. Returns {product, unit, seen (how often), lowest, highest, latest (yuan),
    latest_on} for the products seen last, at most MAX_PRODUCTS.
    """
    priced = rows.filter(price__isnull=False).select_related(None).defer(None).order_by()
    newest = (
        priced.filter(product=OuterRef("product"), unit=OuterRef("unit"))
        .order_by("-seen_on", "-pk")
        .values("price")
    )
    return list(
        priced.values("product", "unit")
        .annotate(
            seen=Count("pk"),
            lowest=Min("price"),
            highest=Max("price"),
            latest_on=Max("seen_on"),
            latest=Subquery(newest[:1]),
        )
        .order_by("-latest_on", "product", "unit")[:MAX_PRODUCTS]
    )


def may_edit(user: User, sighting: CompetitorSighting) -> bool:
    """Its author, and whoever is responsible for him."""
    ids = scope_user_ids(user)
    return ids is None or sighting.rep_id in ids


def may_delete(user: User, sighting: CompetitorSighting, now: dt.datetime) -> bool:
    """Its author, on the business day it was noted."""
    return sighting.rep_id == user.pk and business_day(sighting.created_at) == business_day(now)
