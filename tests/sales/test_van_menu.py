"""My van stands in the menu of those who drive one; who has none is told so and where vans are made."""

import pytest

from accounts.backends import RoleBackend
from tests.sales.stock_data import van_for

pytestmark = pytest.mark.django_db
ENTRY = 'href="/van/"'


def menu_of(client):
    return client.get("/locations/").content.decode()


def test_the_menu_has_the_van_of_its_driver_alone(login, people):
    van = van_for(people.owner)
    assert ENTRY in menu_of(login(people.owner))
    for person in (people.colleague, people.superior, people.finance, people.admin):
        assert ENTRY not in menu_of(login(person))
    van.is_active = False
    van.save(update_fields=["is_active"])
    assert ENTRY not in menu_of(login(people.owner))  # at once: nothing is kept that can be out of date


def test_the_menu_costs_no_statement_more(people, django_assert_num_queries):
    van_for(people.owner)
    with django_assert_num_queries(1):
        person = RoleBackend().get_user(people.owner.pk)
        assert person.facts == {"own_van"}
        assert person.role.code == "rep"
    assert RoleBackend().get_user(people.finance.pk).facts == frozenset()


def test_who_has_no_van_is_led_to_the_places(login, people):
    for person in (people.superior, people.finance):
        page = login(person).get("/van/").content.decode()
        assert "您没有自己的车" in page
        assert 'class="btn btn-primary" href="/locations/"' in page
    people.owner.role.permissions.remove(*people.owner.role.permissions.filter(codename="view_stocklocation"))
    page = login(people.owner).get("/van/").content.decode()
    assert "您没有自己的车" in page
    assert 'href="/locations/"' not in page


def test_an_empty_list_of_settlements_leads_a_driver_to_his_van(login, people):
    assert login(people.superior).get("/settlements/").context["next_url"] == ""
    van_for(people.owner)
    assert login(people.owner).get("/settlements/").context["next_url"] == "/van/"
