"""Locations to confirm: who sees them, what later check-ins say, confirm, move and reject in bulk."""

import datetime as dt

import pytest
from auditlog.models import LogEntry
from django.core.exceptions import ValidationError
from django.urls import reverse

from tests.factories import CustomerFactory, VisitFactory
from tests.visits.conftest import METRE, NOW, STORE
from visits import queries
from visits.services.locations import decide_locations

pytestmark = pytest.mark.django_db
ADDRESS = reverse("visits:location_list")


def suggested(owner, name="新店", **kwargs):
    place = {"latitude": STORE[0], "longitude": STORE[1], "location_status": "to_confirm"}
    return CustomerFactory(owner=owner, name=name, **{**place, **kwargs})


def check_ins(shop, *metres, accuracy=10):
    for n, north in enumerate(metres):
        VisitFactory(
            customer=shop,
            check_in_at=NOW + dt.timedelta(days=n),
            check_in_lat=STORE[0] + north * METRE,
            check_in_lng=STORE[1],
            check_in_accuracy_m=accuracy,
        )


def test_who_sees_them(people, login):
    suggested(people.owner)
    for user, sees in ((people.superior, True), (people.admin, True)):
        assert ("新店" in login(user).get(ADDRESS).content.decode()) is sees
    other = CustomerFactory(owner=people.outsider, name="别人的店", location_status="to_confirm")
    assert "别人的店" not in login(people.superior).get(ADDRESS).content.decode()
    assert login(people.owner).get(ADDRESS).status_code == 403
    decide_locations(actor=people.superior, customer_ids=[other.pk], decision="confirm")
    other.refresh_from_db()
    assert other.location_status == "to_confirm"


def test_empty(people, login):
    assert "没有待确认的位置" in login(people.superior).get(ADDRESS).content.decode()


def test_later_check_ins_say_where_the_store_is(people):
    shop = suggested(people.owner)
    check_ins(shop, 0, 100, 120)
    check_ins(suggested(people.owner, name="另一家"), 5)
    VisitFactory(customer=shop, check_in_at=NOW + dt.timedelta(days=9), check_in_lat=40, check_in_lng=117)
    found = {
        row.customer.name: row
        for row in queries.with_fixes(queries.locations_to_confirm(user=people.superior))
    }
    assert [round(fix[3]) for fix in found["新店"].fixes] == [120, 100, 0]
    assert round(found["新店"].better_m) == 100
    assert found["另一家"].better is None  # one fix proves nothing


@pytest.mark.parametrize(
    ("decision", "status", "north"), [("confirm", "confirmed", 0), ("move", "confirmed", 100)]
)
def test_confirm_and_move(people, login, decision, status, north):
    shop = suggested(people.owner)
    check_ins(shop, 0, 100, 120)
    login(people.superior).post(ADDRESS, {"pk": shop.pk, "decision": decision})
    shop.refresh_from_db()
    assert (shop.location_status, round((shop.latitude - STORE[0]) / METRE)) == (status, north)
    assert LogEntry.objects.get_for_object(shop).filter(actor=people.superior).exists()


def test_reject_takes_the_place_away(people, login):
    shop = suggested(people.owner)
    login(people.superior).post(ADDRESS, {"pk": shop.pk, "decision": "reject"})
    shop.refresh_from_db()
    assert (shop.latitude, shop.location_status) == (None, "none")


def test_what_cannot_be(people, login):
    shop = suggested(people.owner)
    client = login(people.superior)
    assert client.post(ADDRESS, {"decision": "confirm"}).status_code == 422
    page = client.post(ADDRESS, {"pk": shop.pk, "decision": "burn"})
    assert page.status_code == 422
    assert "checked" in page.content.decode()
    with pytest.raises(ValidationError):
        decide_locations(actor=people.superior, customer_ids=range(1, 300), decision="confirm")
    assert decide_locations(actor=people.superior, customer_ids=[shop.pk], decision="move").left == 1


def test_the_number_of_queries_does_not_grow(people, login, django_assert_num_queries):
    client = login(people.superior)
    check_ins(suggested(people.owner), 0, 10)
    client.get(ADDRESS)
    for name in ("二店", "三店"):
        check_ins(suggested(people.owner, name=name), 0, 10)
    with django_assert_num_queries(6):
        client.get(ADDRESS)
