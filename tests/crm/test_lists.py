"""The customer list: columns, filters, sorting, and cells changed on the spot (B9, B11)."""

import datetime as dt
import io
import re
from decimal import Decimal

import pytest
from django.utils import timezone
from openpyxl import load_workbook

from crm.models import Customer, CustomerShare, FollowUp, Tag
from tests.factories import BillFactory, CustomerFactory, DictionaryFactory, VisitFactory, VisitTaskFactory

pytestmark = pytest.mark.django_db
NASTY = "<script>alert(1)</script>"


@pytest.fixture
def today():
    return timezone.localdate()


def names(client, query=""):
    """Names of the rows, in order."""
    page = client.get(f"/customers/?{query}").content.decode()
    return re.findall(r'<a href="/customers/\d+/" class="fw-medium">([^<]*)</a>', page)


def talk(customer, text, day, **fields):
    at = timezone.make_aware(dt.datetime.combine(day, dt.time(10)))
    Customer.objects.filter(pk=customer.pk).update(last_follow_up_on=day)
    return FollowUp.objects.create(customer=customer, rep=customer.owner, text=text, at=at, day=day, **fields)


def owes(customer, amount, today):
    return BillFactory(customer=customer, amount=Decimal(amount), due_on=today)


# --- columns
def test_the_last_contact_is_the_later_of_visit_and_follow_up(people, login, today):
    shop = CustomerFactory(owner=people.owner, name="甲店", last_visit_on=today - dt.timedelta(days=5))
    VisitFactory(
        customer=shop,
        summary="陈列已调整",
        check_in_at=timezone.now() - dt.timedelta(days=5),
        rep=people.owner,
    )
    client = login(people.owner)
    assert "陈列已调整" in client.get("/customers/").content.decode()
    talk(shop, f"要新品{NASTY}", today - dt.timedelta(days=2))
    talk(shop, "早先的", today - dt.timedelta(days=2)).__class__.objects.filter(text="早先的").update(
        at=timezone.now() - dt.timedelta(days=9)
    )
    page = client.get("/customers/").content.decode()
    assert "要新品" in page
    assert "早先的" not in page
    assert NASTY not in page
    assert "2 天前" in page


def test_never_traded_tags_receivable_and_task(people, login, today):
    new = CustomerFactory(owner=people.owner, name="新店")
    old = CustomerFactory(owner=people.owner, name="老店", last_order_on=today)
    old.tags.add(Tag.objects.create(name="乙"), Tag.objects.create(name="甲<b>"))
    owes(old, "1234.50", today)
    VisitTaskFactory(customer=new, rep=people.owner, date=today + dt.timedelta(days=1))
    page = login(people.owner).get("/customers/?cols=name,tags,receivable,task").content.decode()
    rows = {row.split("</a>")[0].rsplit(">", 1)[1]: row for row in page.split("<tr data-pk")[1:]}
    assert "从未交易" in rows["新店"]
    assert "从未交易" not in rows["老店"]
    assert "¥1,234.50" in rows["老店"]
    assert "甲&lt;b&gt;" in rows["老店"]
    assert f"{today + dt.timedelta(days=1):%m-%d}" in rows["新店"]


def test_money_is_for_those_who_may_see_it(people, login, today):
    owes(CustomerFactory(owner=people.owner), "77.00", today)
    people.owner.role.permissions.remove(*people.owner.role.permissions.filter(codename="view_receipt"))
    for query in ("", "cols=name,receivable", "sort=-receivable"):
        page = login(people.owner).get(f"/customers/?{query}").content.decode()
        assert "¥77.00" not in page


@pytest.mark.parametrize("count", [1, 3])
def test_all_columns_cost_no_more_queries(people, login, today, django_assert_num_queries, count):
    tag = Tag.objects.create(name="重点")
    for _ in range(count):
        shop = CustomerFactory(owner=people.colleague, maturity=DictionaryFactory(kind="maturity"))
        shop.tags.add(tag)
        talk(shop, "好", today)
        owes(shop, "5", today)
    client = login(people.superior)
    cols = "code,name,level,tags,channel,owner,last_contact,receivable,task,maturity,region,place"
    with django_assert_num_queries(8):
        assert client.get(f"/customers/?cols={cols}&sort=-receivable&near=31.8,117.2").status_code == 200


