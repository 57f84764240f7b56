"""Reads of the customer map about single customers; what it draws is in map_data."""

from __future__ import annotations

from django.db.models import QuerySet

from common.geo import distance_m
from common.geo.rings import in_box
from crm.models import Customer
from crm.queries.lists import nearest_first
from crm.rules.duplicates import bounding_box

_STEPS = (400.0, 2_000.0, 10_000.0, 50_000.0)  # metres: a block, a quarter, a city, a district


def place_of(customer: Customer) -> tuple[float, float] | None:
    """(lat, lng), or None without location."""
    if customer.latitude is None or customer.longitude is None:
        return None
    return customer.latitude, customer.longitude


def nearest(customers: QuerySet[Customer], lat: float, lng: float, most: int) -> list[tuple[Customer, float]]:
    """The `most` nearest of these customers with their distance in metres, nearest first.

    Looks around in growing squares, so that of a million only a neighbourhood is read.
    """
    placed = customers.filter(latitude__isnull=False)
    for metres in (*_STEPS, None):
        rows = placed
        if metres is not None:
            south, north, west, east = bounding_box(lat, lng, metres)
            rows = rows.filter(in_box(south, west, north, east))
        found = [
            (customer, distance_m(lat, lng, *place))
            for customer in nearest_first(rows, (lat, lng))[:most]  # type: ignore[arg-type]
            if (place := place_of(customer))
        ]
        found.sort(key=lambda row: row[1])
        if metres is None or (len(found) == most and found[-1][1] <= metres):
            return found
    return []
