"""What is selected on the map: counted for whoever selects, handed to the list's actions and onto routes."""

import pytest
from django.urls import reverse
from django.utils.http import urlencode

from crm.models import Customer, Tag
from territory.models import Route
from tests.factories import CustomerFactory

PANEL, TO_ROUTE = reverse("territory:map_selection"), reverse("territory:map_to_route")
AREA = "31.7,117.1;31.7,117.4;31.9,117.4;31.9,117.1"


@pytest.fixture
def shops(people):
    CustomerFactory(owner=people.owner, name="远处的店", latitude=30.0, longitude=117.2)
    CustomerFactory(owner=people.outsider, name="外人的店")
    CustomerFactory(owner=people.owner, name="停业的店", status="inactive")
    return [CustomerFactory(owner=people.owner, name=f"选中{n}", level="A" if n else "B") for n in range(3)]


def test_the_panel_counts_and_names(people, login, shops):
    text = login(people.owner).get(PANEL, {"within": AREA}).content.decode()
    assert "已选 3 个客户" in text
    assert "A 2 · B 1 · C 0" in text
    assert "选中0" in text
    assert "远处的店" not in text
    assert "外人的店" not in text
    assert (
        "已选 2 个客户" in login(people.superior).get(PANEL, {"within": AREA, "level": "A"}).content.decode()
    )
    assert (
        "没有符合条件的客户"
        in login(people.outsider).get(PANEL, {"within": "10,10;11,10;11,11"}).content.decode()
    )


@pytest.mark.parametrize("query", [{}, {"within": "31,117"}, {"within": AREA, "level": "Z"}])
def test_a_selection_needs_an_area(people, login, query):
    assert login(people.owner).get(PANEL, query).status_code == 400


def test_actions_follow_the_permissions(people, login, shops):
    mine = login(people.owner).get(PANEL, {"within": AREA}).content.decode()
    assert reverse("crm:bulk_start", args=["add_tags"]) in mine
    assert reverse("crm:bulk_start", args=["assign"]) not in mine
    assert TO_ROUTE not in mine
    boss = login(people.superior).get(PANEL, {"within": AREA}).content.decode()
    assert reverse("crm:bulk_start", args=["assign"]) in boss
    assert TO_ROUTE in boss


def test_a_bulk_action_reaches_who_was_selected_and_nobody_else(people, login, shops):
    tag = Tag.objects.create(name="地图")
    form = {"all": "1", "query": urlencode({"within": AREA, "level": "A", "status": "active"})}
    login(people.owner).post(
        reverse("crm:bulk_start", args=["add_tags"]), form | {"go": "1", "tags": [tag.pk]}
    )
    assert set(tag.customers.values_list("name", flat=True)) == {"选中1", "选中2"}


def test_list_and_map_name_the_same(people, login, shops):
    client = login(people.superior)
    query = {"within": AREA, "status": "active"}
    listed = client.get(reverse("crm:customer_list"), query)
    mapped = client.get(reverse("territory:map_cells"), query).json()
    assert {row.pk for row in listed.context["page"].object_list} == set(mapped["id"])
    assert "地图圈选" in listed.content.decode()


def test_onto_a_new_route_and_onto_one_there_is(people, login, shops):
    client = login(people.superior)
    query = urlencode({"within": AREA, "level": "A"})
    answer = client.post(TO_ROUTE, {"query": query, "name": "周一线", "rep": people.owner.pk})
    route = Route.objects.get(name="周一线")
    assert answer.url == route.get_absolute_url()
    assert set(route.stops.values_list("customer__name", flat=True)) == {"选中1", "选中2"}
    client.post(TO_ROUTE, {"query": urlencode({"within": AREA}), "route": route.pk})
    assert route.stops.count() == 3


def test_what_does_not_go_onto_a_route(people, login, shops):
    client = login(people.superior)
    query = urlencode({"within": AREA})
    strange = Route.objects.create(name="外人线", rep=people.outsider, starts_on="2026-01-01")
    for form in (
        {"query": query},
        {"query": query, "name": "无人线"},
        {"query": query, "route": strange.pk},
        {"query": "within=x", "name": "错线", "rep": people.owner.pk},
        {"query": urlencode({"within": "10,10;11,10;11,11"}), "name": "空线", "rep": people.owner.pk},
    ):
        answer = client.post(TO_ROUTE, form, follow=True)
        assert answer.status_code == 200
        assert [message.level_tag for message in answer.context["messages"]], form
    assert Route.objects.count() == 1
    assert not strange.stops.exists()
    assert login(people.owner).post(TO_ROUTE, {"query": query}).status_code == 403
    assert client.get(TO_ROUTE).status_code == 405
    assert Customer.objects.count() == 6
