"""A list's count that stops, and its pages behind the bound."""

import pytest
from django.urls import reverse

from common import paging
from common.paging import BoundedPaginator
from crm.models import Customer
from tests.factories import CustomerFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _bound(monkeypatch):
    monkeypatch.setattr(paging, "BOUND", 4)


def pages(count: int, per_page: int = 2) -> BoundedPaginator:
    for _ in range(count - Customer.objects.count()):
        CustomerFactory()
    return BoundedPaginator(Customer.objects.order_by("pk"), per_page)


def codes(page) -> list[str]:
    return [customer.code for customer in page.object_list]


@pytest.mark.parametrize(
    ("count", "known", "more"), [(0, 0, False), (4, 4, False), (5, 4, True), (9, 4, True)]
)
def test_it_counts_up_to_the_bound(count, known, more):
    found = pages(count)
    assert (found.count, found.more) == (known, more)
    assert found.count_text == (f"{known} 条以上" if more else str(known))


def test_the_bound_is_whole_pages():
    assert (pages(7, per_page=3).count, pages(7, per_page=3).num_pages) == (6, 2)


@pytest.mark.parametrize("count", [5, 6, 7, 8, 9])
def test_going_on_reaches_every_row_once(count):
    seen, number = [], 1
    while True:
        page = pages(count).get_page(number)
        seen += codes(page)
        if not page.has_next():
            break
        number = page.next_page_number()
    assert seen == list(Customer.objects.order_by("pk").values_list("code", flat=True))
    assert (page.paginator.count, page.paginator.more, page.end_index()) == (count, False, count)
    assert page.paginator.num_pages == number


@pytest.mark.parametrize("number", [4, 99, 10**30])
def test_a_page_behind_the_last_is_the_last(number):
    page = pages(6).get_page(number)
    assert (page.number, page.start_index(), page.end_index()) == (3, 5, 6)
    assert (page.paginator.count, page.paginator.more) == (6, False)


@pytest.mark.parametrize("number", [0, -3])
def test_a_page_before_the_first_is_the_last_known(number):
    assert pages(9).get_page(number).number == 2


def test_a_page_before_the_bound_counts_and_reads_in_two_statements(django_assert_num_queries):
    found = pages(9)
    with django_assert_num_queries(2):
        assert len(found.get_page(1).object_list) == 2
    found = pages(9)
    with django_assert_num_queries(2):
        page = found.get_page(4)
        assert (len(page.object_list), page.has_next(), page.start_index(), page.end_index()) == (
            2,
            True,
            7,
            8,
        )


def test_the_list_says_more_and_counts_all_on_demand(people, login, monkeypatch):
    monkeypatch.setattr(paging, "BOUND", 50)
    for _ in range(101):
        CustomerFactory(owner=people.owner)
    client, address = login(people.admin), reverse("crm:customer_list")
    html = client.get(address).content.decode()
    assert 'data-all-results="50+"' in html
    assert "全部 50 条以上" in html
    assert "1 / 1+" in html
    assert "total=1" in html
    second = client.get(address, {"page": 2}).content.decode()
    assert "第 51–100 条，共" in second
    assert "2 / 2+" in second
    last = client.get(address, {"page": 3}).content.decode()
    assert "第 101–101 条，共 101 条" in last
    assert "3 / 3<" in last
    assert client.get(address, {"total": 1}).content.decode() == "101 条"
    assert login(people.outsider).get(address, {"total": 1}).content.decode() == "0 条"
