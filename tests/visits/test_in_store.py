"""In-store work (D6): every action once for each uuid, on one's own visit only, with codes that say what is wrong."""

import datetime as dt
from decimal import Decimal
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError

from crm.models import Dictionary
from sales import services as sales
from sales.enums import GoodsCondition, PaymentMethod
from sales.models import SalesReturn
from sales.rules import LineInput
from tests.factories import CustomerFactory, DictionaryFactory, ProductFactory, VisitFactory
from tests.visits.conftest import DAY, NOW, photo
from visits import services
from visits.models import (
    CustomForm,
    FormAnswer,
    FormQuestion,
    SellOut,
    ShelfCount,
    VisitOrder,
    VisitPhoto,
    VisitSlip,
)
from visits.rules import CountInput, FacingInput, SoldInput

pytestmark = pytest.mark.django_db


@pytest.fixture
def visit(people, shop):
    return VisitFactory(customer=shop, check_in_at=NOW, check_out_at=None)


@pytest.fixture
def water():
    return ProductFactory(name="矿泉水", box_quantity=24)


def count(visit, product, quantity=8, *, uuid=None, at=NOW, now=None, actor=None, **kwargs):
    return services.record_shelf_count(
        actor=actor or visit.rep,
        visit=visit,
        client_uuid=uuid or uuid4(),
        lines=[CountInput(product.pk, Decimal(quantity), **kwargs)],
        occurred_at=at,
        now=now or at,
    )


def code_of(error) -> str:
    return error.value.code


# --- counts
def test_a_count_is_kept_once_for_each_uuid(visit, water):
    uuid = uuid4()
    first = count(visit, water, 8, uuid=uuid, best_before=dt.date(2026, 9, 1))
    again = count(visit, water, 99, uuid=uuid)
    assert (first.pk, ShelfCount.objects.count()) == (again.pk, 1)
    line = first.lines.get()
    assert (line.quantity, line.best_before, line.suggested) == (Decimal(8), dt.date(2026, 9, 1), None)
    assert (first.customer, first.rep, first.day) == (visit.customer, visit.rep, DAY)


def test_a_count_suggests_an_order_from_the_count_before(people, shop, water):
    """The worked example of visits.rules.suggestions, with a real delivery in between."""
    earlier = VisitFactory(customer=shop, check_in_at=NOW)
    count(earlier, water, 20)
    order = sales.create_order(
        actor=people.owner, customer=shop, lines=[LineInput(water.pk, Decimal(24))], ordered_on=DAY
    )
    delivery = sales.approve_and_deliver(actor=people.superior, order=order)
    type(delivery).objects.filter(pk=delivery.pk).update(issued_on=DAY + dt.timedelta(days=1))
    later = NOW + dt.timedelta(days=14)
    visit = VisitFactory(customer=shop, check_in_at=later, check_out_at=None)
    assert count(visit, water, 8, at=later).lines.get().suggested == Decimal(48)


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ([], "empty"),
        ([("a", 1), ("a", 2)], "double"),
        ([("a", -1)], "quantity"),
        ([("a", "NaN")], "quantity"),
        ([("a", "1e9")], "quantity"),
        ([(0, 1)], "product"),
    ],
)
def test_bad_counts_are_refused_with_a_code(visit, water, lines, code):
    rows = [CountInput(water.pk if p == "a" else p, Decimal(q)) for p, q in lines]
    with pytest.raises(ValidationError) as error:
        services.record_shelf_count(
            actor=visit.rep, visit=visit, client_uuid=uuid4(), lines=rows, occurred_at=NOW, now=NOW
        )
    assert code_of(error) == code
    assert not ShelfCount.objects.exists()


def test_only_ones_own_visit_takes_a_report(people, visit, water):
    for actor in (people.superior, people.colleague, people.outsider):
        with pytest.raises(ValidationError) as error:
            count(visit, water, actor=actor)
        assert code_of(error) == "visit"


def test_a_closed_visit_takes_what_happened_on_its_day(shop, water):
    visit = VisitFactory(customer=shop, check_in_at=NOW)
    later = NOW + dt.timedelta(days=3)
    assert count(visit, water, at=NOW + dt.timedelta(minutes=5), now=later).day == DAY
    with pytest.raises(ValidationError) as error:
        count(visit, water, at=later, now=later)
    assert code_of(error) == "visit"


def test_a_uuid_belongs_to_one_visit(people, shop, visit, water):
    uuid = uuid4()
    count(visit, water, uuid=uuid)
    other = VisitFactory(customer=CustomerFactory(owner=people.owner), check_in_at=NOW)
    with pytest.raises(ValidationError) as error:
        count(other, water, uuid=uuid)
    assert code_of(error) == "uuid"


