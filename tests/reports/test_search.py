"""The search over everything: what it finds, for whom, from how many queries, and that no input breaks it."""

import datetime as dt
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from common.menu import menu_links
from common.search import LIMIT, LONGEST, asked_text
from crm.models import Phone
from crm.services import index_fields
from reports.queries.search import NEW, new_links, search_everything
from sales.models import (
    Agreement,
    CostEntry,
    Delivery,
    Quote,
    Receipt,
    Refund,
    SalesReturn,
    StockLocation,
)
from sales.services.products import search_text
from team.models import Document, Folder
from tests.factories import (
    BillFactory,
    ContactFactory,
    CustomerFactory,
    LeadFactory,
    ProductFactory,
    SalesOrderFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

DAY = dt.date(2026, 3, 2)


def found(user, text):
    """{title of the group: labels of its hits}, asked for as this request's own user would be."""
    fresh = type(user).objects.get(pk=user.pk)
    return {group.title: [hit.label for hit in group.hits] for group in search_everything(fresh, text)}


@pytest.fixture
def shop(people):
    name, phones = "蜗牛烘焙", ["13955501234"]
    shop = CustomerFactory(owner=people.owner, code="C0077", name=name)
    Phone.objects.create(customer=shop, raw=phones[0], e164="+8613955501234")
    type(shop).objects.filter(pk=shop.pk).update(**index_fields(code="C0077", name=name, phones=phones))
    return shop


@pytest.fixture
def slips(shop):
    order = SalesOrderFactory(customer=shop, number="SO260302-0001", ordered_on=DAY)
    terms = {"customer": shop, "rep": shop.owner, "created_by": shop.owner}
    delivery = Delivery.objects.create(
        number="CK260302-0001", order=order, issued_on=DAY, due_on=DAY, amount=Decimal(9), **terms
    )
    Quote.objects.create(number="QT260302-0001", quoted_on=DAY, valid_until=DAY, **terms)
    money = {"amount": Decimal(9), **terms}
    receipt = Receipt.objects.create(number="SK260302-0001", received_on=DAY, method="cash", **money)
    Refund.objects.create(number="TK260302-0001", receipt=receipt, refunded_on=DAY, **money)
    CostEntry.objects.create(number="FY260302-0001", kind="freight", spent_on=DAY, **money)
    store = StockLocation.objects.filter(kind="warehouse").first()
    SalesReturn.objects.create(number="TH260302-0001", location=store, returned_on=DAY, **money)
    Agreement.objects.create(number="HT260302-0001", title="年度协议", starts_on=DAY, ends_on=DAY, **terms)
    BillFactory(customer=shop, delivery=delivery, order=order, kind="delivery")
    return order


@pytest.mark.parametrize("text", ["蜗牛", "wnhb", "WNHB", "c0077", "1234", "  烘焙　蜗牛 "])
def test_a_customer_is_found_by_name_initials_code_and_phone(people, shop, text):
    assert found(people.owner, text)["客户"] == ["蜗牛烘焙"]


def test_who_does_not_see_the_customer_finds_nothing_of_it(people, shop, slips, login):
    person = ContactFactory(customer=shop, name="钱掌柜")
    Phone.objects.create(customer=shop, contact=person, raw="0551-6677", e164="")
    with_people = index_fields(
        code="C0077", name="蜗牛烘焙", phones=["13955501234", "0551-6677"], contacts=["钱掌柜"]
    )
    type(shop).objects.filter(pk=shop.pk).update(**with_people)
    assert found(people.owner, "6677")["联系人"] == ["钱掌柜"]
    assert found(people.owner, "蜗牛 钱掌柜")["联系人"] == ["钱掌柜"]
    assert "联系人" not in found(people.owner, "蜗牛")
    LeadFactory(owner=people.owner, name="蜗牛二店", **index_fields(code="", name="蜗牛二店"))
    for text in ("蜗牛", "wnhb", "C0077", "13955501234", "260302", "钱掌柜"):
        assert found(people.owner, text), text
        assert found(people.superior, text), text
        assert not found(people.outsider, text), text
        page = login(people.outsider).get("/search/", {"q": text}).content.decode()
        assert "蜗牛烘焙" not in page
        assert "260302-0001" not in page
    assert "蜗牛烘焙" in login(people.superior).get("/search/", {"q": "wnhb"}).content.decode()


def test_a_group_needs_the_permission_of_its_list(people, shop, slips):
    def titles():
        return set(found(people.superior, "蜗牛")) | set(found(people.superior, "260302"))

    lists = {
        "客户": "view_customer",
        "销售订单": "view_salesorder",
        "报价单": "view_quote",
        "销售出库": "view_delivery",
        "收款": "view_receipt",
        "账单": "view_bill",
        "退货": "view_salesreturn",
        "退款": "view_refund",
        "费用": "view_costentry",
        "协议": "view_agreement",
    }
    assert titles() >= lists.keys()
    slips_but_orders = [name for name in lists.values() if name not in ("view_customer", "view_salesorder")]
    granted = people.superior.role.permissions
    granted.remove(*granted.filter(codename__in=slips_but_orders, content_type__app_label="sales"))
    assert titles() & lists.keys() == {"客户", "销售订单"}
    granted.remove(*granted.filter(codename__in=lists.values(), content_type__app_label__in=["crm", "sales"]))
    assert not titles() & lists.keys()


def test_slips_are_found_by_number_and_by_customer(people, shop, slips):
    by_number = found(people.superior, "260302-0001")
    numbers = {label for labels in by_number.values() for label in labels}
    assert numbers >= {f"{kind}260302-0001" for kind in ("SO", "QT", "SK", "CK", "TK", "FY", "TH", "HT")}
    assert {label for labels in found(people.superior, "wnhb").values() for label in labels} >= numbers
    assert "SO260302-0001" in found(people.superior, "so2603")["销售订单"]


def test_products_documents_people_and_pages(people, shop):
    product = ProductFactory(name="农夫山泉", code="NF550", barcode="6921168509256")
    product.search_text = search_text(product)
    product.save()
    folder = Folder.objects.create(name="价格")
    Document.objects.create(
        folder=folder,
        author=people.owner,
        title="三月价格表",
        title_text="三月价格表\nsyjgb",
        status="published",
        published_at=timezone.now(),
        updated_by=people.owner,
    )
    for text in ("农夫", "nfsq", "NF550", "6921168509256"):
        assert "农夫山泉" in found(people.owner, text)["商品"]
    assert found(people.owner, "syjgb")["资料"] == ["三月价格表"]
    assert people.owner.name in found(people.superior, people.owner.name)["人员"]
    assert "人员" not in found(people.outsider, people.owner.name)
    assert found(people.owner, "khdt")["页面"][0] == "客户地图"
    assert "督导" not in found(people.owner, "督导").get("页面", [])


def test_pages_are_those_of_the_menu(people):
    urls = [link.url for link in menu_links(people.owner)]
    assert reverse("crm:customer_list") in urls
    assert reverse("team:supervision") not in urls
    assert all(link.label for link in menu_links(people.superior))


def test_a_group_shows_five_and_leads_to_all(people, login):
    for number in range(LIMIT + 2):
        CustomerFactory(owner=people.owner, name=f"满满便利{number}")
    assert len(found(people.owner, "满满")["客户"]) == LIMIT
    page = login(people.owner).get("/search/", {"q": "满满"}).content.decode()
    assert "/customers/?q=%E6%BB%A1%E6%BB%A1" in page


def test_an_empty_search_offers_what_one_may_make(people, login):
    page = login(people.owner).get("/search/")
    assert reverse("crm:customer_create") in page.content.decode()
    assert reverse("comms:announcement_new") not in page.content.decode()
    client = login(people.superior)
    for link in new_links(people.superior):
        assert client.get(reverse(link.page)).status_code == 200, link.page
    nobody = UserFactory(role=None)
    assert [str(link.page) for link in new_links(nobody)] == ["comms:thread_new"]
    assert found(nobody, "蜗牛") == {}
    assert len({link.page for link in NEW}) == len(NEW)


@pytest.mark.parametrize(
    "typed",
    [
        "\x00",
        "a\x00b",
        "%",
        "_",
        "'",
        '"><script>alert(1)</script>',
        "便" * 5000,
        "a " * 300,
        "\ud800",
        "９９９",
        "²",
        "😀",
        "-1",
    ],
)
def test_odd_input_is_harmless(people, shop, login, typed):
    answer = login(people.owner).get("/search/", {"q": typed.encode("utf-8", "replace").decode()})
    assert answer.status_code == 200
    assert "<script>alert" not in answer.content.decode()
    assert len(asked_text(typed)) <= LONGEST
    assert search_everything(people.owner, typed) is not None


def test_only_reading(people, login):
    assert login(people.owner).post("/search/").status_code == 405


def test_the_dialog_gets_options_and_the_page_links(people, shop, login):
    client = login(people.owner)
    dialog = client.get(
        "/search/", {"q": "wnhb"}, headers={"HX-Request": "true", "HX-Target": "search-results"}
    )
    assert 'role="option"' in dialog.content.decode()
    assert "<html" not in dialog.content.decode()
    page = client.get("/search/", {"q": "wnhb"}).content.decode()
    assert "<html" in page
    assert 'role="option"' not in page


def test_it_takes_as_many_queries_for_three_rows_as_for_one(people, login, django_assert_num_queries):
    def another(number):
        shop = CustomerFactory(owner=people.owner, name=f"满满便利{number}", code=f"M77{number}")
        SalesOrderFactory(customer=shop, number=f"SO-77{number}")
        ContactFactory(customer=shop, name=f"满老板77{number}")
        LeadFactory(owner=people.owner, name=f"满满77{number}")

    client = login(people.superior)
    another(1)
    client.get("/search/", {"q": "77"})
    with django_assert_num_queries(12):
        client.get("/search/", {"q": "77"})
    another(2)
    another(3)
    with django_assert_num_queries(12):
        client.get("/search/", {"q": "77"})
    with django_assert_num_queries(3):
        client.get("/search/")
