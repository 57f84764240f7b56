"""The pages of in-store work as owner, superior and outsider; bad input; what they offer; how many queries they take."""

import datetime as dt
import uuid
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from sales import services as sales
from sales.models import SalesOrder
from sales.rules import LineInput
from tests.factories import CustomerFactory, DictionaryFactory, ProductFactory, VisitFactory
from tests.visits.conftest import STORE, fix_at, photo, url
from visits import services
from visits.models import (
    CustomForm,
    DisplayReport,
    FormAnswer,
    FormQuestion,
    Phrase,
    SellOut,
    ShelfCount,
    ShelfCountLine,
    VisitStep,
    VisitType,
)
from visits.rules import CountInput, FacingInput, SoldInput

pytestmark = pytest.mark.django_db
JSON = {"Accept": "application/json"}


@pytest.fixture
def visit(people, shop):
    """people.owner is in the store."""
    return services.check_in(actor=people.owner, customer_id=shop.pk, fix=fix_at())


@pytest.fixture
def water(people, shop):
    """A product that the shop has ordered before."""
    water = ProductFactory(name="矿泉水", box_quantity=24, box_unit="箱")
    sales.create_order(actor=people.owner, customer=shop, lines=[LineInput(water.pk, Decimal(24))])
    return water


@pytest.fixture
def custom():
    custom = CustomForm.objects.create(name="门店检查")
    FormQuestion.objects.create(form=custom, label="门头完好", kind="yes_no", is_required=True)
    VisitStep.objects.create(
        visit_type=VisitType.objects.get(is_default=True), kind="form", form=custom, position=20
    )
    return custom


def pages(visit, custom):
    return [
        url("step_stock_count", visit.pk),
        url("step_sell_out", visit.pk),
        url("step_display", visit.pk),
        url("step_form", visit.pk, custom.pk),
        url("step_maturity", visit.pk),
    ]


# --- who
def test_steps_are_for_the_rep_in_the_store_only(people, login, visit, water, custom):
    for address in pages(visit, custom):
        assert login(people.owner).get(address).status_code == 200
        for user in (people.superior, people.colleague, people.outsider, people.admin):
            assert login(user).get(address).status_code == 404
        assert login(people.finance).get(address).status_code == 403


def test_the_page_lists_the_steps_of_the_type(people, login, visit, custom):
    steps = {step.kind: step for step in VisitStep.objects.filter(visit_type=visit.visit_type)}
    steps["display"].is_required = True
    steps["display"].save()
    page = login(people.owner).get(visit.get_absolute_url()).content.decode()
    for label in ("库存上报", "动销上报", "铺货上报", "竞品", "门店检查", "成熟度"):
        assert label in page
    assert "车销" not in page  # he has no van
    assert f"customer={visit.customer_id}&amp;visit={visit.pk}&amp;next=" in page
    assert "还需完成： 铺货上报" in page


# --- lines
def post_count(client, visit, product, quantity, **more):
    data = {"uuid": uuid.uuid4(), "product": product.pk, "quantity": quantity, "best_before": "", **more}
    return client.post(url("step_stock_count", visit.pk), data)


def test_products_of_the_shop_come_first_with_their_last_figures(people, login, shop, water):
    earlier = VisitFactory(customer=shop, check_in_at=timezone.now() - dt.timedelta(days=14))
    services.record_shelf_count(
        actor=people.owner,
        visit=earlier,
        client_uuid=uuid.uuid4(),
        lines=[CountInput(water.pk, Decimal(20))],
        occurred_at=earlier.check_in_at,
    )
    visit = services.check_in(actor=people.owner, customer_id=shop.pk, fix=fix_at())
    page = login(people.owner).get(url("step_stock_count", visit.pk)).content.decode()
    assert 'data-last="20.000"' in page
    assert "上次盘点" in page
    assert "上次订货" in page
    answer = post_count(login(people.owner), visit, water, "8")
    count = ShelfCount.objects.get(visit=visit)
    assert count.lines.get().suggested == 24  # sold 12 in 14 days, for 17 days 15, less 8: one box
    assert answer.url == url("shelf_count", visit.pk, count.pk)
    page = login(people.owner).get(answer.url).content.decode()
    assert "建议订货" in page
    for _tap in range(2):
        answer = login(people.owner).post(url("order_suggestion", visit.pk, count.pk))
    order = SalesOrder.objects.get(status="draft")
    assert answer.url == f"{reverse('sales:order_edit', args=[order.pk])}?next={visit.get_absolute_url()}"
    assert (order.source, order.visit_order.visit, order.lines.get().quantity) == ("visit", visit, 24)
    assert login(people.outsider).post(url("order_suggestion", visit.pk, count.pk)).status_code == 404


