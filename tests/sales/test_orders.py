import datetime as dt
import uuid
from decimal import Decimal

import pytest
from auditlog.models import LogEntry
from django.core.exceptions import ValidationError

from common.business_calendar import today
from crm.models import Sequence
from sales import services
from sales.enums import OrderStatus
from sales.models import SalesOrder
from sales.rules import LineInput
from tests.factories import CustomerFactory, ProductFactory

pytestmark = pytest.mark.django_db


def test_sums_follow_the_rules(people, shop, water, beer):
    """Domain-rules §6: each line half up, then the order discount: 10.5×2.35×0.95 = 23.44, 3×7.99 = 23.97; ×0.97."""
    order = services.create_order(
        actor=people.owner,
        customer=shop,
        lines=[
            LineInput(water.pk, Decimal("10.5"), discount=Decimal("0.05")),
            LineInput(beer.pk, Decimal(3)),
        ],
        discount=Decimal("0.03"),
        note=" 送货上门 ",
    )
    order.refresh_from_db()
    assert [(line.price, line.amount) for line in order.lines.all()] == [
        (Decimal("2.35"), Decimal("23.44")),
        (Decimal("7.99"), Decimal("23.97")),
    ]
    assert order.total == Decimal("45.99")  # 47.41 × 0.97 = 45.9877
    assert order.note == "送货上门"
    assert (order.status, order.rep, order.created_by) == ("submitted", people.owner, people.owner)


def test_numbers_count_up_without_gaps(people, shop, water, make_order):
    first = make_order()
    with pytest.raises(ValidationError):
        services.create_order(actor=people.owner, customer=shop, lines=[])
    second = make_order()
    day = f"{today():%Y%m%d}"
    assert [first.number, second.number] == [f"SO{day}-0001", f"SO{day}-0002"]
    assert Sequence.objects.get(name=f"SO{day}").value == 2


def test_order_date_is_the_day_of_the_number(people, make_order, shop):
    order = make_order(ordered_on=dt.date(2026, 3, 1))
    assert order.number == "SO20260301-0001"
    shop.refresh_from_db()
    assert shop.last_order_on == dt.date(2026, 3, 1)


def test_the_same_uuid_makes_one_order(people, make_order, heard):
    key = uuid.uuid4()
    first = make_order(5, client_uuid=key)
    again = make_order(7, client_uuid=key)
    assert again.pk == first.pk
    assert again.lines.get().quantity == 5
    assert heard == ["order_created", "order_submitted"]


def test_anothers_uuid_is_refused(people, make_order):
    key = uuid.uuid4()
    make_order(client_uuid=key)
    with pytest.raises(ValidationError):
        make_order(client_uuid=key, actor=people.superior)


@pytest.mark.parametrize(
    "line",
    [
        {"quantity": Decimal(0)},
        {"quantity": Decimal("-1")},
        {"quantity": Decimal("0.0004")},
        {"quantity": Decimal("1e9")},
        {"quantity": Decimal("NaN")},
        {"quantity": Decimal("Infinity")},
        {"quantity": Decimal(1), "price": Decimal("-0.01")},
        {"quantity": Decimal(1), "price": Decimal("1e12")},
        {"quantity": Decimal(1), "price": Decimal("NaN")},
        {"quantity": Decimal(1), "discount": Decimal("1.01")},
        {"quantity": Decimal(1), "discount": Decimal("-0.01")},
        {"quantity": Decimal(999999), "price": Decimal("9999999")},
    ],
)
def test_absurd_lines_are_refused(people, shop, water, line):
    with pytest.raises(ValidationError) as refused:
        services.create_order(actor=people.owner, customer=shop, lines=[LineInput(water.pk, **line)])
    assert refused.value.messages[0]
    assert not SalesOrder.objects.exists()


def test_no_lines_unknown_and_stopped_products_are_refused(people, shop):
    stopped = ProductFactory(name="旧款", is_active=False)
    for lines in ([], [LineInput(999999, Decimal(1))], [LineInput(stopped.pk, Decimal(1))]):
        with pytest.raises(ValidationError):
            services.create_order(actor=people.owner, customer=shop, lines=lines)
    with pytest.raises(ValidationError):
        services.create_order(
            actor=people.owner, customer=shop, lines=[LineInput(ProductFactory().pk, Decimal(1))] * 201
        )
    assert not SalesOrder.objects.exists()