def heads(client, query):
    page = client.get(f"/customers/?{query}").content.decode()
    row = page.split("<thead>")[1].split("</thead>")[0]
    return [re.sub(r"<[^>]*>", "", cell).strip() for cell in row.split("<th")[1:]]


def test_columns_are_chosen_in_the_address(people, login):
    CustomerFactory(owner=people.owner)
    client = login(people.owner)
    usual = heads(client, "")
    assert [h.split(">")[-1].strip() for h in heads(client, "cols=owner,name")][-2:] == ["负责人", "客户名称"]
    # The name is always there, what does not exist is left out, and nonsense alone is as usual.
    assert [h.split(">")[-1].strip() for h in heads(client, "cols=level,nothing")][-2:] == [
        "客户名称",
        "等级",
    ]
    for nonsense in ("cols=", "cols=nothing", f"cols={NASTY}", "cols=,,,"):
        assert heads(client, nonsense) == usual
    assert NASTY not in client.get(f"/customers/?cols={NASTY}&sort={NASTY}&near={NASTY}").content.decode()


def test_a_filter_that_cannot_be_read_is_named(people, login):
    CustomerFactory(owner=people.owner)
    client = login(people.superior)
    for query in ({}, {"export": "xlsx"}):
        page = client.get("/customers/", {"created_after": "昨天", "level": "A", **query}).content.decode()
        assert "筛选条件无效" in page
        assert "<b>创建从</b>" in page
        assert "没有符合条件的记录" not in page
    assert "没有符合条件的记录" in client.get("/customers/?level=A").content.decode()


def test_the_export_has_the_chosen_columns(people, login, today):
    shop = CustomerFactory(owner=people.owner, name="=1+1", level="A")
    shop.tags.add(Tag.objects.create(name="重点"))
    talk(shop, "再联系", today)
    client = login(people.superior)
    for query, width in (("cols=name,tags,last_contact", 3), ("", 20)):
        answer = client.get(f"/customers/?export=xlsx&{query}")
        rows = list(load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active.values)
        assert len(rows[0]) == width
    answer = client.get("/customers/?export=xlsx&cols=name,tags,last_contact")
    row = list(load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active.values)[1]
    assert row == ("=1+1", "重点", f"{today} 再联系")


# --- filters
def test_filters_of_trade_and_silence(people, login, today):
    days = {name: today - dt.timedelta(days=n) for name, n in (("十天", 10), ("三十天", 30))}
    for name, day in days.items():
        CustomerFactory(
            owner=people.owner,
            name=name,
            last_visit_on=day,
            last_order_on=day,
            last_sale_on=day,
            last_follow_up_on=None,
        )
    CustomerFactory(owner=people.owner, name="从来没有")
    client = login(people.owner)
    assert set(names(client, "traded=never")) == {"从来没有"}
    assert set(names(client, "traded=ever")) == {"十天", "三十天"}
    for key in ("visit_gap", "order_gap", "sale_gap", "contact_gap"):
        assert set(names(client, f"{key}=10")) == {"三十天", "从来没有"}
        assert set(names(client, f"{key}=9")) == {"十天", "三十天", "从来没有"}
    assert len(names(client, "follow_up_gap=100")) == 3
    for nonsense in ("visit_gap=-1", "visit_gap=x", "visit_gap=99999999", "created_after=2026-13-01"):
        assert names(client, nonsense) == []


