"""Areas drawn on a map: what is within, in Python and in SQL, and texts that are no area."""

import random

import pytest

from common.geo.rings import MAX_CORNERS, holds, in_ring, read_ring, write_ring
from crm.models import Customer
from tests.factories import CustomerFactory

SQUARE = [(31.0, 117.0), (31.0, 118.0), (32.0, 118.0), (32.0, 117.0)]


def test_a_ring_comes_back_as_it_was_written():
    pick = random.Random(2)
    for size in (3, 4, 12, MAX_CORNERS):
        ring = [(pick.uniform(20, 50), pick.uniform(80, 130)) for _ in range(size)]
        assert read_ring(write_ring(ring)) == [(round(lat, 5), round(lng, 5)) for lat, lng in ring]


@pytest.mark.parametrize(
    "text",
    ["", "31,117;32,118", "31,117;32;33,118", "31,117;x,117;32,118", "91,117;31,117;32,118", "nan,1;2,3;4,5",
     "31,117,1;32,117;32,118", ";".join(["31,117"] * (MAX_CORNERS + 1))],
)  # fmt: skip
def test_what_is_no_area(text):
    with pytest.raises(ValueError):  # noqa: PT011 - float() has words of its own
        read_ring(text)


def test_within_and_beyond():
    assert holds(SQUARE, 31.5, 117.5)
    assert not holds(SQUARE, 31.5, 118.5)
    bow = [(31.0, 117.0), (32.0, 118.0), (31.0, 118.0), (32.0, 117.0)]  # crosses itself
    assert holds(bow, 31.5, 117.9)
    assert not holds(bow, 31.9, 117.5)
    assert not holds([(31.0, 117.0), (31.0, 118.0), (31.0, 119.0)], 31.0, 117.5)  # a line holds nobody


@pytest.mark.django_db
def test_the_database_decides_like_the_arithmetic():
    pick = random.Random(3)
    first = CustomerFactory()
    shops = Customer.objects.bulk_create(
        Customer(code=f"R{n}", name="店", created_on=first.created_on, latitude=pick.uniform(30.9, 32.1), longitude=pick.uniform(116.9, 118.1))
        for n in range(120)
    )  # fmt: skip
    rings = [
        [(pick.uniform(31, 32), pick.uniform(117, 118)) for _ in range(size)]
        for size in (3, 4, 7, MAX_CORNERS)
    ]
    for ring in [SQUARE, *rings, [(31.0, 117.0), (31.0, 118.0), (31.0, 119.0)]]:
        found = set(Customer.objects.filter(in_ring(ring), code__startswith="R").values_list("pk", flat=True))
        assert found == {shop.pk for shop in shops if holds(ring, shop.latitude, shop.longitude)}
