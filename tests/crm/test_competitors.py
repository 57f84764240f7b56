"""Competitors: who notes, corrects and reads what, prices over time, the customer's panel (B10)."""

import datetime as dt
from decimal import Decimal

import pytest
from auditlog.models import LogEntry
from django.core.exceptions import ValidationError
from django.utils import timezone

from common.business_calendar import today
from crm.models import Competitor, CompetitorSighting
from crm.services.competitors import record_sighting, update_sighting
from tests.factories import CustomerFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(people):
    return CustomerFactory(owner=people.owner, name="李的店")


def note(people, shop, **fields):
    given = {"competitor": "隔壁牌", "product": "可乐", "price": Decimal("3.50"), "unit": "瓶"} | fields
    return record_sighting(actor=given.pop("actor", people.owner), customer=shop, **given)


POST = {"competitor": "隔壁牌", "product": "可乐", "price": "3.50", "unit": "瓶", "seen_on": "2026-11-01"}


def test_noting_one_from_the_phone(people, login, shop):
    client = login(people.owner)
    page = client.get(f"/competitors/new/?customer={shop.pk}")
    assert f'value="{today():%Y-%m-%d}"' in page.content.decode()
    answer = client.post(f"/competitors/new/?customer={shop.pk}", POST | {"competitor": " 隔壁牌 "})
    assert answer.status_code == 302
    assert answer["Location"] == f"/customers/{shop.pk}/"
    client.post(f"/competitors/new/?customer={shop.pk}", POST | {"product": "雪碧"})
    assert [rival.name for rival in Competitor.objects.all()] == ["隔壁牌"]
    first = CompetitorSighting.objects.get(product="可乐")
    assert (first.rep, first.customer, first.price, first.seen_on) == (
        people.owner,
        shop,
        Decimal("3.50"),
        dt.date(2026, 11, 1),
    )
    assert LogEntry.objects.get_for_object(first).get().actor == people.owner
    assert "¥3.50 / 瓶" in client.get("/competitors/").content.decode()


@pytest.mark.parametrize(
    ("bad", "field"),
    [
        ({"competitor": "  "}, "competitor"),
        ({"product": ""}, "product"),
        ({"price": "-1"}, "price"),
        ({"price": "three"}, "price"),
        ({"price": "NaN"}, "price"),
        ({"seen_on": "2999-01-01"}, "seen_on"),
        ({"seen_on": "0202-11-01"}, "seen_on"),
        ({"product": "x" * 81}, "product"),
    ],
)
def test_bad_input_is_refused_and_kept(people, login, shop, bad, field):
    answer = login(people.owner).post(
        f"/competitors/new/?customer={shop.pk}", POST | {"notes": "店门口"} | bad
    )
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert "店门口" in answer.content.decode()
    assert not CompetitorSighting.objects.exists()
    assert not Competitor.objects.exists()


def test_who_may(people, login, shop):
    row = note(people, shop)
    edit, panel = f"/competitors/{row.pk}/edit/", f"/customers/{shop.pk}/competitors/"
    new = f"/competitors/new/?customer={shop.pk}"
    for user, expected in (
        (people.owner, (200, 200, 200, 200)),
        (people.superior, (200, 200, 200, 200)),
        (people.outsider, (200, 404, 404, 404)),
        (people.finance, (403, 403, 403, 403)),
    ):
        client = login(user)
        answers = tuple(client.get(url).status_code for url in ("/competitors/", new, edit, panel))
        assert answers == expected, user
    assert "可乐" not in login(people.outsider).get("/competitors/").content.decode()
    assert login(people.owner).get("/competitors/?export=xlsx").status_code == 403
    answer = login(people.superior).get("/competitors/?export=xlsx")
    assert answer.status_code == 200
    assert b"".join(answer.streaming_content).startswith(b"PK")


def test_a_share_to_look_at_writes_nothing(people, login, shop):
    shop.shares.create(user=people.outsider, created_by=people.owner, can_write=False)
    row = note(people, shop)
    client = login(people.outsider)
    assert "可乐" in client.get("/competitors/").content.decode()
    assert "competitors/new" not in client.get(f"/customers/{shop.pk}/competitors/").content.decode()
    for url in (f"/competitors/new/?customer={shop.pk}", f"/competitors/{row.pk}/edit/"):
        assert client.post(url, POST).status_code == 403
    with pytest.raises(ValidationError):
        note(people, shop, actor=people.outsider)
    shop.shares.update(can_write=True)
    assert note(people, shop, actor=people.outsider).rep == people.outsider
    # He may write there, but not over what somebody else saw.
    with pytest.raises(ValidationError):
        update_sighting(actor=people.outsider, sighting=row, price=Decimal(1))
    assert client.post(f"/competitors/{row.pk}/edit/", POST).status_code == 403


