"""Actuals against a loop over all rows, for every measure, by rep, department and company."""

import datetime as dt
from decimal import Decimal
from random import Random

import pytest
from django.utils import timezone

from common.money import round_money
from common.periods import Period
from crm.models import Customer
from sales.models import (
    Delivery,
    OrderLine,
    ProductCategory,
    Receipt,
    Refund,
    SalesOrder,
    SalesReturn,
    StockLocation,
)
from sales.queries.actuals import actuals
from sales.queries.target_completion import completion, own_places, period_targets
from sales.queries.targets import Measure
from tests.conftest import make_people
from tests.factories import CustomerFactory, ProductFactory, SalesOrderFactory, VisitFactory
from visits.models import Visit

pytestmark = pytest.mark.django_db
D = Decimal
FIRST, LAST = dt.date(2026, 9, 5), dt.date(2026, 11, 20)
PERIOD = Period("custom", FIRST, LAST)


def cents(rng: Random) -> Decimal:
    return D(rng.randrange(1, 500_000)) / 100


@pytest.fixture(scope="module")
def slips(module_db):
    """Some hundred slips of all kinds and states, inside and around the period, by reps, a manager and nobody."""
    people = make_people()
    rng = Random(7)
    reps = [people.owner, people.colleague, people.outsider, people.superior, None]
    days = [FIRST + dt.timedelta(days=n) for n in range(-20, 100)]
    water = ProductCategory.objects.create(name="水")
    soda = ProductCategory.objects.create(name="苏打水", parent=water)
    snacks = ProductCategory.objects.create(name="零食")
    products = [ProductFactory(category=category) for category in (water, soda, snacks, None)]
    shops = [
        CustomerFactory(owner=rep, created_on=rng.choice(days), received_on=days[0])
        for rep in reps
        for _ in range(4)
    ]
    place = StockLocation.objects.filter(kind="warehouse").first() or StockLocation.objects.create(
        kind="warehouse", name="一号仓"
    )
    for n in range(60):
        shop, rep = rng.choice(shops), rng.choice(reps)
        make = {"customer": shop, "rep": rep, "status": rng.choice(["posted", "posted", "reversed"])}
        order = SalesOrderFactory(
            customer=shop,
            rep=rep,
            status=rng.choice(["draft", "submitted", "approved", "delivered", "closed", "cancelled"]),
            ordered_on=rng.choice(days),
            discount=rng.choice([D(0), D("0.05"), D("0.3333")]),
            total=cents(rng),
        )
        for product in rng.sample(products, 2):
            OrderLine.objects.create(order=order, product=product, quantity=1, price=1, amount=cents(rng))
        day = rng.choice(days)
        Delivery.objects.create(
            number=f"D{n}", issued_on=day, due_on=day, amount=cents(rng), is_history=n % 5 == 0, **make
        )
        SalesReturn.objects.create(
            number=f"T{n}",
            returned_on=rng.choice(days),
            amount=D(rng.randrange(1, 9999)) / 100,
            location=place,
            **make,
        )
        receipt = Receipt.objects.create(
            number=f"R{n}", received_on=rng.choice(days), amount=cents(rng), **make
        )
        Refund.objects.create(
            number=f"F{n}", refunded_on=rng.choice(days), amount=D("0.01") * n + 1, receipt=receipt, **make
        )
        if rep is not None:
            at = timezone.make_aware(dt.datetime.combine(rng.choice(days), dt.time(9)))
            over = at + dt.timedelta(minutes=9) if n % 4 else None
            VisitFactory(customer=CustomerFactory(owner=None, created_on=days[0]), rep=rep, check_in_at=at,
                         check_out_at=over, status="closed")  # fmt: skip
    return people, water


@pytest.fixture
def people(slips, db):
    return slips[0]


@pytest.fixture
def company(slips, db):
    return {"water": slips[1]}