def test_blank_rows_are_left_out_and_bad_ones_named(people, login, visit, water):
    tea = ProductFactory(name="绿茶")
    client = login(people.owner)
    data = {
        "uuid": uuid.uuid4(),
        "product": [water.pk, tea.pk],
        "quantity": ["viel", ""],
        "best_before": ["", ""],
        "note": "缺货",
    }
    answer = client.post(url("step_stock_count", visit.pk), data, headers=JSON)
    assert answer.status_code == 422
    assert answer.json()["errors"][0].startswith("矿泉水: ")
    page = client.post(url("step_stock_count", visit.pk), data)  # without scripts what was typed stays
    assert page.status_code == 422
    assert 'value="viel"' in page.content.decode()
    assert 'value="缺货"' in page.content.decode()
    data["quantity"] = ["3", ""]
    assert client.post(url("step_stock_count", visit.pk), data, headers=JSON).json() == {
        "url": visit.get_absolute_url()
    }
    assert list(ShelfCountLine.objects.values_list("product__name", "quantity")) == [("矿泉水", Decimal(3))]


def test_nothing_filled_in_is_refused(people, login, visit, water):
    assert post_count(login(people.owner), visit, water, "").status_code == 422


def test_sell_out_and_display(people, login, visit, water):
    client = login(people.owner)
    client.post(
        url("step_sell_out", visit.pk),
        {"uuid": uuid.uuid4(), "product": water.pk, "quantity": "5", "price": "2.5"},
    )
    assert SellOut.objects.get().lines.get().price == Decimal("2.5")
    client.post(
        url("step_display", visit.pk),
        {
            "uuid": uuid.uuid4(),
            "product": water.pk,
            "facings": "4",
            "place": "冰柜",
            "photos": [photo(noise=1), photo(noise=2)],
        },
    )
    report = DisplayReport.objects.get()
    assert (report.place, report.lines.get().facings, report.photos.count()) == ("冰柜", 4, 2)
    bad = SimpleUploadedFile("x.jpg", b"no picture", "image/jpeg")
    answer = client.post(url("step_display", visit.pk), {"uuid": uuid.uuid4(), "photos": bad}, headers=JSON)
    assert answer.status_code == 422


# --- forms, maturity, phrases
def test_a_form_says_what_is_wrong_and_keeps_the_rest(people, login, visit, custom):
    question = custom.questions.get()
    FormQuestion.objects.create(form=custom, label="备注", kind="text", position=2)
    client, address = login(people.owner), url("step_form", visit.pk, custom.pk)
    note = custom.questions.get(label="备注")
    page = client.post(address, {"uuid": uuid.uuid4(), f"q{note.pk}": "灯箱坏了"})
    assert page.status_code == 422
    assert "灯箱坏了" in page.content.decode()
    client.post(address, {"uuid": uuid.uuid4(), f"q{question.pk}": "no"})
    assert FormAnswer.objects.get().answers[0]["value"] is False


def test_maturity_by_one_tap(people, login, visit):
    entry = DictionaryFactory(kind="maturity", name="成熟客户")
    client, address = login(people.owner), url("step_maturity", visit.pk)
    assert client.post(address, {"value": "x"}).status_code == 422
    assert client.post(address, {"value": entry.pk}).status_code == 302
    visit.refresh_from_db()
    assert visit.maturity == entry


def test_phrases_are_ones_own(people, login, visit):
    client = login(people.owner)
    client.post(url("phrase_list"), {"use": "summary", "text": "已约下周三"})
    mine = Phrase.objects.get(user=people.owner)
    assert "已约下周三" in client.get(visit.get_absolute_url()).content.decode()
    assert client.post(url("phrase_list"), {"use": "summary", "text": " "}).status_code == 200
    client.post(url("phrase_list", edit=mine.pk), {"use": "skip", "text": "客户休假"})
    mine.refresh_from_db()
    assert (mine.use, mine.text) == ("skip", "客户休假")
    other = login(people.colleague)
    assert other.get(url("phrase_list", edit=mine.pk)).status_code == 404
    assert other.post(url("phrase_delete", mine.pk)).status_code == 404
    client.post(url("phrase_delete", mine.pk))
    assert not Phrase.objects.filter(user=people.owner).exists()


