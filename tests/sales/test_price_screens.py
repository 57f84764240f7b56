"""Price lists and gift rules on their pages, and the question what a customer pays."""

import datetime as dt
from decimal import Decimal

import pytest
from auditlog.models import LogEntry
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse

from common import business_calendar
from sales.models import GiftRule, PriceList, PriceListLine
from sales.services import price_lists as services
from tests.factories import CustomerFactory, DictionaryFactory, ProductFactory

pytestmark = pytest.mark.django_db
HTMX = {"headers": {"HX-Request": "true"}}


@pytest.fixture
def spring(water):
    row = PriceList.objects.create(name="春季渠道价")
    row.lines.create(product=water, price=Decimal("2.20"))
    return row


@pytest.fixture
def line(spring):
    return spring.lines.get()


@pytest.fixture
def office(login, people):
    return login(people.superior)


# --- who may
PAGES = [
    ("price_list_list", False), ("price_list_create", False), ("price_list_detail", True), ("price_list_edit", True),
    ("price_list_copy", True), ("price_list_import", True), ("price_list_export", True), ("price_check", False),
    ("gift_rule_list", False), ("gift_rule_create", False),
]  # fmt: skip


@pytest.mark.parametrize(("name", "needs_list"), PAGES)
def test_pages_are_the_offices(login, people, office, spring, name, needs_list):
    address = reverse(f"sales:{name}", args=[spring.pk] if needs_list else [])
    response = office.get(address)
    assert response.status_code == 200
    if response.streaming:
        assert b"".join(response.streaming_content)
    assert login(people.owner).get(address).status_code == 403
    if needs_list:
        assert office.get(reverse(f"sales:{name}", args=[999])).status_code == 404


def test_who_only_looks_gets_no_inputs(login, people, spring, line):
    people.superior.role.permissions.remove(
        *people.superior.role.permissions.filter(codename__in=["change_pricelist", "add_pricelist"])
    )
    client = login(people.superior)
    page = client.get(spring.get_absolute_url()).content.decode()
    assert "2.20" in page
    assert "hx-post" not in page
    for name, args in (
        ("price_line_add", [spring.pk]),
        ("price_line_save", [spring.pk, line.pk]),
        ("price_line_delete", [spring.pk, line.pk]),
    ):
        assert client.post(reverse(f"sales:{name}", args=args)).status_code == 403


@pytest.mark.parametrize("count", [1, 3])
def test_lists_ask_a_constant_number_of_queries(office, people, water, django_assert_num_queries, count):
    customer, channel = CustomerFactory(owner=people.owner), DictionaryFactory()
    for n in range(count + 1):  # two lists at least, which overlap
        row = PriceList.objects.create(name=f"L{n}", customer=customer, channel=channel)
        for product in ProductFactory.create_batch(count):
            row.lines.create(product=product, price=1)
        GiftRule.objects.create(
            name=f"G{n}",
            product=ProductFactory(),
            gift=water,
            buy_quantity=10,
            gift_quantity=1,
            customer=customer,
        )
    for name, queries in (("price_list_list", 7), ("gift_rule_list", 7)):
        office.get(reverse(f"sales:{name}"))
        with django_assert_num_queries(queries):
            page = office.get(reverse(f"sales:{name}"))
        assert len(page.context["page"].object_list) == count + 1
    address = PriceList.objects.first().get_absolute_url()
    with django_assert_num_queries(9):
        office.get(address)