def test_filters_of_several_values(people, login):
    marks = [Tag.objects.create(name=name) for name in ("甲", "乙")]
    for level, tag in (("A", marks[0]), ("B", marks[1]), ("C", None)):
        shop = CustomerFactory(owner=people.owner, name=f"{level}店", level=level)
        if tag:
            shop.tags.add(tag, marks[0])
    client = login(people.owner)
    assert set(names(client, "level=A&level=C")) == {"A店", "C店"}
    assert sorted(names(client, f"tag={marks[0].pk}&tag={marks[1].pk}")) == ["A店", "B店"]
    page = client.get("/customers/?level=A&level=C").content.decode()
    assert "A、C" in page  # the chip


def test_high_intent_is_a_maturity_or_a_tag(people, login):
    by_entry = CustomerFactory(owner=people.owner, name="有意向店")
    by_entry.maturity = by_entry.maturity or DictionaryFactory(kind="maturity", name="高意向")
    by_entry.save()
    by_tag = CustomerFactory(owner=people.owner, name="标签店")
    by_tag.tags.add(Tag.objects.create(name="意向强"))
    CustomerFactory(owner=people.owner, name="冷店")
    assert set(names(login(people.owner), "intent=high")) == {"有意向店", "标签店"}


def test_filters_of_dates_flags_place_and_shares(people, login, today):
    now = timezone.now()
    old = today - dt.timedelta(days=100)
    mine = CustomerFactory(
        owner=people.owner,
        name="我的",
        city="合肥市",
        district="庐阳区",
        next_contact_at=now - dt.timedelta(hours=1),
        pool_locked=True,
    )
    lent = CustomerFactory(
        owner=people.outsider,
        name="借的",
        created_on=old,
        received_on=old,
        alerts_exempt=True,
        status="inactive",
    )
    CustomerShare.objects.create(customer=lent, user=people.owner)
    client = login(people.owner)
    for query, found in (
        ("shared=1", lent),
        ("shared=0", mine),
        ("locked=1", mine),
        ("exempt=1", lent),
        ("city=庐阳", mine),
        ("due=late", mine),
        ("due=none", lent),
        (f"created_before={old}", lent),
        (f"created_after={today}", mine),
        (f"received_before={old}", lent),
        (f"received_after={today}", mine),
        ("status=inactive", lent),
    ):
        assert names(client, query) == [found.name], query
    CustomerShare.objects.update(expires_at=now - dt.timedelta(seconds=1))
    assert names(client, "shared=1") == []


# --- sorting
def test_nearest_first_with_the_distance(people, login):
    for name, latitude in (("远", 31.90), ("近", 31.8215), ("中", 31.83)):
        CustomerFactory(owner=people.owner, name=name, latitude=latitude, longitude=117.229)
    CustomerFactory(owner=people.owner, name="不知", latitude=None, longitude=None, location_status="none")
    client = login(people.owner)
    assert names(client, "near=31.8206,117.2290&sort=distance") == ["近", "中", "远", "不知"]
    assert "100 m" in client.get("/customers/?near=31.8206,117.2290&sort=distance").content.decode()
    for nonsense in ("x", "1,2,3", "91,0", "nan,nan", "inf,1", "", ","):
        assert len(names(client, f"near={nonsense}&sort=distance")) == 4


def test_east_and_north_weigh_alike(people, login):
    # 0.011° east at 60° north are 612 m, 0.008° north are 890 m.
    CustomerFactory(owner=people.owner, name="北", latitude=60.008, longitude=30.0)
    CustomerFactory(owner=people.owner, name="东", latitude=60.0, longitude=30.011)
    assert names(login(people.owner), "near=60,30&sort=distance") == ["东", "北"]


def test_longest_unvisited_and_most_receivable(people, login, today):
    for name, days, amount in (("昨天", 1, "5"), ("上周", 7, "900"), ("从未", None, "0")):
        visited = today - dt.timedelta(days=days) if days else None
        shop = CustomerFactory(owner=people.owner, name=name, last_visit_on=visited)
        if amount != "0":
            owes(shop, amount, today)
    client = login(people.owner)
    assert names(client, "sort=unvisited") == ["从未", "上周", "昨天"]
    assert names(client, "sort=-receivable")[:2] == ["上周", "昨天"]
    Customer.objects.filter(name="昨天").update(last_visit_on=None, last_follow_up_on=today)
    assert [n for n in names(client, "sort=-last_contact") if n != "从未"] == ["昨天", "上周"]
    assert len(names(client, "sort=nonsense")) == 3


