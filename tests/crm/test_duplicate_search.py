"""The duplicate check reads few rows and few statements, and finds what comparing with everybody finds."""

import random

import pytest

from accounts.models import SystemOptions
from crm.models import Customer
from crm.queries import duplicates
from crm.queries.duplicates import SHOWN, find_duplicates
from crm.rules.duplicates import compare, subject
from tests.factories import CustomerFactory, LeadFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _options():
    SystemOptions.load()  # there from the first use of an installation on


SIGNS = "老王小李好又多精品烟酒便利超市生鲜水果食品甲乙丙"
CITIES = ("合肥市", "芜湖市")


def a_name(pick):
    return "".join(pick.choice(SIGNS) for _ in range(pick.randint(4, 14)))


def edited(name, pick):
    """The name with one to three signs put in, dropped or changed."""
    signs = list(name)
    for _ in range(pick.randint(1, 3)):
        place = pick.randrange(len(signs) + 1)
        signs[place : place + pick.randint(0, 1)] = pick.choice(["", *SIGNS])
    return "".join(signs)


def place(pick):
    """Somewhere in a square of 1,100 m: some neighbours are within 200 m, most are not."""
    return {"latitude": 31.82 + pick.random() / 100, "longitude": 117.22 + pick.random() / 100}


@pytest.fixture
def town(people):
    """180 shops of two cities; a third are like another of them."""
    pick = random.Random(5)
    names = [a_name(pick) for _ in range(120)]
    names += [edited(pick.choice(names), pick) for _ in range(60)]
    return [
        CustomerFactory(owner=people.owner, name=name, city=pick.choice(CITIES), **place(pick))
        for name in names
        if name
    ]


def described(shop):
    return {
        "name": shop.name,
        "city": shop.city,
        "latitude": shop.latitude,
        "longitude": shop.longitude,
    }


def by_comparing_all(town, asked):
    """{customer: (reason, similarity)} of each that is like what is asked for."""
    wanted = subject(**asked)
    matches = {shop.pk: compare(wanted, subject(**described(shop))) for shop in town}
    return {pk: (match.reason, match.similarity) for pk, match in matches.items() if match}


def test_the_cut_loses_nothing(people, town, monkeypatch):
    monkeypatch.setattr(duplicates, "SHOWN", 1000)
    pick = random.Random(9)
    hits = 0
    for shop in town[:90]:
        asked = described(shop) | {"name": edited(shop.name, pick) or shop.name}
        asked |= {"latitude": shop.latitude + 0.001} if pick.random() < 0.5 else place(pick)
        found = {
            hit.customer.pk: (hit.reason, hit.similarity)
            for hit in find_duplicates(user=people.admin, **asked)
        }
        expected = by_comparing_all(town, asked)
        assert found == expected, asked
        hits += len(expected)
    assert hits > 20


def test_enough_equal_names_spare_the_search_for_similar_ones(people, django_assert_max_num_queries):
    for _ in range(SHOWN):
        CustomerFactory(owner=people.owner, name="老王精品烟酒便利超市", city="合肥市")
    similar = CustomerFactory(owner=people.owner, name="老王精品烟酒便民超市", city="合肥市")
    asked = {"name": "老王精品烟酒便利超市", "city": "合肥"}
    with django_assert_max_num_queries(3):
        hits = find_duplicates(user=people.admin, **asked)
    assert [str(hit.reason) for hit in hits] == ["name"] * SHOWN
    Customer.objects.filter(name="老王精品烟酒便利超市").first().delete()
    assert find_duplicates(user=people.admin, **asked)[-1].customer == similar


def test_everything_at_once_takes_five_statements(people, django_assert_max_num_queries):
    where = {"city": "合肥市", "latitude": 31.82, "longitude": 117.22}
    CustomerFactory(owner=people.owner, name="老王精品烟酒便利超市", tax_id="91340100MA2T", **where)
    LeadFactory(owner=people.owner, name="老王精品烟酒便民超市", **where)
    asked = where | {"name": "老王精品烟酒便利超市", "phones": "13800138000", "tax_id": "91340100MA2T"}
    people.owner.has_perm("crm.view_customer")
    with django_assert_max_num_queries(5):
        hits = find_duplicates(user=people.owner, **asked)
    assert [(hit.kind, str(hit.reason)) for hit in hits] == [("customer", "tax_id"), ("lead", "similar_near")]


def test_more_rows_than_are_read_are_no_error(people, monkeypatch):
    monkeypatch.setattr(duplicates, "MAX_READ", 3)
    monkeypatch.setattr(duplicates, "MAX_ALIKE", 2)
    for number in range(6):
        CustomerFactory(owner=people.owner, name=f"老王精品烟酒便利超市{number}", city="合肥市")
    hits = find_duplicates(user=people.admin, name="老王精品烟酒便利超市", city="合肥")
    assert len(hits) == 2
