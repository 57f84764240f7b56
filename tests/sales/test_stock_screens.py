"""Pages of stock as owner, superior and outsider; bad input keeps what was typed; one number of statements a list."""

import datetime as dt
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from sales.enums import StockDocumentKind
from sales.models import (
    StockDocument,
    StockLocation,
)
from sales.rules import LineInput
from sales.services import stock_documents
from sales.services.returns import ReturnInput, take_back
from sales.services.settlements import settle_day
from sales.services.van_sales import sell_from_van
from tests.factories import ProductFactory
from tests.sales.stock_data import D, document, load, on_hand, post_rows, receive, text, van_for

pytestmark = pytest.mark.django_db


# --- lists
def test_stock_by_place_and_what_a_rep_sees(owner, superior, place, van, others_van, water, beer):
    page = text(owner.get(reverse("sales:stock_list")))
    assert van.name in page
    assert others_van.name not in page
    assert "¥1.20" not in page  # no costs for reps
    assert reverse("sales:move_list") not in page
    page = text(superior.get(reverse("sales:stock_list")))
    assert "¥1.20" in page
    assert "5箱" in page  # 60 bottles on the van
    assert "¥72.00" in page  # 60 bottles in the warehouse, 60 on the van
    assert "¥162.00" in page  # with 15 of beer; the other department's van is not hers to see
    found = superior.get(reverse("sales:stock_list"), {"q": "黑啤", "location": place.pk})
    assert "黑啤酒" in text(found)
    assert "矿泉水" not in text(found)


def test_filters_of_stock(superior, people, place, van, make_order, water, beer):
    make_order(70, status="approved")

    def found(**params):
        return text(superior.get(reverse("sales:stock_list"), params))

    assert "矿泉水" in found(state="short")  # 60 in the warehouse, 70 promised
    assert "黑啤酒" not in found(state="short")
    assert "矿泉水" not in found(state="negative")
    document(people.superior, StockDocumentKind.LOSS, {beer: 20}, source=place, reason="过期")
    assert "黑啤酒" not in found()
    assert "黑啤酒" in found(state="zero")
    assert "黑啤酒" in found(state="all")


def test_stock_as_excel(superior, owner, place, van):
    answer = superior.get(reverse("sales:stock_list"), {"export": "xlsx"})
    assert answer["Content-Type"].endswith("sheet")
    assert b"".join(answer.streaming_content)[:2] == b"PK"
    assert owner.get(reverse("sales:stock_list"), {"export": "xlsx"}).status_code == 403


def test_moves_lead_to_their_slips(superior, owner, people, shop, place, van, water):
    sale = sell_from_van(actor=people.owner, customer=shop, lines=[LineInput(water.pk, D(3))])
    page = text(superior.get(reverse("sales:move_list"), {"q": sale.number}))
    assert sale.get_absolute_url() in page
    assert StockDocument.objects.first().number not in page
    assert "120" in text(
        superior.get(reverse("sales:move_list"), {"product": water.pk, "location": place.pk})
    )
    assert owner.get(reverse("sales:move_list")).status_code == 403


LISTS = ["stock_list", "move_list", "location_list", "stock_document_list", "settlement_list", "return_list"]
COSTS = {
    "stock_list": 8, "move_list": 7, "location_list": 6, "stock_document_list": 7, "settlement_list": 8, "return_list": 7,
}  # fmt: skip


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("n", [1, 3])
def test_lists_cost_the_same_with_one_and_three_rows(
    superior, people, shop, place, water, django_assert_max_num_queries, name, n
):
    today = timezone.localdate()
    drivers = [people.owner, people.colleague, people.superior][:n]
    for driver in drivers:
        van = van_for(driver)
        load(people.superior, place, van, {water: 5}, happened_on=today - dt.timedelta(days=1))
        settle_day(
            actor=people.superior,
            van=van,
            day=today - dt.timedelta(days=1),
            counts={water.pk: D(5)},
            cash=D(0),
        )
        take_back(
            actor=people.superior, customer=shop, location=van, lines=[ReturnInput(water.pk, D(1), "unsold")]
        )
    superior.get(reverse(f"sales:{name}"))
    with django_assert_max_num_queries(12) as captured:
        assert superior.get(reverse(f"sales:{name}")).status_code == 200
    assert len(captured) == COSTS[name]


