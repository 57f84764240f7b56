from decimal import Decimal

import pytest

from sales import services
from sales.rules import LineInput
from tests.factories import CustomerFactory, ProductFactory


@pytest.fixture
def shop(people):
    """A customer of people.owner."""
    return CustomerFactory(name="老王超市", owner=people.owner)


@pytest.fixture
def water(db):
    """12 bottles in a box, 2.35 each."""
    return ProductFactory(
        name="矿泉水", code="W001", barcode="6901234567892", price=Decimal("2.35"), box_unit="箱", box_quantity=12
    )


@pytest.fixture
def beer(db):
    return ProductFactory(name="黑啤酒", code="B001", price=Decimal("7.99"))


@pytest.fixture
def make_order(people, shop, water):
    """make_order(10, 3, status="approved"): one line of water for each quantity, brought to a status."""

    def _make(*quantities, status="submitted", actor=None, **kwargs):
        actor = actor or people.owner
        lines = [LineInput(water.pk, Decimal(str(quantity))) for quantity in quantities or (10,)]
        order = services.create_order(
            actor=actor,
            customer=kwargs.pop("customer", shop),
            lines=lines,
            submit=status != "draft",
            **kwargs,
        )
        if status in ("approved", "partly_delivered", "delivered", "closed"):
            services.approve_order(actor=people.superior, order=order)
        if status == "partly_delivered":
            services.deliver_order(
                actor=people.superior, order=order, quantities={order.lines.first().pk: Decimal(1)}
            )
        if status in ("delivered", "closed"):
            services.deliver_order(actor=people.superior, order=order)
        if status == "closed":
            services.close_order(actor=people.superior, order=order)
        if status == "cancelled":
            services.cancel_order(actor=people.superior, order=order)
        order.refresh_from_db()
        assert order.status == status
        return order

    return _make


@pytest.fixture
def heard():
    """Names of the sales signals sent during the test, in order."""
    from sales import signals

    names = []
    receivers = []
    for name in ("order_created", "order_submitted", "order_cancelled", "goods_issued", "delivery_reversed"):

        def receiver(name=name, **kwargs):
            names.append(name)

        getattr(signals, name).connect(receiver, weak=False)
        receivers.append((getattr(signals, name), receiver))
    yield names
    for signal, receiver in receivers:
        signal.disconnect(receiver)