def test_author_and_superior_correct_it_the_author_deletes_it_the_same_day(people, login, shop):
    row, old = note(people, shop), note(people, shop, product="雪碧")
    CompetitorSighting.objects.filter(pk=old.pk).update(created_at=timezone.now() - dt.timedelta(days=2))
    answer = login(people.superior).post(f"/competitors/{row.pk}/edit/", POST | {"price": "3.20"})
    assert answer.status_code == 302
    row.refresh_from_db()
    assert (row.price, row.rep) == (Decimal("3.20"), people.owner)
    login(people.superior).post(f"/competitors/{row.pk}/delete/")
    login(people.owner).post(f"/competitors/{old.pk}/delete/")
    assert CompetitorSighting.objects.count() == 2
    login(people.owner).post(f"/competitors/{row.pk}/delete/")
    assert list(CompetitorSighting.objects.all()) == [old]


def test_filters_and_the_price_history_of_one_competitor(people, login, shop):
    other = CustomerFactory(owner=people.owner, name="别家")
    for price, day in (("3.50", 1), ("2.80", 5), ("3.10", 9)):
        note(people, shop, price=Decimal(price), seen_on=dt.date(2026, 11, day))
    note(people, other, competitor="另一牌", product="奶茶")
    foreign = CustomerFactory(owner=people.outsider)
    note(people, foreign, actor=people.outsider, price=Decimal("0.10"), seen_on=dt.date(2026, 11, 10))
    rival = Competitor.objects.get(name="隔壁牌")
    client = login(people.owner)
    [line] = client.get(f"/competitors/?competitor={rival.pk}").context["prices"]
    assert (line["product"], line["unit"], line["seen"]) == ("可乐", "瓶", 3)
    assert [line[key] for key in ("lowest", "highest", "latest")] == [
        Decimal("2.80"),
        Decimal("3.50"),
        Decimal("3.10"),
    ]
    page = client.get(f"/competitors/prices/?competitor={rival.pk}&until=2026-11-05").content.decode()
    assert "¥2.80" in page
    assert "¥3.10" not in page
    partial = client.get("/competitors/?q=可乐", headers={"HX-Request": "true", "HX-Target": "results"})
    assert "可乐" in partial.content.decode()
    assert "<nav" not in partial.content.decode()
    assert client.get("/competitors/").context["prices"] == []
    assert client.get("/competitors/?competitor=x").context["prices"] == []
    for query, products in (
        ("q=别家", {"奶茶"}),
        ("q=可", {"可乐"}),
        (f"rep={people.owner.pk}&since=2026-11-20", {"奶茶"}),
        (f"rep={people.outsider.pk}", set()),
    ):
        page = client.get(f"/competitors/?{query}").content.decode().split('id="results"')[1]
        assert {name for name in ("可乐", "奶茶") if f">{name}</a>" in page} == products, query


def test_what_people_type_is_text(people, login, shop):
    note(people, shop, product="<script>1</script>", competitor="<b>牌", notes="<i>x", person="<u>y")
    client = login(people.owner)
    rival = Competitor.objects.get()
    for url in (f"/competitors/?competitor={rival.pk}", f"/customers/{shop.pk}/competitors/"):
        page = client.get(url).content.decode()
        assert "<script>1" not in page
        assert "<b>牌" not in page
        assert "<i>x" not in page
        assert "<u>y" not in page
    assert "<b>牌" not in client.get(f"/competitors/new/?customer={shop.pk}").content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_costs_the_same(people, login, django_assert_num_queries, count):
    for n in range(count):
        note(people, CustomerFactory(owner=people.owner), competitor=f"牌{n}")
    client = login(people.owner)
    rival = Competitor.objects.first()
    with django_assert_num_queries(6):
        assert client.get("/competitors/").status_code == 200
    with django_assert_num_queries(7):
        assert client.get(f"/competitors/?competitor={rival.pk}").status_code == 200


def test_strange_addresses(people, login):
    client = login(people.owner)
    assert client.get("/competitors/new/").status_code == 200
    for value in ("x", "9" * 30, "0", "-1"):
        assert client.get(f"/competitors/new/?customer={value}").status_code == 404
