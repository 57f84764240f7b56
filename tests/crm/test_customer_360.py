"""The 360° page of a customer and what it loads: timeline, head, drawer (B7)."""

import datetime as dt
import re
from decimal import Decimal

import pytest
from django.utils import timezone

from common import business_calendar
from crm import services
from crm.models import CustomerShare, FollowUp, OwnerChange
from crm.queries.history import change_history
from tests.factories import BillFactory, CustomerFactory, VisitFactory

pytestmark = pytest.mark.django_db
PARTS = ("timeline/", "head/", "drawer/", "last-events/", "history/", "contacts/")


@pytest.fixture
def shop(people):
    return CustomerFactory(
        owner=people.owner,
        name="蜗牛超市",
        latitude=31.8,
        longitude=117.2,
        location_status="confirmed",
        credit_limit=Decimal(100),
    )


def follow_up(shop, rep, text, days=0):
    at = timezone.now() - dt.timedelta(days=days)
    return FollowUp.objects.create(
        customer=shop, rep=rep, at=at, day=business_calendar.business_day(at), text=text
    )


def share(shop, people, *, can_write):
    return CustomerShare.objects.create(
        customer=shop, user=people.outsider, can_write=can_write, created_by=people.owner
    )


# --- who
def test_those_who_see_the_customer_see_its_parts(people, login, shop):
    follow_up(shop, people.owner, "老板要两箱")
    for user in (people.owner, people.superior):
        client = login(user)
        for part in ("timeline/", "last-events/"):
            assert "老板要两箱" in client.get(f"/customers/{shop.pk}/{part}").content.decode()
        assert f"/customers/{shop.pk}/edit/" in client.get(f"/customers/{shop.pk}/").content.decode()


def test_outsiders_find_nothing(people, login, shop):
    for user in (people.outsider, people.colleague):
        for part in ("", *PARTS):
            assert login(user).get(f"/customers/{shop.pk}/{part}").status_code == 404


@pytest.mark.parametrize("can_write", [False, True])
def test_a_share_shows_all_and_edits_only_if_it_may_write(people, login, shop, can_write):
    shop.location_status = "to_confirm"
    shop.save()
    share(shop, people, can_write=can_write)
    client = login(people.outsider)
    pages = [client.get(f"/customers/{shop.pk}/{part}") for part in ("", *PARTS)]
    assert {page.status_code for page in pages} == {200}
    whole = "".join(page.content.decode() for page in pages)
    assert (f"/customers/{shop.pk}/edit/" in whole) is can_write
    assert "/share/" not in whole  # only who answers for it himself hands it on


# --- what it costs
@pytest.mark.parametrize("who", ["owner", "superior"])
def test_the_page_costs_at_most_12_queries(people, login, shop, who, django_assert_max_num_queries):
    for number in range(3):
        services.save_contact(
            actor=people.owner, customer=shop, name=f"人{number}", phones=f"1380013800{number}"
        )
    client = login(getattr(people, who))
    with django_assert_max_num_queries(12):
        client.get(f"/customers/{shop.pk}/")


def test_the_timeline_costs_the_same_with_more_events(people, login, shop, django_assert_num_queries):
    client = login(people.owner)

    def add():
        follow_up(shop, people.owner, "聊聊")
        VisitFactory(customer=shop, rep=people.owner, sequence=FollowUp.objects.count())
        services.update_customer(actor=people.owner, customer=shop, notes=f"第{FollowUp.objects.count()}次")

    add()
    with django_assert_num_queries(11):
        client.get(f"/customers/{shop.pk}/timeline/")
    add()
    add()
    with django_assert_num_queries(11):
        client.get(f"/customers/{shop.pk}/timeline/")


# --- timeline
def test_earlier_goes_on_where_the_page_ended(people, login, shop):
    for number in range(23):
        follow_up(shop, people.owner, f"第{number}次聊", days=number)
    client = login(people.owner)
    first = client.get(f"/customers/{shop.pk}/timeline/?kind=follow_up").content.decode()
    seen = re.findall(r"第(\d+)次聊", first)
    assert seen == [str(number) for number in range(20)]
    (earlier,) = re.findall(r'hx-get="([^"]*before=[^"]*)"', first)
    rest = client.get(earlier.replace("&amp;", "&")).content.decode()
    assert re.findall(r"第(\d+)次聊", rest) == ["20", "21", "22"]
    assert "before=" not in rest
    assert "<form" not in rest