# --- places
def test_a_van_is_made_and_changed(superior, owner, people, place, water):
    form = {"code": "皖A123", "name": "一号车", "kind": "van", "rep": people.owner.pk, "is_active": "on"}
    assert owner.post(reverse("sales:location_create"), form).status_code == 403
    superior.post(reverse("sales:location_create"), form)
    van = StockLocation.objects.get(code="皖A123")
    assert van.rep == people.owner
    second = superior.post(reverse("sales:location_create"), form | {"code": "皖A124"})
    assert "一号车" in text(second)
    assert "皖A124" in text(second)  # what was typed is kept
    load(people.superior, place, van, {water: 5})
    address = reverse("sales:location_edit", args=[van.pk])
    assert superior.post(address, form | {"rep": people.colleague.pk}).status_code == 200
    assert superior.post(address, form | {"is_active": ""}).status_code == 200
    assert superior.post(address, form | {"kind": "warehouse"}).status_code == 200
    van.refresh_from_db()
    assert (van.rep, van.is_active, van.kind) == (people.owner, True, "van")
    assert superior.post(address, form | {"name": "老一号车"}).status_code == 302


def test_the_default_warehouse_moves_and_what_is_below_zero_stays_allowed(superior, people, place, water):
    form = {
        "code": "W2",
        "name": "二号库",
        "kind": "warehouse",
        "is_default": "on",
        "is_active": "on",
        "may_be_negative": "on",
    }
    superior.post(reverse("sales:location_create"), form)
    second = StockLocation.objects.get(code="W2")
    place.refresh_from_db()
    assert (place.is_default, second.is_default) == (False, True)
    document(people.superior, StockDocumentKind.TRANSFER, {water: 5}, source=second, target=place)
    assert on_hand(second, water) == -5
    address = reverse("sales:location_edit", args=[second.pk])
    refused = superior.post(address, form | {"may_be_negative": ""})
    assert refused.status_code == 200
    refused = superior.post(address, form | {"is_default": ""})
    assert refused.status_code == 200
    second.refresh_from_db()
    assert (second.may_be_negative, second.is_default) == (True, True)


def test_a_place_leads_to_its_stock_and_an_others_van_is_not_there(owner, outsider, van):
    assert owner.get(van.get_absolute_url()).url.endswith(f"?location={van.pk}")
    assert outsider.get(van.get_absolute_url()).status_code == 404
    assert (
        owner.get(reverse("sales:stock_products"), {"place": van.pk, "only": 1}).json()[0]["there"] == "5箱"
    )
    assert outsider.get(reverse("sales:stock_products"), {"place": van.pk}).status_code == 404


# --- documents
def test_goods_received_are_saved_posted_and_reversed(superior, owner, people, place, water):
    address = reverse("sales:stock_document_create") + "?kind=receipt"
    data = post_rows(
        [(water, 2, 3, {"price": "1.31"})], target=place.pk, happened_on=timezone.localdate(), note="饮料厂"
    )
    assert owner.get(address).status_code == 403
    superior.post(address, data | {"then": "draft"})
    draft = StockDocument.objects.get(status="draft")
    assert on_hand(place, water) == 120
    page = superior.get(draft.get_absolute_url())
    assert "¥35.37" in text(page)  # 27 × 1.31
    edit = reverse("sales:stock_document_edit", args=[draft.pk])
    assert 'value="2"' in text(superior.get(edit))
    superior.post(edit, post_rows([(water, 1, "", {"price": "1.40"})], then="post"))
    draft.refresh_from_db()
    water.refresh_from_db()
    assert (draft.status, on_hand(place, water), water.cost) == ("posted", 132, D("1.40"))
    assert superior.get(edit).status_code == 302  # posted: not any more
    superior.post(reverse("sales:stock_document_reverse", args=[draft.pk]))
    assert on_hand(place, water) == 120


def test_a_refused_document_keeps_what_was_typed_and_writes_nothing(superior, place, van, water):
    address = reverse("sales:stock_document_create") + "?kind=transfer"
    data = post_rows(
        [(water, 9, "")], source=place.pk, target=van.pk, happened_on=timezone.localdate(), then="post"
    )
    page = superior.post(address, data)
    assert "矿泉水" in text(page)
    assert 'value="9"' in text(page)
    assert StockDocument.objects.filter(kind="transfer").count() == 0
    page = superior.post(address, data | {"happened_on": "2999-01-01", "then": "draft"})
    assert page.status_code == 200
    page = superior.post(
        address, post_rows([], source=place.pk, target=van.pk, happened_on=timezone.localdate())
    )
    assert page.status_code == 200
    assert not StockDocument.objects.filter(kind="transfer").exists()


