"""Reads of the customer map."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any

from django.db.models import QuerySet

from common.geo import distance_m
from crm.models import Customer
from territory.rules import SCALE, visit_band


def map_points(customers: QuerySet[Customer], today: dt.date) -> dict[str, Any]:
    """Columns of the customers that have a location: `id`, `lat` and `lng` in 1/100,000 degree, `level`, `band`.

    `level` is one string of A, B, C or "-" by position; `band` likewise of rules.visit_band. Integers and strings in
    columns pack to a tenth of what objects would weigh.
    """
    rows = (
        customers.filter(latitude__isnull=False)
        .order_by("pk")
        .values_list("pk", "latitude", "longitude", "level", "last_visit_on")
    )
    ids, lats, lngs, levels, bands = [], [], [], [], []
    for pk, lat, lng, level, last_visit_on in rows:
        assert lat is not None
        assert lng is not None
        ids.append(pk)
        lats.append(round(lat * SCALE))
        lngs.append(round(lng * SCALE))
        levels.append(level or "-")
        bands.append(str(visit_band(last_visit_on, today)))
    return {"id": ids, "lat": lats, "lng": lngs, "level": "".join(levels), "band": "".join(bands)}


def place_of(customer: Customer) -> tuple[float, float] | None:
    """(lat, lng), or None without location."""
    if customer.latitude is None or customer.longitude is None:
        return None
    return customer.latitude, customer.longitude


def nearest(
    customers: QuerySet[Customer], pks: Collection[int], lat: float, lng: float
) -> list[tuple[Customer, float]]:
    """The named customers with their distance in metres from a place, nearest first."""
    rows = [
        (customer, distance_m(lat, lng, *place))
        for customer in customers.filter(pk__in=pks)
        if (place := place_of(customer))
    ]
    return sorted(rows, key=lambda row: row[1])
