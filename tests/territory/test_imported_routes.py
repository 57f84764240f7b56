"""The 线路 column of a customer file puts the customers on their owners' routes."""

import datetime as dt

import pytest

from crm.models import Customer
from territory.models import Route, RouteStop
from territory.services import put_on_named_routes
from tests.crm.import_files import csv_file, import_file
from tests.factories import CustomerFactory, RouteFactory

pytestmark = pytest.mark.django_db
TODAY = dt.date(2026, 11, 22)


def test_a_new_route_has_no_weekdays_and_keeps_the_order_of_the_file(people):
    customers = [CustomerFactory(owner=people.owner) for _ in range(3)]
    names = {customer.pk: "滨湖线" for customer in customers}
    assert put_on_named_routes(names=names, actor=people.superior, today=TODAY) == 3
    route = Route.objects.get()
    assert (route.rep, route.name, route.weekdays, route.created_by) == (
        people.owner,
        "滨湖线",
        "",
        people.superior,
    )
    assert list(route.stops.values_list("customer_id", "position")) == [
        (customer.pk, n) for n, customer in enumerate(customers, start=1)
    ]


def test_an_existing_route_is_continued_and_twice_changes_nothing(people):
    route = RouteFactory(rep=people.owner, name="滨湖线")
    first, second = CustomerFactory(owner=people.owner), CustomerFactory(owner=people.owner)
    RouteStop.objects.create(route=route, customer=first, position=1)
    names = {first.pk: "滨湖线", second.pk: "滨湖线"}
    assert put_on_named_routes(names=names, actor=None, today=TODAY) == 1
    assert put_on_named_routes(names=names, actor=None, today=TODAY) == 0
    assert Route.objects.count() == 1
    assert set(route.stops.values_list("customer_id", flat=True)) == {first.pk, second.pk}


def test_customers_of_nobody_stand_on_no_route(people):
    assert put_on_named_routes(names={CustomerFactory(owner=None).pk: "线"}, actor=None, today=TODAY) == 0
    assert not Route.objects.exists()


def test_two_owners_have_two_routes_of_one_name(people):
    names = {CustomerFactory(owner=owner).pk: "一线" for owner in (people.owner, people.colleague)}
    assert put_on_named_routes(names=names, actor=None, today=TODAY) == 2
    assert set(Route.objects.values_list("rep", flat=True)) == {people.owner.pk, people.colleague.pk}


def test_as_many_statements_for_many(people, django_assert_max_num_queries):
    names = {CustomerFactory(owner=people.owner).pk: f"线{n % 3}" for n in range(12)}
    with django_assert_max_num_queries(10):
        put_on_named_routes(names=names, actor=None, today=TODAY)


def test_from_the_file_to_the_route(people, tmp_path):
    file = csv_file(
        tmp_path / "a.csv",
        ["客户名称", "业务员", "线路"],
        [["张家小店", "owner", "滨湖线"], ["李家小店", "owner", ""]],
    )
    import_file(file, people.admin)
    assert Customer.objects.count() == 2
    assert list(RouteStop.objects.values_list("route__name", "customer__name")) == [("滨湖线", "张家小店")]