def facts(measure, category):
    """(rep, day, value) of each row that counts."""
    if measure == "new_customers":
        return [(row.owner_id, row.created_on, 1) for row in Customer.objects.all()]
    if measure == "visits":
        return [(row.rep_id, row.day, 1) for row in Visit.objects.all() if row.is_valid]
    if measure in NET:
        return [
            (row.rep_id, getattr(row, day), sign * row.amount)
            for model, day, sign in NET[measure]
            for row in model.objects.all()
            if row.status == "posted"
        ]
    orders = [row for row in SalesOrder.objects.all() if row.status not in ("draft", "cancelled")]
    if measure == "order_amount":
        return [(row.rep_id, row.ordered_on, row.total) for row in orders]
    return [
        (row.rep_id, row.ordered_on, line.amount * (1 - row.discount))
        for row in orders
        for line in row.lines.select_related("product__category__parent")
        if (group := line.product.category) is not None and category in (group, group.parent)
    ]


NET = {
    "sales_amount": ((Delivery, "issued_on", 1), (SalesReturn, "returned_on", -1)),
    "receipts": ((Receipt, "received_on", 1), (Refund, "refunded_on", -1)),
}


def by_hand(measure, category=None):
    """{(rep, first of month): value}, one row at a time."""
    sums: dict = {}
    for rep_id, day, value in facts(measure, category):
        if FIRST <= day <= LAST:
            key = (rep_id, day.replace(day=1))
            sums[key] = sums.get(key, D(0)) + value
    return {key: round_money(value) for key, value in sums.items()}


MEASURES = ["new_customers", "order_amount", "sales_amount", "receipts", "visits", "category_amount"]


@pytest.mark.parametrize("measure", MEASURES)
def test_actuals_are_what_a_loop_over_the_rows_finds(company, measure, django_assert_num_queries):
    category = company["water"] if measure == "category_amount" else None
    expected = by_hand(measure, category)
    assert len(expected) > 4
    with django_assert_num_queries(2 if category else 1):
        found = actuals(measure, FIRST, LAST, category_id=category.pk if category else None)
    assert {(a.rep_id, a.month): a.value for a in found} == expected


@pytest.mark.parametrize("measure", MEASURES)
def test_departments_and_company_add_up(company, people, measure):
    category = company["water"] if measure == "category_amount" else None
    about = Measure(measure, category.pk if category else None)
    expected = by_hand(measure, category)
    of = {rep: sum(v for (r, _m), v in expected.items() if r == rep) for rep in {r for r, _m in expected}}
    board = completion(people.admin, about, PERIOD, LAST)
    actual = {row.subject.key: row.result.actual for row in board.rows}
    assert actual["company"] == sum(of.values())
    in_sales = [people.owner.pk, people.colleague.pk, people.superior.pk]
    assert actual[f"d{people.sales.pk}"] == sum(of.get(pk, 0) for pk in in_sales)
    assert actual[f"r{people.owner.pk}"] == of.get(people.owner.pk, 0)
    assert f"r{people.superior.pk}" in actual or not of.get(people.superior.pk)
    own = completion(people.superior, about, PERIOD, LAST)
    assert {row.subject.key for row in own.top} == {f"d{people.sales.pk}"}
    assert f"r{people.outsider.pk}" not in {row.subject.key for row in own.rows}
    [place] = own_places(people.owner, [about], PERIOD, LAST)
    assert place.result.actual == of.get(people.owner.pk, 0)


def test_reps_can_be_chosen(company, people):
    found = actuals("receipts", FIRST, LAST, reps={people.owner.pk})
    assert {a.rep_id for a in found} == {people.owner.pk}


def test_minus_is_told_apart(company):
    found = actuals("sales_amount", FIRST, LAST)
    returned = sum(
        row.amount for row in SalesReturn.objects.filter(status="posted", returned_on__range=(FIRST, LAST))
    )
    assert sum(a.minus for a in found) == returned > 0


def test_a_category_needs_to_be_named():
    with pytest.raises(ValueError, match="category"):
        actuals("category_amount", FIRST, LAST)


def test_targets_of_a_period_take_parts_of_months(people):
    from sales.models import Target

    for month, value in ((10, 210), (11, 2100), (12, 9999)):
        Target.objects.create(year=2026, month=month, measure="order_amount", rep=people.owner, value=value)
    about = Measure("order_amount")
    period = Period("custom", dt.date(2026, 10, 1), dt.date(2026, 11, 15))
    targets = period_targets([about], period)[about]
    assert targets == {f"r{people.owner.pk}": D(210) + D(1000)}  # 10 of November's 21 working days
