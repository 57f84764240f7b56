import datetime as dt
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from common.business_calendar import today
from sales import services
from sales.enums import AgreementFileKind
from sales.models import FinanceSlip
from sales.rules import LineInput
from sales.services import agreement_files, collection, costs, refunds
from sales.services import agreements as agreement_services
from sales.services.opening_balances import open_balance
from tests.factories import CustomerFactory, ProductFactory
from tests.sales.quote_data import write_quote
from tests.sales.stock_data import D, load, receive, van_for, warehouse


@pytest.fixture
def shop(people):
    """A customer of people.owner."""
    return CustomerFactory(name="老王超市", owner=people.owner)


@pytest.fixture
def water(db):
    """12 bottles in a box, 2.35 each."""
    return ProductFactory(
        name="矿泉水",
        code="W001",
        barcode="6901234567892",
        price=Decimal("2.35"),
        box_unit="箱",
        box_quantity=12,
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


@pytest.fixture
def quote(people, shop, water, beer):
    """A sent offer of people.owner: 24 water, 6 beer."""
    return write_quote(people.owner, shop, (water, 24), (beer, 6, "7.50"))


@pytest.fixture
def agreement(people, shop):
    """In force until ten days from now, with one PDF."""
    row = agreement_services.create_agreement(
        actor=people.superior,
        customer=shop,
        values=agreement_services.AgreementInput(
            title="年度经销协议",
            starts_on=timezone.localdate() - dt.timedelta(days=100),
            ends_on=timezone.localdate() + dt.timedelta(days=10),
            clauses="第一条 价格",
            yearly_amount=Decimal(1000),
        ),
    )
    agreement_services.sign_agreement(actor=people.superior, agreement=row, signed_by="王老板")
    ready = agreement_files.prepare_file(SimpleUploadedFile("合同 1.pdf", b"%PDF-1.7 x"))
    agreement_files.add_files(
        actor=people.superior, agreement=row, files=[ready], kind=AgreementFileKind.ATTACHMENT
    )
    return row


@pytest.fixture
def money(people, shop, make_order):
    """A late bill paid in part, a receipt with money left, a refund, a cost, a note, an order."""
    order = make_order(10, status="delivered")  # 23.50
    bill = open_balance(
        actor=people.finance,
        customer=shop,
        amount=Decimal(100),
        billed_on=today() - dt.timedelta(days=60),
        due_on=today() - dt.timedelta(days=40),
        note="旧账",
    )
    receipt = services.record_receipt(
        actor=people.owner,
        customer=shop,
        amount=Decimal(150),
        method="cash",
        received_on=today() - dt.timedelta(days=3),
    )
    refund = refunds.pay_refund(actor=people.finance, source=receipt, amount=Decimal(6), method="cash")
    cost = costs.record_cost(
        actor=people.finance, customer=shop, kind="freight", amount=Decimal(8), order=order
    )
    note = collection.note_collection(
        actor=people.owner, customer=shop, text="月底付", promised_on=today(), promised_amount=Decimal(50)
    )
    bill.refresh_from_db()
    receipt.refresh_from_db()
    slip = FinanceSlip.objects.get(kind="receipt", object_id=receipt.pk)
    return {"order": order, "bill": bill, "receipt": receipt, "refund": refund, "cost": cost, "note": note,
            "customer": shop, "slip": slip}  # fmt: skip


# --- stock, and the people as clients
@pytest.fixture
def place(people, water, beer):
    place = warehouse()
    receive(people.superior, place, {water: 120, beer: 20}, cost=D("1.20"))
    return place


@pytest.fixture
def van(people, place, water):
    van = van_for(people.owner)
    load(people.superior, place, van, {water: 60})
    return van


@pytest.fixture
def others_van(people, place, beer):
    van = van_for(people.outsider)
    load(people.superior, place, van, {beer: 5})
    return van


@pytest.fixture
def owner(login, people):
    return login(people.owner)


@pytest.fixture
def superior(login, people):
    return login(people.superior)


@pytest.fixture
def outsider(login, people):
    return login(people.outsider)
