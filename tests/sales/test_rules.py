from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.money import line_amount, order_total
from sales import rules
from sales.enums import OrderStatus
from sales.rules import OrderAction, Progress

FORWARD = """
draft submitted, draft cancelled, submitted approved, submitted cancelled,
approved partly_delivered, approved delivered, approved cancelled,
partly_delivered delivered, partly_delivered closed, delivered closed
"""
BACK = """
partly_delivered approved, delivered partly_delivered, delivered approved, closed partly_delivered, closed approved
"""


def arrows(text):
    return {tuple(arrow.split()) for arrow in text.replace("\n", " ").split(",")}


@pytest.mark.parametrize("old", OrderStatus.values)
@pytest.mark.parametrize("new", OrderStatus.values)
def test_every_step(old, new):
    assert rules.may_become(old, new) is ((old, new) in arrows(FORWARD))
    assert rules.may_become(old, new, back=True) is ((old, new) in arrows(BACK))


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        ([(5, 0), (2, 0)], "approved"),
        ([(5, 5), (2, 0)], "partly_delivered"),
        ([(5, 1), (2, 0)], "partly_delivered"),
        ([(5, 5), (2, 2)], "delivered"),
    ],
)
def test_status_follows_the_lines(lines, status):
    assert rules.status_by_delivered((Decimal(a), Decimal(b)) for a, b in lines) == status


def test_a_rep_cannot_cancel_what_was_approved():
    rep = {"sales.change_salesorder", "sales.add_salesorder"}.__contains__
    assert rules.allowed_actions("draft", rep) == [OrderAction.EDIT, OrderAction.SUBMIT, OrderAction.CANCEL]
    assert rules.allowed_actions("submitted", rep) == [OrderAction.CANCEL]
    assert rules.allowed_actions("approved", rep) == []
    assert not rules.may_ever(OrderAction.APPROVE, rep)


@pytest.mark.parametrize("status", OrderStatus.values)
def test_what_is_offered_can_be_done(status):
    """No button leads to a step that the state machine refuses, whatever the permissions."""
    leads_to = {
        OrderAction.SUBMIT: "submitted",
        OrderAction.APPROVE: "approved",
        OrderAction.APPROVE_AND_DELIVER: "approved",
        OrderAction.CLOSE: "closed",
        OrderAction.CANCEL: "cancelled",
    }
    for action in rules.allowed_actions(status, lambda permission: True):
        if action in leads_to:
            assert (status, leads_to[action]) in arrows(FORWARD)


def test_worked_example_of_partial_billing():
    """10 × 3.33 = 33.30 at 5 % order discount = 31.64 (31.635 up); 3, 3 and 4 bottles: 9.49, 9.49, 12.66."""
    total = order_total([line_amount(Decimal(10), Decimal("3.33"))], Decimal("0.05"))
    assert total == Decimal("31.64")
    billed, bills = Decimal(0), []
    for delivered in (3, 6, 10):
        line = Progress(amount=Decimal("33.30"), quantity=Decimal(10), delivered=Decimal(delivered))
        bills.append(rules.delivery_amount(total=total, billed=billed, after=[line]))
        billed += bills[-1]
    assert [str(bill) for bill in bills] == ["9.49", "9.49", "12.66"]


milli = st.integers(1, 50_000).map(lambda n: Decimal(n) / 1000)
cents = st.integers(0, 200_000).map(lambda n: Decimal(n) / 100)
share = st.integers(0, 10_000).map(lambda n: Decimal(n) / 10_000)


@st.composite
def partial_deliveries(draw):
    """An order's lines and a sequence of deliveries (share of what is left of each line), the last one complete."""
    lines = draw(st.lists(st.tuples(milli, cents, share), min_size=1, max_size=5))
    steps = draw(
        st.lists(st.lists(st.integers(0, 100), min_size=len(lines), max_size=len(lines)), max_size=6)
    )
    return lines, draw(share), steps


@given(partial_deliveries(), st.data())
def test_partial_deliveries_add_up_to_the_order(case, data):
    lines, discount, steps = case
    amounts = [line_amount(*line) for line in lines]
    total = order_total(amounts, discount)
    delivered = [Decimal(0)] * len(lines)
    posted = []  # (amount, quantities)
    for step in [*steps, [100] * len(lines)]:
        taken = [
            ((quantity - done) * percent / 100).quantize(Decimal("0.001"))
            for (quantity, _p, _d), done, percent in zip(lines, delivered, step, strict=True)
        ]
        delivered = [done + more for done, more in zip(delivered, taken, strict=True)]
        after = [
            Progress(amount=amount, quantity=quantity, delivered=done)
            for amount, (quantity, _p, _d), done in zip(amounts, lines, delivered, strict=True)
        ]
        bill = rules.delivery_amount(total=total, billed=sum((p[0] for p in posted), Decimal(0)), after=after)
        assert bill >= 0
        assert bill == bill.quantize(Decimal("0.01"))
        weights = [
            Fraction(a) * Fraction(t) / Fraction(q)
            for a, t, (q, _p, _d) in zip(amounts, taken, lines, strict=True)
        ]
        parts = rules.split_amount(bill, weights)
        assert sum(parts) == bill
        assert all(part >= 0 for part in parts)
        posted.append((bill, taken))
        # Now and then one of the deliveries comes back, unless it was the last.
        if step != [100] * len(lines) and data.draw(st.booleans()):
            _bill, back = posted.pop(data.draw(st.integers(0, len(posted) - 1)))
            delivered = [done - less for done, less in zip(delivered, back, strict=True)]
    assert sum(p[0] for p in posted) == total