def test_absurd_times_are_refused(visit, water):
    with pytest.raises(ValidationError) as error:
        count(visit, water, at=NOW + dt.timedelta(days=2), now=NOW)
    assert code_of(error) == "time"


# --- sell-out and display
def test_sell_out_keeps_quantity_and_shelf_price(visit, water):
    report = services.record_sell_out(
        actor=visit.rep,
        visit=visit,
        client_uuid=uuid4(),
        lines=[SoldInput(water.pk, Decimal("12.5"), Decimal("3.005"))],
        occurred_at=NOW,
        now=NOW,
        note=" 周末促销 ",
    )
    assert report.note == "周末促销"
    assert list(report.lines.values_list("quantity", "price")) == [(Decimal("12.5"), Decimal("3.01"))]
    with pytest.raises(ValidationError) as error:
        services.record_sell_out(
            actor=visit.rep,
            visit=visit,
            client_uuid=uuid4(),
            lines=[SoldInput(water.pk, Decimal(1), Decimal(-1))],
            occurred_at=NOW,
            now=NOW,
        )
    assert code_of(error) == "price"
    assert SellOut.objects.count() == 1


def test_display_keeps_facings_and_photos(visit, water):
    uuid = uuid4()

    def display():
        return services.record_display(
            actor=visit.rep,
            visit=visit,
            client_uuid=uuid,
            lines=[FacingInput(water.pk, 6)],
            photos=[photo(noise=1)],
            place="收银台",
            occurred_at=NOW,
            now=NOW,
        )

    report = display()
    assert display() == report
    assert report.lines.get().facings == 6
    assert [(p.kind, p.visit) for p in report.photos.all()] == [("display", visit)]


@pytest.mark.parametrize(
    ("kwargs", "code"),
    [({}, "empty"), ({"facings": 1000}, "facings"), ({"facings": 1, "place": "x" * 61}, "place")],
)
def test_bad_displays_are_refused(visit, water, kwargs, code):
    facings = kwargs.pop("facings", None)
    with pytest.raises(ValidationError) as error:
        services.record_display(
            actor=visit.rep,
            visit=visit,
            client_uuid=uuid4(),
            lines=[] if facings is None else [FacingInput(water.pk, facings)],
            occurred_at=NOW,
            now=NOW,
            **kwargs,
        )
    assert code_of(error) == code


def test_a_photo_that_comes_later_finds_its_display(visit):
    uuid, shot = uuid4(), uuid4()
    report = services.record_display(
        actor=visit.rep, visit=visit, client_uuid=uuid, photos_follow=True, occurred_at=NOW, now=NOW
    )
    for _time in range(2):
        row = services.record_photo(
            actor=visit.rep,
            visit=visit,
            client_uuid=shot,
            photo=photo(noise=1),
            kind="display",
            display=uuid,
            occurred_at=NOW,
            now=NOW + dt.timedelta(days=1),
        )
    assert (row.display, row.taken_at, VisitPhoto.objects.count()) == (report, NOW, 1)


# --- forms
@pytest.fixture
def form():
    form = CustomForm.objects.create(name="门店检查")
    for position, (label, kind, required, choices) in enumerate(
        [
            ("门头是否完好", "yes_no", True, ""),
            ("冰柜台数", "number", False, ""),
            ("客情", "choice", False, "好\n一般\n\n差"),
            ("在售品类", "choices", False, "水\n茶\n果汁"),
            ("下次促销", "date", False, ""),
            ("备注", "text", False, ""),
        ]
    ):
        FormQuestion.objects.create(
            form=form, label=label, kind=kind, is_required=required, choices=choices, position=position
        )
    return form


def answer(visit, form, values, uuid=None):
    questions = dict(form.questions.values_list("label", "pk"))
    return services.record_form_answer(
        actor=visit.rep,
        visit=visit,
        client_uuid=uuid or uuid4(),
        form_id=form.pk,
        answers={questions.get(label, label): value for label, value in values.items()},
        occurred_at=NOW,
        now=NOW,
    )


