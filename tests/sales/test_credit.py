"""Orders over the credit limit or below a floor go to a manager (domain-rules §6, G7)."""

import datetime as dt
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.utils.translation import override

from accounts.models import SystemOptions
from comms.models import Notification
from crm.models import Customer
from sales import services
from sales.enums import OrderStatus
from sales.models import CustomerTerms, GiftRule, PriceList, PriceListLine, SalesOrder
from sales.queries.credit import credit_of, undelivered
from sales.rules import LineInput
from sales.rules.credit import Credit, limit_on
from tests.factories import BillFactory, CustomerFactory, ProductFactory, UserFactory

DAY = dt.date(2026, 11, 20)


# --- rules
@pytest.mark.parametrize(
    ("limit", "owed", "coming", "amount", "over"),
    [
        ("1000", "500", "300", "200", False),  # exactly the limit is within it
        ("1000", "500", "300", "200.01", True),
        ("0", "0", "0", "0.01", True),
        (None, "99999", "0", "1", False),
        ("1000", "-50", "0", "1050", False),  # a credit of the customer counts
    ],
)
def test_exposure_against_the_limit(limit, owed, coming, amount, over):
    credit = Credit(
        limit=None if limit is None else Decimal(limit), receivable=Decimal(owed), undelivered=Decimal(coming)
    )
    assert bool(credit.refusal(Decimal(amount))) is over


def test_blocked_customers_get_nothing_but_gifts():
    credit = Credit(limit=None, receivable=Decimal(0), undelivered=Decimal(0), is_blocked=True)
    assert credit.refusal(Decimal("0.01"))
    assert not credit.refusal(Decimal(0))


@pytest.mark.parametrize(("day", "expected"), [(19, 100), (20, 500), (22, 500), (23, 100)])
def test_a_temporary_limit_holds_on_its_days(day, expected):
    limit, temporary = limit_on(
        dt.date(2026, 11, day),
        formal=Decimal(100),
        temporary=Decimal(500),
        since=DAY,
        until=dt.date(2026, 11, 22),
    )
    assert (limit, temporary) == (Decimal(expected), expected == 500)


# --- orders
@pytest.fixture
def shop(people):
    return CustomerFactory(owner=people.owner, credit_limit=Decimal("100"))


def order(people, shop, *lines, **values):
    return services.create_order(actor=people.owner, customer=shop, lines=list(lines), **values)


@pytest.fixture
def office(people):
    """May approve orders, but not what needs a manager."""
    clerk = UserFactory(username="clerk", role="back_office", department=people.head)
    assert clerk.has_perm("sales.approve_salesorder")
    return clerk


@pytest.mark.django_db
def test_within_the_limit_nobody_is_asked(people, shop):
    placed = order(people, shop, LineInput(ProductFactory(price=10).pk, Decimal(10)))
    assert (placed.approval_reason, placed.exposure) == ("", Decimal(100))


@pytest.mark.django_db
def test_over_the_limit_a_manager_decides(people, shop):
    BillFactory(customer=shop, amount=Decimal("60"))
    placed = order(people, shop, LineInput(ProductFactory(price=10).pk, Decimal(5)))
    assert "10.00" in placed.approval_reason
    assert placed.exposure == Decimal(110)
    with pytest.raises(ValidationError, match=placed.number) as refused:
        services.approve_order(actor=people.owner, order=placed)
    assert refused.value.code == "credit"
    services.approve_order(actor=people.superior, order=placed)
    assert (placed.status, placed.approved_by) == (OrderStatus.APPROVED, people.superior)


@pytest.mark.django_db
def test_two_orders_that_fit_one_by_one_do_not_fit_together(people, shop):
    product = ProductFactory(price=10)
    first = order(people, shop, LineInput(product.pk, Decimal(6)))
    second = order(people, shop, LineInput(product.pk, Decimal(6)))
    assert (first.approval_reason, second.approval_reason) == ("", "")
    services.approve_order(actor=people.owner, order=first)
    assert credit_of(shop, DAY).undelivered == Decimal(60)
    with pytest.raises(ValidationError, match=r"60\.00"):
        services.approve_order(actor=people.owner, order=second)


@pytest.mark.django_db
def test_delivered_goods_are_owed_once(people, shop):
    placed = order(people, shop, LineInput(ProductFactory(price=10).pk, Decimal(9)))
    services.approve_order(actor=people.owner, order=placed)
    line = placed.lines.get()
    services.deliver_order(actor=people.superior, order=placed, quantities={line.pk: Decimal(4)})
    credit = credit_of(shop, DAY)
    assert (credit.receivable, credit.undelivered, credit.exposure) == (40, 50, 90)


@pytest.mark.django_db
def test_billed_at_approval_is_owed_once(people, shop):
    SystemOptions.load()
    SystemOptions.objects.update(billing_basis="approval")
    placed = order(people, shop, LineInput(ProductFactory(price=10).pk, Decimal(9)))
    services.approve_order(actor=people.owner, order=placed)
    assert undelivered(shop.pk) == 0
    assert credit_of(shop, DAY).exposure == Decimal(90)