def test_filters_by_kind_person_and_period(people, login, shop):
    follow_up(shop, people.owner, "昨天说的", days=1)
    follow_up(shop, people.superior, "上月说的", days=40)
    OwnerChange.objects.create(
        customer=shop,
        to_user=people.owner,
        by=people.superior,
        at=timezone.now(),
        reason="assigned",
        note="请多跑",
    )
    client = login(people.owner)

    def told(query):
        page = client.get(f"/customers/{shop.pk}/timeline/?{query}").content.decode()
        return {text for text in ("昨天说的", "上月说的", "请多跑") if text in page}

    assert told("") == {"昨天说的", "上月说的", "请多跑"}
    assert told("kind=owner") == {"请多跑"}
    assert told("kind=owner&kind=follow_up&days=30") == {"请多跑", "昨天说的"}
    assert told(f"person={people.owner.pk}") == {"昨天说的"}
    assert told("kind=alert") == set()


@pytest.mark.parametrize("query", ["kind=moon", "person=x", "days=5", "before=yesterday"])
def test_nonsense_is_refused_and_the_filter_kept(people, login, shop, query):
    page = login(people.owner).get(f"/customers/{shop.pk}/timeline/?{query}")
    assert page.status_code == 422
    assert "<form" in page.content.decode()


def test_an_empty_timeline_says_so(people, login):
    shop = CustomerFactory(owner=people.owner)
    page = login(people.owner).get(f"/customers/{shop.pk}/timeline/").content.decode()
    assert f"/visits/check-in/{shop.pk}/" in page


# --- head
def test_the_head_says_what_to_do_and_what_is_owed(people, login, shop):
    today = business_calendar.today()
    BillFactory(customer=shop, due_on=today - dt.timedelta(days=1), amount=Decimal("130"))
    page = login(people.owner).get(f"/customers/{shop.pk}/head/").content.decode()
    assert f"/receipts/new/?customer={shop.pk}" in page
    assert page.count("130.00") == 3  # why, receivable, overdue
    assert "-¥30.00" in page or "-30.00" in page or "−" in page  # over the limit
    assert page.count("crm-red") == 2


def test_what_one_may_not_see_is_not_in_the_head(people, login, shop):
    page = login(people.finance).get(f"/customers/{shop.pk}/head/").content.decode()
    assert "/visits/check-in/" not in page
    assert "crm-next" not in page or "/tasks/new/" not in page


def test_an_unconfirmed_location_is_confirmed_by_post(people, login, shop):
    today = business_calendar.today()
    shop.location_status, shop.last_order_on, shop.last_visit_on = "to_confirm", today, today
    shop.save()
    page = login(people.superior).get(f"/customers/{shop.pk}/head/").content.decode()
    assert f'method="post" action="/customers/{shop.pk}/confirm-location/"' in page


def test_changes_are_told_in_words(people, login, shop):
    shop.extra = {"冰柜颜色": "蓝", "冰柜数量": 3}
    shop.save()
    shop.extra = {"冰柜颜色": "红", "冰柜数量": 3, "有无停车": True}
    shop.next_contact_at = dt.datetime(2026, 12, 1, 22, tzinfo=dt.UTC)
    shop.save()
    lines = change_history(shop)
    told = {change.label: (change.old, change.new) for change in lines[0].fields}
    assert told["冰柜颜色"] == ("蓝", "红")
    assert told["有无停车"] == ("", "是")
    assert "冰柜数量" not in told
    assert any(new.endswith("12-02 周三 06:00") for _old, new in told.values())
    page = login(people.owner).get(f"/customers/{shop.pk}/history/").content.decode()
    assert "冰柜颜色" in page
    assert "u51b0" not in page
    assert "T22:00" not in page