def test_answers_keep_their_questions(visit, form):
    report = answer(
        visit,
        form,
        {
            "门头是否完好": "yes",
            "冰柜台数": " 1,200 ",
            "客情": "一般",
            "在售品类": ["水", "茶"],
            "下次促销": "2026-04-01",
        },
    )
    form.questions.all().delete()
    report.refresh_from_db()
    assert [(a["label"], a["value"]) for a in report.answers] == [
        ("门头是否完好", True),
        ("冰柜台数", "1200"),
        ("客情", "一般"),
        ("在售品类", ["水", "茶"]),
        ("下次促销", "2026-04-01"),
        ("备注", None),
    ]


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"门头是否完好": "maybe"},
        {"门头是否完好": "yes", "冰柜台数": "many"},
        {"门头是否完好": "yes", "客情": "很好"},
        {"门头是否完好": "yes", "在售品类": ["水", "酒"]},
        {"门头是否完好": "yes", "下次促销": "2026-02-30"},
        {"门头是否完好": "yes", "备注": "x" * 501},
        {"门头是否完好": "yes", 99999: "x"},
    ],
)
def test_wrong_answers_are_refused_by_question(visit, form, values):
    with pytest.raises(ValidationError) as error:
        answer(visit, form, values)
    assert all(key.startswith("q") for key in error.value.message_dict)
    assert not FormAnswer.objects.exists()


def test_a_form_is_answered_once_for_each_uuid(visit, form):
    uuid = uuid4()
    assert answer(visit, form, {"门头是否完好": "no"}, uuid) == answer(visit, form, {}, uuid)


# --- maturity and summary
def test_maturity_goes_to_the_visit_and_the_customer(visit):
    first, second = (DictionaryFactory(kind="maturity", name=name) for name in ("初步", "成熟"))
    services.record_maturity(actor=visit.rep, visit=visit, value=second.pk, occurred_at=NOW, now=NOW)
    visit.customer.refresh_from_db()
    assert visit.customer.maturity == second
    # What an earlier visit of a phone that was offline says comes too late for the customer.
    earlier = VisitFactory(customer=visit.customer, check_in_at=NOW - dt.timedelta(days=1))
    services.record_maturity(
        actor=visit.rep, visit=earlier, value=first.pk, occurred_at=earlier.check_in_at, now=NOW
    )
    visit.customer.refresh_from_db()
    earlier.refresh_from_db()
    assert (visit.customer.maturity, earlier.maturity) == (second, first)
    channel = Dictionary.objects.filter(kind="channel").first() or DictionaryFactory()
    with pytest.raises(ValidationError) as error:
        services.record_maturity(actor=visit.rep, visit=visit, value=channel.pk, occurred_at=NOW, now=NOW)
    assert code_of(error) == "maturity"


def test_the_summary_is_written_during_the_visit_and_kept_at_check_out(visit):
    services.record_summary(actor=visit.rep, visit=visit, text=" 老板不在 ", occurred_at=NOW, now=NOW)
    out = services.check_out(actor=visit.rep, visit=visit, occurred_at=NOW, now=NOW)
    assert out.summary == "老板不在"
    with pytest.raises(ValidationError) as error:
        services.record_summary(actor=visit.rep, visit=visit, text="x" * 2001, occurred_at=NOW, now=NOW)
    assert code_of(error) == "summary"


# --- slips
def test_slips_of_the_open_visit_are_tied_to_it(people, visit, water):
    receipt = sales.record_receipt(
        actor=people.owner, customer=visit.customer, amount=Decimal(50), method=PaymentMethod.CASH
    )
    assert VisitSlip.objects.get(receipt=receipt).visit == visit


def test_a_return_is_tied_to_the_open_visit(people, visit, water):
    from sales.models import StockLocation
    from sales.services.returns import ReturnInput, take_back

    van = StockLocation.objects.create(name="李业务的车", kind="van", rep=people.owner)
    slip = take_back(
        actor=people.owner,
        customer=visit.customer,
        lines=[ReturnInput(water.pk, Decimal(1), "expired", GoodsCondition.SELLABLE, price=Decimal(1))],
        location=van,
    )
    assert isinstance(slip, SalesReturn)
    assert VisitSlip.objects.get(sales_return=slip).visit == visit


def test_slips_of_elsewhere_stay_free_and_a_named_visit_takes_them(people, visit, water):
    elsewhere = CustomerFactory(owner=people.owner)
    receipt = sales.record_receipt(
        actor=people.owner, customer=elsewhere, amount=Decimal(50), method=PaymentMethod.CASH
    )
    assert not VisitSlip.objects.exists()
    past = VisitFactory(customer=elsewhere, check_in_at=NOW)
    assert services.link_slip(slip=receipt, actor=people.owner, visit=past).visit == past
    assert services.link_slip(slip=receipt, actor=people.owner, visit=visit) is None  # another customer's
    order = sales.create_order(
        actor=people.owner, customer=elsewhere, lines=[LineInput(water.pk, Decimal(1))]
    )
    services.link_order(order=order, actor=people.owner, visit=past)
    assert VisitOrder.objects.get(order=order).visit == past
