"""The heat layer (F2): who sees whose points, what they weigh, and that there are never too many of them."""

import datetime as dt
from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from common import business_calendar
from common.geo.cells import area_km2
from crm.models import Customer
from sales.models import Delivery, SalesReturn, StockLocation
from territory.queries.heat import heat_data
from territory.queries.map_data import Source
from territory.rules.heat import MOST_POINTS, heat_grain, radius_pixels
from tests.factories import CustomerFactory, SalesOrderFactory

HEAT = reverse("territory:map_heat")
WHOLE = {"heat": "customers", "box": "31.5,117,32.5,118", "zoom": 12}


@pytest.fixture
def shops(people):
    """Two of the owner's beside each other, one of the outsider's far from them."""
    near = {"latitude": 31.8206, "longitude": 117.229}
    return [
        CustomerFactory(owner=people.owner, **near),
        CustomerFactory(owner=people.owner, level="A", **near),
        CustomerFactory(owner=people.outsider, latitude=32.1, longitude=117.6),
    ]


def sell(customer, amount):
    today = business_calendar.today()
    Delivery.objects.create(
        number=f"D{amount}",
        customer=customer,
        rep=customer.owner,
        issued_on=today,
        due_on=today,
        amount=Decimal(amount),
    )


def take_back(customer, amount):
    place, _made = StockLocation.objects.get_or_create(kind="warehouse", name="退货仓")
    SalesReturn.objects.create(
        number=f"T{amount}", customer=customer, rep=customer.owner, returned_on=business_calendar.today(),
        location=place, amount=amount,
    )  # fmt: skip


def weights(client, **query):
    answer = client.get(HEAT, WHOLE | query)
    assert answer.status_code == 200
    return answer.json()["weight"]


def test_points_follow_the_data_scope_and_the_filters(people, login, shops):
    answer = login(people.owner).get(HEAT, WHOLE).json()
    assert (answer["lat"], answer["lng"], answer["weight"]) == ([3182060], [11722900], [2])
    assert weights(login(people.superior)) == [2]
    assert weights(login(people.outsider)) == [1]
    assert weights(login(people.admin)) in ([2, 1], [1, 2])
    assert weights(login(people.owner), level="A") == [1]
    assert weights(login(people.owner), box="10,100,11,101") == []


def test_weight_is_what_was_ordered_and_sold_in_ninety_days(people, login, shops):
    today = business_calendar.today()
    for customer, days, total in (
        (shops[0], 0, 700),
        (shops[1], 90, 20),
        (shops[1], 91, 5000),
        (shops[2], 0, 9),
    ):
        SalesOrderFactory(
            customer=customer, rep=people.owner, status="approved", ordered_on=today - dt.timedelta(days=days), total=total
        )  # fmt: skip
    SalesOrderFactory(customer=shops[0], rep=people.owner, status="cancelled", ordered_on=today, total=80)
    sell(shops[0], "300.40")
    client = login(people.owner)
    assert weights(client, heat="orders") == [720]
    assert weights(client, heat="amount") == [300]


def test_returns_lessen_sales_and_nothing_is_left_of_a_cell(people, login, shops):
    sell(shops[0], 300)
    take_back(shops[0], 100)
    assert weights(login(people.owner), heat="amount") == [200]
    take_back(shops[1], 200)
    assert weights(login(people.owner), heat="amount") == []


@pytest.mark.parametrize(
    "query",
    [
        {"heat": ""},
        {"heat": "profit"},
        {"box": ""},
        {"box": "32,117,31,118"},
        {"box": "nan,1,2,3"},
        {"zoom": "99"},
        {"zoom": ""},
        {"level": "Z"},
    ],
)
def test_nonsense_is_refused(people, login, query):
    assert login(people.owner).get(HEAT, WHOLE | query).status_code == 400


def test_whoever_may_not_see_orders_does_not_see_them_as_heat(people, login, shops):
    people.owner.role.permissions.remove(Permission.objects.get(codename="view_salesorder"))
    client = login(people.owner)
    assert client.get(HEAT, WHOLE | {"heat": "orders"}).status_code == 400
    assert 'value="orders"' not in client.get(reverse("territory:map")).content.decode()


def test_without_the_permission_there_is_no_heat(people, login):
    assert login(people.finance).get(HEAT, WHOLE).status_code == 403


def test_the_page_keeps_measure_and_marks(people, login):
    text = (
        login(people.owner).get(reverse("territory:map"), {"heat": "orders", "marks": "1"}).content.decode()
    )
    assert '<option value="orders" selected data-money>' in text
    assert 'name="marks" value="1" checked' in text
    text = login(people.owner).get(reverse("territory:map")).content.decode()
    assert 'name="marks" value="1">' in text
    assert 'value="orders" data-money' in text


@pytest.mark.parametrize("measure", ["customers", "orders", "amount"])
def test_statements_do_not_grow_with_the_customers(people, django_assert_max_num_queries, measure):
    for n in range(5):
        SalesOrderFactory(
            customer=CustomerFactory(owner=people.owner, latitude=31.7 + n / 50, longitude=117.2),
            rep=people.owner,
        )
    source = Source(
        people.admin, Customer.objects.active(), False, dt.datetime.now(dt.UTC), business_calendar.today()
    )
    with django_assert_max_num_queries(2):
        heat_data(source, measure, (31.0, 117.0, 32.0, 118.0), 11)


# --- how fine


@pytest.mark.parametrize(
    "box", [(-85.0, -180.0, 85.0, 180.0), (18.0, 73.0, 54.0, 135.0), (31.0, 117.0, 32.0, 118.0)]
)
@pytest.mark.parametrize("zoom", [0, 3, 9, 12, 22])
def test_a_view_never_has_too_many_cells(box, zoom):
    """Also where the box does not fit its zoom."""
    south, west, north, east = box
    resolution, _radius = heat_grain(box, zoom)
    km2 = (north - south) * (east - west) * 111.2**2
    assert resolution == 1 or km2 * 0.5 / area_km2(resolution) <= MOST_POINTS


def test_the_radius_grows_with_the_zoom_and_bridges_the_cells():
    def at(zoom):  # a screen of 1440 × 900
        lng = 360 * 1440 / (256 * 2**zoom)
        lat = lng * 900 / 1440 * 0.85
        return heat_grain((31.8 - lat / 2, 117.2 - lng / 2, 31.8 + lat / 2, 117.2 + lng / 2), zoom)

    for zoom in range(5, 19):
        resolution, radius = at(zoom)
        assert radius_pixels(zoom) <= radius <= 2 * radius_pixels(zoom)
        assert resolution <= at(zoom + 1)[0]
    assert radius_pixels(17) > radius_pixels(8)