# --- check-out waits for what is required
def test_check_out_waits_for_required_steps(people, login, visit, water):
    VisitStep.objects.filter(kind__in=("stock_count", "summary")).update(is_required=True)
    client = login(people.owner)
    answer = client.post(url("check_out", visit.pk), {"summary": "好"}, headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (422, "steps")
    assert answer.json()["errors"] == ["签退前还需完成：库存上报。"]
    post_count(client, visit, water, "3")
    assert client.post(url("check_out", visit.pk), headers=JSON).status_code == 422  # the summary
    assert client.post(url("check_out", visit.pk), {"summary": "好"}, headers=JSON).status_code == 200


def test_a_closed_shop_needs_no_steps(people, login, visit):
    VisitStep.objects.filter(kind="stock_count").update(is_required=True)
    answer = login(people.owner).post(url("check_out", visit.pk), {"outcome": "closed"}, headers=JSON)
    assert answer.status_code == 200


# --- the record and the lists
@pytest.fixture
def reported(people, visit, water, custom):
    """A visit with everything reported, checked out."""
    who = {"actor": people.owner, "visit": visit}
    services.record_shelf_count(**who, client_uuid=uuid.uuid4(), lines=[CountInput(water.pk, Decimal(7))])
    services.record_sell_out(
        **who, client_uuid=uuid.uuid4(), lines=[SoldInput(water.pk, Decimal(11), Decimal(3))]
    )
    services.record_display(
        **who,
        client_uuid=uuid.uuid4(),
        lines=[FacingInput(water.pk, 4)],
        place="冰柜",
        photos=[photo(noise=3)],
    )
    services.record_form_answer(
        **who, client_uuid=uuid.uuid4(), form_id=custom.pk, answers={custom.questions.get().pk: "yes"}
    )
    return services.check_out(actor=people.owner, visit=visit, fix=fix_at(5), summary="老板在")


def test_the_record_shows_everything_to_rep_and_manager(people, login, reported):
    for user in (people.owner, people.superior):
        page = login(user).get(reported.get_absolute_url()).content.decode()
        for words in ("库存上报", "动销上报", "铺货上报", "冰柜", "门头完好", "证据", "在门店签到"):
            assert words in page


LISTS = ["count_list", "sell_out_list", "display_list", "answer_list"]


@pytest.mark.parametrize("name", LISTS)
def test_lists_by_role(people, login, reported, name):
    for user, sees in ((people.owner, True), (people.superior, True), (people.outsider, False)):
        assert ("百佳超市" in login(user).get(url(name)).content.decode()) is sees
    assert login(people.finance).get(url(name)).status_code == 403
    answer = login(people.superior).get(url(name, export="xlsx"))
    assert answer["Content-Type"].startswith("application/vnd")
    assert b"".join(answer.streaming_content)
    assert login(people.owner).get(url(name, export="xlsx")).status_code == 403


@pytest.mark.parametrize("name", LISTS)
def test_filters_and_search_of_the_lists(people, login, reported, name):
    client = login(people.superior)
    for query, sees in ((("q", "百佳"), True), (("q", "没有"), False), (("until", "2020-01-01"), False)):
        assert ("百佳超市" in client.get(url(name, **dict([query]))).content.decode()) is sees


def test_low_stock_can_be_filtered(people, login, reported):
    client = login(people.superior)
    assert "百佳超市" not in client.get(url("count_list", low="yes")).content.decode()
    ShelfCountLine.objects.update(suggested=24)
    assert "百佳超市" in client.get(url("count_list", low="yes")).content.decode()
    assert "百佳超市" not in client.get(url("count_list", low="no")).content.decode()


@pytest.mark.parametrize("name", LISTS)
def test_lists_take_few_queries(
    people, login, reported, custom, water, name, django_assert_max_num_queries, django_assert_num_queries
):
    client = login(people.superior)
    client.get(url(name))
    with django_assert_max_num_queries(12) as first:
        client.get(url(name))
    for n in range(2):
        shop = CustomerFactory(owner=people.owner, name=f"新店{n}", latitude=STORE[0], longitude=STORE[1])
        visit = VisitFactory(customer=shop)
        who = {"actor": people.owner, "visit": visit}
        services.record_shelf_count(**who, client_uuid=uuid.uuid4(), lines=[CountInput(water.pk, Decimal(7))])
        services.record_sell_out(**who, client_uuid=uuid.uuid4(), lines=[SoldInput(water.pk, Decimal(1))])
        services.record_display(**who, client_uuid=uuid.uuid4(), lines=[FacingInput(water.pk, 4)])
        services.record_form_answer(
            **who, client_uuid=uuid.uuid4(), form_id=custom.pk, answers={custom.questions.get().pk: "yes"}
        )
    with django_assert_num_queries(len(first.captured_queries)):
        client.get(url(name))