def test_a_list_for_one_customer_is_seen_by_who_sees_the_customer(login, people, office, shop, water):
    foreign = CustomerFactory(owner=people.outsider)
    mine, theirs = (
        PriceList.objects.create(name=name, customer=customer)
        for name, customer in (("我", shop), ("他", foreign))
    )
    line = theirs.lines.create(product=water, price=1)
    rule = GiftRule.objects.create(
        name="送", product=water, gift=water, buy_quantity=1, gift_quantity=1, customer=foreign
    )
    listed = office.get(reverse("sales:price_list_list")).context["page"].object_list
    assert list(listed) == [mine]
    assert not office.get(reverse("sales:gift_rule_list")).context["page"].object_list
    for row in (theirs, rule):
        assert office.get(row.get_absolute_url()).status_code == 404
        assert login(people.admin).get(row.get_absolute_url()).status_code == 200
    for name in ("edit", "copy", "import", "export"):
        assert office.get(reverse(f"sales:price_list_{name}", args=[theirs.pk])).status_code == 404
    for name in ("save", "delete"):
        address = reverse(f"sales:price_line_{name}", args=[theirs.pk, line.pk])
        assert office.post(address, {"price": "9"}, **HTMX).status_code == 404
    assert office.get(water.get_absolute_url()).context["lines"] == []
    asked = {"customer": shop.pk, "product": water.pk, "quantity": "1", "day": "2026-03-31"}
    assert office.get(reverse("sales:price_check"), asked).context["verdicts"] == []


# --- lists
def test_a_list_is_made_with_its_audience(office, people):
    shop, channel = CustomerFactory(owner=people.owner), DictionaryFactory()
    data = {
        "name": "新表", "level": "A", "channel": channel.pk, "customer": shop.pk, "starts_on": "2026-03-01",
        "ends_on": "2026-03-31", "is_active": "on", "note": "",
    }  # fmt: skip
    response = office.post(reverse("sales:price_list_create"), data)
    row = PriceList.objects.get()
    assert response.headers["Location"] == row.get_absolute_url()
    assert (row.level, row.channel, row.customer, row.ends_on) == ("A", channel, shop, dt.date(2026, 3, 31))
    foreign = CustomerFactory()
    for wrong in ({"ends_on": "2026-02-01"}, {"name": ""}, {"customer": foreign.pk}, {"level": "Z"}):
        response = office.post(reverse("sales:price_list_create"), data | {"name": "另一张"} | wrong)
        assert response.status_code == 200
        assert list(response.context["form"].errors) == list(wrong)
    assert shop.name in response.content.decode()  # what was chosen stays
    assert PriceList.objects.count() == 1


def test_states_and_filters(office):
    today = business_calendar.today()
    day = dt.timedelta(days=1)
    PriceList.objects.create(name="现在", ends_on=today)
    PriceList.objects.create(name="以后", starts_on=today + day)
    PriceList.objects.create(name="过去", ends_on=today - day)
    PriceList.objects.create(name="停用", is_active=False)

    def names(state):
        page = office.get(reverse("sales:price_list_list"), {"state": state})
        return {row.name for row in page.context["page"].object_list}

    assert (names("now"), names("later"), names("over")) == ({"现在"}, {"以后"}, {"过去", "停用"})