@pytest.mark.django_db
def test_the_company_may_not_care(people, shop):
    SystemOptions.load()
    SystemOptions.objects.update(credit_control=False)
    placed = order(people, shop, LineInput(ProductFactory(price=10).pk, Decimal(500)))
    assert placed.approval_reason == ""
    services.approve_order(actor=people.owner, order=placed)


@pytest.mark.django_db
def test_blocked_terms_reach_the_order(people, shop):
    CustomerTerms.objects.create(customer=shop, is_blocked=True)
    assert order(people, shop, LineInput(ProductFactory(price=1).pk, Decimal(1))).approval_reason


@pytest.mark.django_db
def test_orders_that_need_nobody_may_approve_themselves(people, shop):
    SystemOptions.load()
    SystemOptions.objects.update(auto_approve_orders=True)
    product = ProductFactory(price=10)
    small = order(people, shop, LineInput(product.pk, Decimal(1)))
    large = order(people, shop, LineInput(product.pk, Decimal(99)))
    assert (small.status, large.status) == (OrderStatus.APPROVED, OrderStatus.SUBMITTED)


# --- prices and gifts
@pytest.mark.django_db
def test_lines_get_the_customers_price_and_its_reason(people, shop):
    product = ProductFactory(price=10)
    prices = PriceList.objects.create(name="直营价", customer=shop)
    PriceListLine.objects.create(price_list=prices, product=product, min_quantity=10, price=8)
    placed = order(people, shop, LineInput(product.pk, Decimal(6)), LineInput(product.pk, Decimal(4)))
    assert [line.price for line in placed.lines.all()] == [8, 8]  # together they reach the break
    assert "直营价" in placed.lines.first().price_reason
    typed = order(people, shop, LineInput(product.pk, Decimal(1), price=Decimal("9.5")))
    line = typed.lines.get()
    assert (line.price, line.list_price) == (Decimal("9.50"), Decimal("10.00"))
    assert "10.00" in line.price_reason


@pytest.mark.django_db
def test_below_the_floor_a_manager_decides(people, shop):
    product = ProductFactory(price=10, floor_price=Decimal("9"))
    assert not order(people, shop, LineInput(product.pk, Decimal(1), price=Decimal(9))).approval_reason
    low = order(
        people, shop, LineInput(product.pk, Decimal(1), price=Decimal("9.5")), discount=Decimal("0.1")
    )
    assert product.name in low.approval_reason
    with pytest.raises(ValidationError):
        services.approve_order(actor=people.owner, order=low)


@pytest.mark.django_db
def test_gifts_cost_nothing_and_follow_the_rules(people, shop):
    product, gift = ProductFactory(price=10), ProductFactory(price=3, floor_price=Decimal(3))
    GiftRule.objects.create(name="买五赠一", product=product, buy_quantity=5, gift=gift, gift_quantity=1)
    lines = [LineInput(product.pk, Decimal(5)), LineInput(gift.pk, Decimal(1), is_gift=True)]
    placed = order(people, shop, *lines)
    assert (placed.total, placed.approval_reason) == (50, "")
    assert placed.lines.get(is_gift=True).price == 0
    greedy = order(people, shop, lines[0], LineInput(gift.pk, Decimal(2), is_gift=True))
    assert gift.name in greedy.approval_reason


@pytest.mark.django_db
def test_the_reasons_are_said_in_each_readers_language(people, shop, login):
    """Found by a rep who reads Chinese, approved by a manager who reads English, and the other way round."""
    Customer.objects.filter(pk=shop.pk).update(credit_limit=Decimal(5))
    shop.refresh_from_db()
    people.superior.language = "en"
    people.superior.save()
    product = ProductFactory(price=10, floor_price=8, name="水")
    gift = LineInput(product.pk, Decimal(1), is_gift=True)
    placed = order(people, shop, LineInput(product.pk, Decimal(1), price=Decimal(7)), gift)
    said = [reason["code"] for reason in placed.approval_reasons]
    assert said == ["over", "floor", "gifts"]
    notice = Notification.objects.get(recipient=people.superior)
    assert notice.title == f"Order {placed.number} needs your approval"
    assert "below its lowest price ¥8.00" in notice.body
    page = login(people.superior).get(placed.get_absolute_url()).content.decode()
    assert "More gifts of 水 than the gift rules give." in page
    assert "Over the credit limit of ¥5.00 by ¥2.00" in page
    assert "低于最低价" not in page
    with override("en"):
        services.approve_order(actor=people.superior, order=placed)
        assert "below its lowest price" in placed.approval_words
    with override("zh-hans"):
        assert "below" not in placed.approval_words
    assert "通过" in Notification.objects.get(recipient=people.owner).title
    page = login(people.owner).get(placed.get_absolute_url()).content.decode()
    assert "lowest price" not in page


@pytest.mark.django_db
def test_reasons_from_before_the_codes_are_shown_as_they_stand(people, shop):
    placed = order(people, shop, LineInput(ProductFactory(price=1).pk, Decimal(1)))
    SalesOrder.objects.filter(pk=placed.pk).update(approval_reason="超额", approval_reasons=[])
    placed.refresh_from_db()
    assert placed.approval_words == "超额"
    SalesOrder.objects.filter(pk=placed.pk).update(approval_reasons=[{"code": "who knows"}])
    placed.refresh_from_db()
    assert placed.approval_words == "超额"
