"""Goods by hand-made rows, also against brute force: what the demo has too few of, gifts, list prices, returns, costs."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal
from types import SimpleNamespace

import pytest

import reports.queries.catalogue  # noqa: F401
from common import business_calendar
from common.periods import Period
from reports.queries.asked import Asked
from reports.queries.measures import MEASURES
from reports.queries.report import REPORTS
from sales.models import (
    CostEntry,
    Delivery,
    DeliveryLine,
    OrderLine,
    Product,
    ProductCategory,
    SalesReturn,
    SalesReturnLine,
    StockBalance,
    StockLocation,
)
from tests.factories import CustomerFactory, ProductFactory, SalesOrderFactory, VisitFactory
from tests.reports.demo.test_measures import equals_brute_force
from tests.reports.test_money_reports import asked_of, cells, report
from visits.models import DisplayLine, DisplayReport, ShelfCount, ShelfCountLine

pytestmark = pytest.mark.django_db
D = Decimal


def order(customer, *lines, day=None, discount="0", **more):
    """Lines are (product, quantity, price, list price, discount, is gift), the last three may be left out."""
    day = day or business_calendar.today()
    made = SalesOrderFactory(customer=customer, ordered_on=day, discount=D(discount), **more)
    for line in lines:
        product, quantity, price = line[:3]
        listed, off, is_gift = (*line[3:], *(None, "0", False)[len(line) - 3 :])
        OrderLine.objects.create(
            order=made,
            product=product,
            quantity=D(quantity),
            price=D(price),
            list_price=listed and D(listed),
            discount=D(off),
            is_gift=is_gift,
            amount=D(quantity) * D(price) * (1 - D(off)),
        )
    return made


def deliver(customer, *lines, day=None, status="posted", location=None):
    """Lines are (product, quantity, amount, cost per unit or None, is gift)."""
    slip = Delivery.objects.create(
        number=f"DN{Delivery.objects.count()}",
        customer=customer,
        rep=customer.owner,
        status=status,
        location=location,
        issued_on=day or business_calendar.today(),
        due_on=business_calendar.today(),
        amount=sum(D(line[2]) for line in lines),
    )
    return [
        DeliveryLine.objects.create(
            delivery=slip,
            product=product,
            quantity=D(quantity),
            amount=D(amount),
            unit_cost=cost and D(cost),
            is_gift=is_gift,
        )
        for product, quantity, amount, cost, is_gift in lines
    ]


def take_back(customer, *lines, status="posted", location=None):
    """Lines are (product, quantity, amount, reason, condition, delivery line or None)."""
    slip = SalesReturn.objects.create(
        number=f"RT{SalesReturn.objects.count()}",
        customer=customer,
        rep=customer.owner,
        status=status,
        location=location,
        returned_on=business_calendar.today(),
        amount=sum(D(line[2]) for line in lines),
    )
    for product, quantity, amount, reason, condition, line in lines:
        SalesReturnLine.objects.create(
            sales_return=slip,
            product=product,
            quantity=D(quantity),
            price=D(amount) / D(quantity),
            amount=D(amount),
            reason=reason,
            condition=condition,
            delivery_line=line,
        )


@pytest.fixture
def shop(people):
    """Two products of two categories, a customer of the owner and one of the outsider, a warehouse and a van."""
    drinks, food = (ProductCategory.objects.create(name=name) for name in ("饮料", "粮油"))
    return SimpleNamespace(
        **vars(people),
        drinks=drinks,
        food=food,
        water=ProductFactory(name="矿泉水", category=drinks, price=D(2), cost=D("1.00"), brand="清泉"),
        rice=ProductFactory(name="大米", category=food, price=D(50), cost=None),
        near=CustomerFactory(name="近店", owner=people.owner, level="A"),
        far=CustomerFactory(name="远店", owner=people.outsider),
        warehouse=StockLocation.objects.create(
            code="W9", name="总仓", kind="warehouse", may_be_negative=True
        ),
        van=StockLocation.objects.create(code="V9", name="车", kind="van", rep=people.owner),
    )


@pytest.fixture
def trade(shop):
    """Something of everything that counts, and of everything that does not."""
    today = business_calendar.today()
    order(
        shop.near,
        (shop.water, 10, "2.00", "2.00"),
        (shop.water, 10, "1.80", "2.00"),
        (shop.rice, 2, "50.00", "50.00", "0.1"),
        (shop.rice, 1, "50.00"),
        (shop.water, 5, "0", "2.00", "0", True),
    )
    order(shop.near, (shop.water, 4, "2.00", "2.00"), discount="0.25")
    order(shop.far, (shop.rice, 3, "60.00", "50.00"))
    order(shop.far, (shop.rice, 100, "1.00", "50.00"), status="cancelled")
    order(shop.far, (shop.rice, 100, "1.00", "50.00"), status="draft")
    first = deliver(
        shop.near,
        (shop.water, 20, 40, "0.90", False),
        (shop.water, 5, 0, "0.90", True),
        (shop.rice, 2, 100, None, False),
    )
    deliver(shop.far, (shop.rice, 3, 180, "40", False), (shop.water, 50, 0, "1", True))
    deliver(shop.near, (shop.water, 500, 1000, "0.90", True), status="reversed")
    deliver(shop.near, (shop.water, 7, 14, "0.90", True), day=today - dt.timedelta(days=300))
    take_back(
        shop.near,
        (shop.water, 2, 4, "unsold", "sellable", first[0]),
        (shop.water, 1, 2, "damaged", "unsellable", first[0]),
        (shop.water, 3, 6, "expired", "sellable", None),
        (shop.rice, 1, 50, "damaged", "sellable", first[2]),
        location=shop.warehouse,
    )
    take_back(
        shop.near, (shop.water, 9, 18, "unsold", "sellable", None), status="reversed", location=shop.warehouse
    )
    for number, (customer, amount, status) in enumerate(
        ((shop.near, 5, "posted"), (shop.near, 500, "reversed"), (shop.far, 9, "posted"))
    ):
        CostEntry.objects.create(
            number=f"CE{number}",
            kind="freight",
            customer=customer,
            rep=customer.owner,
            amount=amount,
            status=status,
            spent_on=today,
        )
    return shop


CODES = sorted(
    code
    for code, measure in MEASURES.items()
    if getattr(getattr(measure, "fact", None), "code", "")
    in (
        "order_lines",
        "delivery_lines",
        "return_lines",
        "gift_lines",
        "listed_lines",
        "bought_lines",
        "margin_delivered",
        "margin_returned",
        "costs",
    )
)


def test_goods_equal_brute_force(trade):
    assert len(CODES) >= 20
    for who in ("admin", "superior", "owner"):
        for code in CODES:
            entries = equals_brute_force(asked_of(getattr(trade, who)), code)
            assert any(entry.value or entry.token for entry in entries), code


def test_gifts(trade):
    figures = cells(
        report("gifts", asked_of(trade.admin), "product"), "gift_worth", "gift_quantity", "gift_customers"
    )
    assert figures[str(trade.water.pk)] == (D(110), D(55), 2)
    assert figures[str(trade.rice.pk)] == (D(0), D(0), 0)
    table = report("gifts", asked_of(trade.owner), "rep")
    assert cells(table, "gift_worth", "gift_share") == {str(trade.owner.pk): (D(10), pytest.approx(10 / 140))}


def test_prices_below_the_list(trade):
    columns = ("listed_amount", "listed_net", "price_gap", "below_list_lines", "listed_lines")
    table = report("price_deviation", asked_of(trade.admin), "rep")
    assert cells(table, *columns) == {
        # 20 of 20, 18 of 20, 90 of 100, and 8 less a quarter of it
        str(trade.owner.pk): (D(148), D(134), D(14), 3, 4),
        str(trade.outsider.pk): (D(150), D(180), D(-30), 0, 1),
    }
    share = cells(table, "price_gap_share", "below_list_share")[str(trade.owner.pk)]
    assert share == (pytest.approx(14 / 148), 0.75)


def test_returns(trade):
    asked = asked_of(trade.owner)
    products = cells(
        report("product_returns", asked, "product"),
        "returned_lines",
        "returned_quantity",
        "return_rate",
        "return_slips",
    )
    assert products == {
        str(trade.water.pk): (D(12), D(6), pytest.approx(12 / 40), 1),
        str(trade.rice.pk): (D(50), D(1), 0.5, 1),
    }
    reasons = cells(report("return_reasons", asked, "return_reason"), "returned_lines")
    assert reasons == {"unsold": (D(4),), "damaged": (D(52),), "expired": (D(6),)}
    conditions = cells(report("return_reasons", asked, "goods_condition"), "returned_quantity")
    assert conditions == {"sellable": (D(6),), "unsellable": (D(1),)}
    assert report("product_returns", asked_of(trade.outsider), "product").totals[0] == 0


def test_margin_counts_what_came_back_and_what_was_spent(trade):
    table = report("margin", asked_of(trade.admin), "rep")
    columns = ("margin_revenue", "margin_cost", "margin_spent", "margin", "margin_unknown")
    # Water out 25 at 0.90, back 2 at 0.90 and 3 at today's 1.00; what was damaged keeps its cost; rice has none.
    assert cells(table, *columns) == {
        str(trade.owner.pk): (D(78), D("17.70"), D(5), D("55.30"), D(50)),
        str(trade.outsider.pk): (D(180), D(170), D(9), D(1), D(0)),
    }
    products = cells(
        report("product_margin", asked_of(trade.admin), "product"), "margin_gross", "margin_cost"
    )
    assert products == {
        # 40 − 12 sold; cost 22.50 + 50 − 1.80 − 3
        str(trade.water.pk): (D("-39.70"), D("67.70")),
        # 280 − 50 sold, of which three had a cost
        str(trade.rice.pk): (D(110), D(120)),
    }


# --- in the shops
def display(customer, day, **facings):
    made = DisplayReport.objects.create(**_about(customer, day))
    for code, number in facings.items():
        DisplayLine.objects.create(report=made, product=Product.objects.get(code=code), facings=number)


def _about(customer, day):
    moment = dt.datetime.combine(day, dt.time(4), dt.UTC)
    return {
        "customer": customer,
        "rep": customer.owner,
        "day": day,
        "occurred_at": moment,
        "client_uuid": uuid.uuid4(),
    }


def test_what_runs_out_in_the_shops(shop):
    today = business_calendar.today()
    for days, quantity, suggested in ((0, 0, 12), (3, 5, None), (6, 2, 6), (9, 0, None)):
        made = ShelfCount.objects.create(**_about(shop.near, today - dt.timedelta(days=days)))
        ShelfCountLine.objects.create(report=made, product=shop.water, quantity=quantity, suggested=suggested)
    made = ShelfCount.objects.create(**_about(shop.far, today))
    ShelfCountLine.objects.create(report=made, product=shop.rice, quantity=0)
    columns = ("shelf_out_rate", "shelf_out", "shelf_low", "shelf_lines", "shelf_customers")
    assert cells(report("shelf_stock", asked_of(shop.owner), "product"), *columns) == {
        str(shop.water.pk): (0.5, 2, 2, 4, 1)
    }
    everybody = cells(report("shelf_stock", asked_of(shop.admin), "category"), "shelf_out")
    assert everybody == {str(shop.drinks.pk): (2,), str(shop.food.pk): (1,)}


def test_distribution_of_products(shop):
    """Of four customers of the owner one is closed; two bought water, one of them was visited."""
    today = business_calendar.today()
    mine = [shop.near, *CustomerFactory.create_batch(2, owner=shop.owner)]
    closed = CustomerFactory(owner=shop.owner, status="inactive")
    for customer in (mine[0], mine[0], mine[1], closed, shop.far):
        order(customer, (shop.water, 1, "2.00"))
    order(mine[2], (shop.water, 1, "0", None, "0", True), (shop.rice, 1, "50.00"))
    order(mine[2], (shop.water, 1, "2.00"), status="cancelled")
    order(mine[2], (shop.water, 1, "2.00"), day=today - dt.timedelta(days=200))
    VisitFactory(customer=mine[0])
    VisitFactory(customer=mine[2])
    VisitFactory(customer=mine[1], check_out_at=None)
    VisitFactory(customer=closed)
    display(mine[2], today, **{shop.water.code: 3, shop.rice.code: 0})
    display(closed, today, **{shop.water.code: 3})
    table = report("distribution", asked_of(shop.owner), "product")
    columns = [head.code for head in table.heads]
    assert cells(table, *columns) == {
        str(shop.water.pk): (2, pytest.approx(2 / 3), 1, 0.5, 1, pytest.approx(1 / 3)),
        str(shop.rice.pk): (1, pytest.approx(1 / 3), 1, 0.5, 0, 0),
    }
    assert table.totals == (3, 1.0, 2, 1.0, 1, pytest.approx(1 / 3))
    all_of_them = report("distribution", asked_of(shop.admin), "product")
    assert all_of_them.rows[0].values[:2] == (3, 0.75)
    narrowed = report(
        "distribution", asked_of(shop.owner, level="A", category=str(shop.drinks.pk)), "category"
    )
    assert cells(narrowed, "bought_customers", "reach") == {str(shop.drinks.pk): (1, 1.0)}


def test_new_products(shop):
    """Water was sold when the records began, rice came later, oil is old."""
    today = business_calendar.today()
    oil, tea, beer = (ProductFactory(name=name) for name in ("油", "茶", "啤酒"))
    begun = today - dt.timedelta(days=150)
    order(shop.far, (oil, 1, "2.00"), day=begun)
    order(shop.far, (tea, 1, "2.00"), day=today - dt.timedelta(days=90))
    order(shop.far, (beer, 1, "2.00"), day=today - dt.timedelta(days=89))
    order(shop.far, (shop.rice, 1, "2.00"), day=today - dt.timedelta(days=12), status="draft")
    for product in (oil, tea, beer, shop.rice):
        order(shop.near, (product, 1, "2.00"))
    found = cells(report("new_products", asked_of(shop.owner), "product"), "bought_customers", "days_on_sale")
    assert found == {str(beer.pk): (1, 89), str(shop.rice.pk): (1, 0)}


def test_products_of_the_first_weeks_are_not_new(shop):
    today = business_calendar.today()
    order(shop.near, (shop.water, 1, "2.00"), day=today - dt.timedelta(days=40))
    order(shop.near, (shop.rice, 1, "2.00"), day=today - dt.timedelta(days=10))
    table = report("new_products", asked_of(shop.admin, days=60), "product")
    assert [row.key for row in table.rows] == [str(shop.rice.pk)]


# --- slow movers
@pytest.fixture
def stock(shop):
    """Water: 100 in the warehouse and 30 on the van; rice: 5 in the warehouse."""
    for location, product, quantity in (
        (shop.warehouse, shop.water, 100),
        (shop.van, shop.water, 30),
        (shop.warehouse, shop.rice, 5),
    ):
        StockBalance.objects.create(
            location=location, product=product, quantity=quantity, may_be_negative=location.may_be_negative
        )
    return shop


def slow(user, **filters):
    return report("slow_movers", asked_of(user, **filters), "product")


def test_slow_movers(stock):
    today = business_calendar.today()
    deliver(
        stock.near,
        (stock.water, 20, 40, None, False),
        day=today - dt.timedelta(days=89),
        location=stock.warehouse,
    )
    deliver(
        stock.far,
        (stock.water, 6, 12, None, False),
        day=today - dt.timedelta(days=7),
        location=stock.warehouse,
    )
    deliver(stock.far, (stock.water, 900, 12, None, False), day=today - dt.timedelta(days=90))
    deliver(stock.far, (stock.water, 900, 12, None, False), status="reversed")
    table = slow(stock.admin)
    assert cells(table, *(head.code for head in table.heads)) == {
        str(stock.water.pk): (D(260), D(130), D(26), 7, pytest.approx(450)),
        str(stock.rice.pk): (D(250), D(5), D(0), None, None),
    }
    assert (table.totals[0], table.rows[0].url) == (D(510), stock.water.get_absolute_url())
    deliver(stock.far, (stock.rice, 5, 250, None, False))
    assert [row.key for row in slow(stock.admin).rows] == [str(stock.water.pk)]
    assert slow(stock.admin, category=str(stock.food.pk)).rows == []


def test_a_rep_has_the_slow_movers_of_his_van(stock):
    deliver(stock.near, (stock.water, 500, 40, None, False), location=stock.warehouse)
    deliver(stock.near, (stock.water, 10, 20, None, False), location=stock.van)
    table = slow(stock.owner)
    assert cells(table, "slow_on_hand", "slow_sold") == {str(stock.water.pk): (D(30), D(10))}
    assert slow(stock.outsider).rows == []
    assert slow(stock.admin).rows[0].key == str(stock.rice.pk)


def test_slow_movers_refuse_what_is_no_category(stock):
    with pytest.raises(ValueError, match="x"):
        slow(stock.admin, category="x")


def test_reports_of_goods_ask_for_their_permissions(people):
    assert REPORTS["slow_movers"].permissions() == {"sales.view_stocklocation", "sales.view_delivery"}
    assert REPORTS["distribution"].permissions() >= {
        "sales.view_salesorder",
        "visits.view_visit",
        "crm.view_customer",
    }
    assert not REPORTS["product_margin"].is_open_to(people.owner)
    assert REPORTS["product_margin"].is_open_to(people.superior)


def test_a_period_that_has_not_ended_counts_what_has_come(shop):
    today = business_calendar.today()
    order(shop.near, (shop.water, 1, "2.00"))
    order(shop.near, (shop.rice, 1, "2.00"), day=today + dt.timedelta(days=1))
    asked = Asked(shop.admin, Period("custom", today, today + dt.timedelta(days=30)), today)
    assert [row.key for row in report("distribution", asked, "product").rows] == [str(shop.water.pk)]