def test_the_database_keeps_dates_and_prices_in_order(spring, water):
    today = business_calendar.today()
    for wrong in (
        lambda: PriceList.objects.create(name="x", starts_on=today, ends_on=today - dt.timedelta(days=1)),
        lambda: spring.lines.create(product=water, price=1),
        lambda: spring.lines.create(product=water, min_quantity=5, price=-1),
        lambda: GiftRule.objects.create(name="x", product=water, gift=water, buy_quantity=0, gift_quantity=1),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            wrong()


# --- lines in place
def test_a_price_is_changed_in_place(office, spring, line, water):
    address = reverse("sales:price_line_save", args=[spring.pk, line.pk])
    response = office.post(address, {"price": "1.95", "min_quantity": "24"}, **HTMX)
    line.refresh_from_db()
    assert (line.price, line.min_quantity) == (Decimal("1.95"), 24)
    text = response.content.decode()
    assert text.lstrip().startswith("<td")
    assert "已保存" in text
    assert "满 2 箱" in text
    entry = LogEntry.objects.get_for_object(line).first()
    assert entry.changes["price"] == ["2.20", "1.95"]


@pytest.mark.parametrize(
    "typed",
    [
        {"price": "-1"},
        {"price": "abc"},
        {"price": ""},
        {"price": "99999999"},
        {"price": "1", "min_quantity": "-3"},
    ],
)
def test_a_bad_price_is_said_and_changes_nothing(office, spring, line, typed):
    response = office.post(reverse("sales:price_line_save", args=[spring.pk, line.pk]), typed, **HTMX)
    assert response.status_code == 200
    assert "text-overdue" in response.content.decode()
    line.refresh_from_db()
    assert (line.price, line.min_quantity) == (Decimal("2.20"), 0)


def test_a_line_of_another_list_is_not_found(office, line):
    other = PriceList.objects.create(name="另一张")
    for name in ("save", "delete"):
        address = reverse(f"sales:price_line_{name}", args=[other.pk, line.pk])
        assert office.post(address, {"price": "1"}, **HTMX).status_code == 404


def test_lines_are_added_and_taken_out(office, spring, water, beer):
    address = reverse("sales:price_line_add", args=[spring.pk])
    response = office.post(address, {"product": beer.pk, "min_quantity": "", "price": "7.5"}, **HTMX)
    text = response.content.decode()
    assert 'hx-swap-oob="afterbegin:#price-lines"' in text
    assert "黑啤酒" in text
    added = spring.lines.get(product=beer)
    assert (added.min_quantity, added.price) == (0, Decimal("7.50"))
    twice = office.post(
        address, {"product": beer.pk, "min_quantity": "0", "price": "7"}, **HTMX
    ).content.decode()
    assert "已有这一数量档的价格" in twice
    assert 'value="7"' in twice
    assert office.post(address, {"product": "999", "price": "7"}, **HTMX).status_code == 200
    assert spring.lines.count() == 2
    response = office.post(reverse("sales:price_line_delete", args=[spring.pk, added.pk]), **HTMX)
    assert (response.status_code, response.content) == (200, b"")
    assert not PriceListLine.objects.filter(pk=added.pk).exists()
    # Without a script the page comes again.
    assert office.post(address, {"product": beer.pk, "price": "7"}).status_code == 302


def test_the_page_finds_lines_and_hints_at_overlaps(office, spring, water, beer):
    spring.lines.create(product=beer, price=Decimal("7"))
    other = PriceList.objects.create(name="夏季", starts_on=dt.date(2026, 1, 1))
    other.lines.create(product=water, price=1)
    PriceList.objects.create(name="甲级", level="A").lines.create(product=water, price=1)
    page = office.get(spring.get_absolute_url())
    [overlap] = page.context["overlaps"]
    assert (overlap.other, overlap.products, overlap.goes_first) == (other, 1, True)
    [back] = office.get(other.get_absolute_url()).context["overlaps"]
    assert (back.other, back.goes_first) == (spring, False)
    found = office.get(spring.get_absolute_url(), {"q": "b001"})
    beer.search_text = "b001"
    beer.save()
    found = office.get(spring.get_absolute_url(), {"q": "b001"})
    assert [row["product"] for row in found.context["rows"]] == [beer]


def test_a_copy_changes_every_price(office, people, spring, line, beer):
    spring.level, spring.note = "A", "备注"
    spring.save()
    spring.lines.create(product=beer, min_quantity=5, price=Decimal("7.99"))
    address = reverse("sales:price_list_copy", args=[spring.pk])
    response = office.post(
        address, {"name": "夏季", "percent": "-5", "starts_on": "2026-06-01", "ends_on": ""}
    )
    copy = PriceList.objects.get(name="夏季")
    assert response.headers["Location"] == copy.get_absolute_url()
    assert [(row.min_quantity, row.price) for row in copy.lines.order_by("pk")] == [
        (0, Decimal("2.09")),
        (5, Decimal("7.59")),
    ]
    assert (copy.level, copy.starts_on, copy.ends_on) == ("A", dt.date(2026, 6, 1), None)
    for wrong in ({"name": "夏季"}, {"percent": "-101"}, {"ends_on": "2026-05-01"}):
        data = {"name": "秋季", "percent": "0", "starts_on": "2026-06-01", "ends_on": ""} | wrong
        response = office.post(address, data)
        assert response.status_code == 422
        assert list(response.context["form"].errors) == list(wrong)
    assert PriceList.objects.count() == 2


def test_a_copy_beyond_belief_is_refused(people, spring, line):
    line.price = Decimal("9999999.99")
    line.save()
    with pytest.raises(ValidationError):
        services.copy_price_list(
            actor=people.admin, source=spring, name="x", percent=Decimal(10), starts_on=None, ends_on=None
        )
    assert PriceList.objects.count() == 1


# --- what a customer pays
def test_the_check_says_the_price_the_reason_and_the_losers(office, shop, water, spring):
    mine = PriceList.objects.create(name="老王专享", customer=shop, ends_on=dt.date(2026, 3, 31))
    mine.lines.create(product=water, min_quantity=24, price=Decimal("1.88"))
    GiftRule.objects.create(name="买赠", product=water, gift=water, buy_quantity=24, gift_quantity=1)
    asked = {"customer": shop.pk, "product": water.pk, "quantity": "24", "day": "2026-03-31"}
    page = office.get(reverse("sales:price_check"), asked)
    assert page.context["price"].value == Decimal("1.88")
    assert "价格表 老王专享，满 2 箱" in page.content.decode()
    assert [(v["list"], str(v["outcome"])) for v in page.context["verdicts"]] == [
        (mine, "chosen"),
        (spring, "narrower"),
    ]
    assert [gift.quantity for gift in page.context["gifts"]] == [1]
    later = office.get(reverse("sales:price_check"), asked | {"day": "2026-04-01"})
    assert later.context["price"].value == Decimal("2.20")
    assert "当天不在有效期内" in later.content.decode()


def test_the_check_needs_a_customer_in_scope(office, people, shop, water):
    foreign = CustomerFactory(owner=people.outsider)
    for customer in (foreign.pk, "", "abc"):
        asked = {"customer": customer, "product": water.pk, "quantity": "1", "day": "2026-03-31"}
        page = office.get(reverse("sales:price_check"), asked)
        assert "price" not in page.context
        assert "customer" in page.context["form"].errors
    assert office.get(reverse("sales:price_check")).context["form"].errors == {}


# --- gift rules
GIFT = {"name": "买十送一", "buy_quantity": "10", "gift_quantity": "1", "repeats": "on", "is_active": "on"}


def test_gift_rules_are_made_and_changed(office, water, beer):
    data = GIFT | {"product": water.pk, "gift": beer.pk}
    assert office.post(reverse("sales:gift_rule_create"), data).status_code == 302
    rule = GiftRule.objects.get()
    assert (rule.buy_quantity, rule.gift, rule.repeats) == (10, beer, True)
    beer.is_active = False
    beer.save()
    page = office.get(rule.get_absolute_url())
    assert beer.name in page.content.decode()  # stays chosen though it is not on sale any more
    assert office.post(rule.get_absolute_url(), data | {"gift_quantity": "2"}).status_code == 302
    beer.is_active = True
    beer.save()
    for wrong in ({"buy_quantity": "0"}, {"gift_quantity": "-1"}, {"product": ""}, {"gift": "999"}):
        response = office.post(reverse("sales:gift_rule_create"), data | {"name": "另"} | wrong)
        assert response.status_code == 200
        assert list(response.context["form"].errors) == list(wrong)
    assert [row.gift_quantity for row in GiftRule.objects.all()] == [2]


def test_gift_rules_need_their_permissions(login, people, water, beer):
    rule = services.save_gift_rule(
        rule=GiftRule(name="x", product=water, gift=beer, buy_quantity=1, gift_quantity=1)
    )
    assert login(people.owner).get(rule.get_absolute_url()).status_code == 403
    assert login(people.superior).get("/products/gifts/999/").status_code == 404