def test_future_date_and_foreign_customer_are_refused(people, make_order):
    with pytest.raises(ValidationError):
        make_order(ordered_on=today() + dt.timedelta(days=1))
    with pytest.raises(ValidationError):
        make_order(customer=CustomerFactory(owner=people.outsider))


def test_whose_order_it_is(people, make_order, shop):
    """A rep's own; typed in by the office or the manager, the owner's; of a pool customer, the writer's."""
    assert make_order(actor=people.superior).rep == people.owner
    assert make_order(actor=people.admin, customer=CustomerFactory(owner=None)).rep == people.admin


def test_draft_counts_for_nothing_until_it_is_submitted(people, make_order, shop, heard):
    order = make_order(status="draft", ordered_on=dt.date(2026, 3, 1))
    shop.refresh_from_db()
    assert shop.last_order_on is None
    assert heard == ["order_created"]
    services.submit_order(actor=people.owner, order=order)
    shop.refresh_from_db()
    order.refresh_from_db()
    assert order.ordered_on == shop.last_order_on == today()
    assert order.submitted_at is not None
    assert heard == ["order_created", "order_submitted"]


def test_draft_with_a_product_stopped_meanwhile_is_not_submitted(people, make_order, water):
    order = make_order(status="draft")
    water.is_active = False
    water.save()
    with pytest.raises(ValidationError):
        services.submit_order(actor=people.owner, order=order)
    order.refresh_from_db()
    assert order.status == "draft"


def test_draft_can_be_rewritten_and_an_order_cannot(people, make_order, beer):
    order = make_order(3, 4, status="draft")
    lines = [LineInput(beer.pk, Decimal(2), price=Decimal("7.50"))]
    services.update_order(actor=people.owner, order=order, lines=lines, note="改了", submit=True)
    order.refresh_from_db()
    assert (order.total, order.note, order.status) == (Decimal("15.00"), "改了", "submitted")
    assert order.lines.get().product == beer
    with pytest.raises(ValidationError):
        services.update_order(actor=people.owner, order=order, lines=lines)


def test_cancelling_restores_the_last_order(people, make_order, shop, heard):
    make_order(ordered_on=dt.date(2026, 3, 1))
    make_order(status="draft", ordered_on=dt.date(2026, 5, 1))
    later = make_order(ordered_on=dt.date(2026, 4, 1))
    services.cancel_order(actor=people.owner, order=later)
    shop.refresh_from_db()
    assert shop.last_order_on == dt.date(2026, 3, 1)
    assert heard[-1] == "order_cancelled"


def test_cancelling_the_only_order_leaves_none(people, make_order, shop):
    services.cancel_order(actor=people.owner, order=make_order())
    shop.refresh_from_db()
    assert shop.last_order_on is None


STEPS = {
    "submitted": services.submit_order,
    "approved": services.approve_order,
    "delivered": services.deliver_order,
    "closed": services.close_order,
    "cancelled": services.cancel_order,
}
MAY = {
    ("draft", "submitted"),
    ("draft", "cancelled"),
    ("submitted", "approved"),
    ("submitted", "cancelled"),
    ("approved", "delivered"),
    ("approved", "cancelled"),
    ("partly_delivered", "delivered"),
    ("partly_delivered", "closed"),
    ("delivered", "closed"),
}


@pytest.mark.parametrize("old", OrderStatus.values)
@pytest.mark.parametrize("new", STEPS)
def test_every_service_in_every_status(people, make_order, old, new):
    order = make_order(status=old)
    if (old, new) in MAY:
        STEPS[new](actor=people.superior, order=order)
        order.refresh_from_db()
        assert order.status == new
    else:
        with pytest.raises(ValidationError):
            STEPS[new](actor=people.superior, order=order)
        order.refresh_from_db()
        assert order.status == old


def test_a_stale_object_cannot_move_the_order(people, make_order, heard):
    order = make_order()
    stale = SalesOrder.objects.get(pk=order.pk)
    services.cancel_order(actor=people.owner, order=order)
    with pytest.raises(ValidationError):
        services.approve_order(actor=people.superior, order=stale)
    order.refresh_from_db()
    assert order.status == "cancelled"


def test_each_step_is_on_record(people, make_order):
    order = make_order(status="approved")
    entries = LogEntry.objects.get_for_object(order).filter(action=LogEntry.Action.UPDATE).order_by("pk")
    assert [(entry.changes["status"], entry.actor) for entry in entries] == [
        (["draft", "submitted"], people.owner),
        (["submitted", "approved"], people.superior),
    ]