def test_a_load_proposes_what_is_presold(superior, van, make_order, water):
    make_order(80, status="approved")  # 60 are on the van already
    page = text(superior.get(reverse("sales:stock_document_create"), {"kind": "load", "van": van.pk}))
    assert "预售 1箱8瓶" in page
    assert (
        superior.get(reverse("sales:stock_document_create"), {"kind": "load", "van": "9" * 18}).status_code
        == 404
    )
    assert superior.get(reverse("sales:stock_document_create"), {"kind": "?"}).status_code == 302
    assert superior.get(reverse("sales:stock_document_start")).status_code == 200


def test_the_rep_counts_blind_and_says_why(owner, superior, outsider, people, place, van, water, beer):
    plan = load(people.superior, place, van, {water: 24, beer: 6}, post=False)
    address = reverse("sales:stock_document_count", args=[plan.pk])
    for page in (text(owner.get(address)), text(owner.get(plan.get_absolute_url()))):
        assert "矿泉水" in page
        assert not any(told in page for told in ("2箱", "24 瓶", "24瓶", 'value="24"', 'data-have="24'))
    assert outsider.get(address).status_code == 404
    answer = owner.post(address, post_rows([(water, 1, 11), (beer, "", 6)]), follow=True)
    page = text(answer)
    assert "计划 2箱" in page  # shown now, with a field for the reason
    plan.refresh_from_db()
    assert (plan.status, on_hand(van, water)) == ("draft", 60)
    owner.post(address, post_rows([(water, 1, 11, {"reason": "破了一瓶"}), (beer, "", 6)]))
    plan.refresh_from_db()
    assert (plan.status, plan.posted_by, on_hand(van, water)) == ("posted", people.owner, 83)
    assert "破了一瓶" in text(superior.get(plan.get_absolute_url()))


def test_what_is_not_counted_is_asked_for(owner, people, place, van, water, beer):
    plan = load(people.superior, place, van, {water: 24, beer: 6}, post=False)
    page = owner.post(
        reverse("sales:stock_document_count", args=[plan.pk]), post_rows([(water, 2, ""), (beer, "", "")])
    )
    assert "黑啤酒" in text(page)
    plan.refresh_from_db()
    assert plan.status == "draft"


def test_a_stock_count_from_beginning_to_end(superior, owner, people, place, water, beer):
    assert owner.get(reverse("sales:stock_count_begin")).status_code == 403
    answer = superior.post(reverse("sales:stock_count_begin"), {"location": place.pk})
    count = StockDocument.objects.get(kind="count")
    assert answer.url == count.get_absolute_url()
    sheet = text(superior.get(reverse("sales:stock_count_sheet", args=[count.pk])))
    assert "黑啤酒" in sheet
    assert ">120" not in sheet
    entry = reverse("sales:stock_document_count", args=[count.pk])
    superior.post(entry, post_rows([(water, 10, ""), (beer, "", 19)]))
    assert "账面 20瓶" in text(superior.get(entry))
    refused = superior.post(reverse("sales:stock_document_post", args=[count.pk]), follow=True)
    assert "黑啤酒" in text(refused)
    superior.post(entry, post_rows([(water, 10, ""), (beer, "", 19, {"reason": "破损"})]))
    superior.post(reverse("sales:stock_document_post", args=[count.pk]))
    assert on_hand(place, beer) == 19


def test_a_draft_is_cancelled_by_who_may(superior, owner, people, place, van, water):
    plan = load(people.superior, place, van, {water: 3}, post=False)
    address = reverse("sales:stock_document_cancel", args=[plan.pk])
    assert owner.post(address).status_code == 403
    assert owner.post(reverse("sales:stock_document_post", args=[plan.pk])).status_code == 403
    superior.post(address)
    plan.refresh_from_db()
    assert plan.status == "cancelled"


def test_counts_are_begun_of_categories(people, place, water):
    chips = ProductFactory(name="薯片")
    receive(people.superior, place, {chips: 3})
    count = stock_documents.begin_count(actor=people.superior, location=place)
    assert Decimal(3) in count.lines.values_list("quantity", flat=True)