def test_cards_on_the_phone_offer_the_three_ways_to_sort(people, login):
    CustomerFactory(owner=people.owner)
    page = login(people.owner).get("/customers/").content.decode()
    assert "data-near" in page
    assert "sort=unvisited" in page
    assert "sort=-receivable" in page


# --- cells
def test_level_and_tags_are_changed_in_the_row(people, login):
    shop, tag = CustomerFactory(owner=people.owner, name="甲店"), Tag.objects.create(name="重点")
    client, address = login(people.owner), f"/customers/{shop.pk}/cell"
    assert f'name="tags-{shop.pk}"' in client.get(f"{address}/tags/").content.decode()
    assert ">A<" in client.post(f"{address}/level/", {"level": "A"}).content.decode()
    assert "重点" in client.post(f"{address}/tags/", {f"tags-{shop.pk}": tag.pk}).content.decode()
    shop.refresh_from_db()
    assert (shop.level, list(shop.tags.all())) == ("A", [tag])
    client.post(f"{address}/tags/", {})
    assert not shop.tags.exists()
    assert client.post(f"{address}/level/", {"level": "Z"}).status_code == 422
    assert client.post(f"{address}/tags/", {f"tags-{shop.pk}": "999"}).status_code == 422
    assert client.get(f"{address}/name/").status_code == 404
    shop.refresh_from_db()
    assert shop.level == "A"


def test_who_may_change_a_cell(people, login):
    shop = CustomerFactory(owner=people.owner, level="B")
    address = f"/customers/{shop.pk}/cell/level/"
    assert login(people.superior).post(address, {"level": "C"}).status_code == 200
    assert login(people.outsider).post(address, {"level": "A"}).status_code == 404
    assert login(people.finance).post(address, {"level": "A"}).status_code == 403
    CustomerShare.objects.create(customer=shop, user=people.outsider)
    assert login(people.outsider).post(address, {"level": "A"}).status_code == 403
    shop.refresh_from_db()
    assert shop.level == "C"
    assert "crm-inline" not in login(people.finance).get("/customers/").content.decode()


# --- choosing all
def test_the_bar_offers_all_results_of_more_than_a_page(people, login, today):
    Customer.objects.bulk_create(
        Customer(code=f"M{n}", name=f"店{n}", owner=people.owner, created_on=today, received_on=today)
        for n in range(51)
    )
    client = login(people.owner)
    page = client.get("/customers/?status=active&page=2").content.decode()
    assert 'data-all-results="51"' in page
    assert '<input type="hidden" name="query" value="status=active">' in page
    assert "data-all-results" not in client.get("/customers/?q=店50").content.decode()


def test_ones_own_name_is_marked_for_the_card(people, login):
    """On the phone a rep's own name under each of his customers is left out; a superior sees whose they are."""
    CustomerFactory(owner=people.owner, name="自己的店")
    assert 'class="crm-mine"' in login(people.owner).get("/customers/").content.decode()
    assert 'class="crm-mine"' not in login(people.superior).get("/customers/").content.decode()


def test_an_empty_list_leads_on(people, login):
    page = login(people.superior).get("/customers/").content.decode()
    assert 'href="/customers/new/"' in page
    assert 'href="/customers/import/"' in page[page.index("pd-empty") :]
    page = login(people.owner).get("/contacts/").content.decode()
    assert 'href="/customers/"' in page[page.index("pd-empty") :]


def test_the_search_box_says_what_it_looks_at(people, login):
    client = login(people.owner)
    assert "名称、拼音首字母、编码或电话" in client.get("/customers/").content.decode()
    assert "姓名、电话或客户" in client.get("/contacts/").content.decode()
