"""Setting a receipt against bills by hand: typed, counted to the cent while typing, oldest first, saved."""

import datetime as dt
import re
from decimal import Decimal

import pytest
from playwright.sync_api import expect

from common.business_calendar import today
from sales import services
from sales.models import Receipt
from sales.services.opening_balances import open_balance
from tests.factories import CustomerFactory, UserFactory


@pytest.fixture
def scene():
    finance = UserFactory(username="finance", role="finance")
    shop = CustomerFactory(name="老王超市", owner=UserFactory(username="rep"))
    bills = [
        open_balance(
            actor=finance,
            customer=shop,
            amount=Decimal(amount),
            billed_on=today() - dt.timedelta(days=days),
            due_on=today() - dt.timedelta(days=days),
            note=note,
        )
        for amount, days, note in (("100.10", 40, "最早"), ("50.25", 20, "中间"), ("80.00", 5, "最近"))
    ]
    receipt = services.record_receipt(
        actor=finance, customer=shop, amount=Decimal("150.37"), method="transfer", allocate=False
    )
    return finance, bills, receipt


@pytest.mark.parametrize("phone", [False, True])
def test_a_receipt_is_set_against_chosen_bills(open_page, scene, phone):
    finance, (oldest, middle, latest), receipt = scene
    page = open_page(finance, phone=phone)
    page.goto(receipt.get_absolute_url())
    page.get_by_role("link", name="核销账单").click()
    left = page.locator("[data-left]")
    expect(left).to_have_text("¥150.37")
    page.locator(f"#bill-{latest.pk}").fill("80")
    page.locator(f"#bill-{middle.pk}").fill("0.30")
    expect(left).to_have_text("¥70.07")
    # A press on what the bill may take fills in what there still is.
    page.locator(f'[data-fill="bill-{oldest.pk}"]').click()
    expect(page.locator(f"#bill-{oldest.pk}")).to_have_value("70.07")
    expect(left).to_have_text("¥0.00")
    page.locator(f"#bill-{oldest.pk}").fill("70.08")
    expect(left).to_have_text("-¥0.01")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("alert")).to_contain_text("可用")
    expect(page.locator(f"#bill-{oldest.pk}")).to_have_value("70.08")  # what was typed is still there
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    page.get_by_role("button", name="按到期先后").click()
    expect(page.locator(f"#bill-{oldest.pk}")).to_have_value("100.10")
    expect(page.locator(f"#bill-{middle.pk}")).to_have_value("50.25")
    expect(page.locator(f"#bill-{latest.pk}")).to_have_value("0.02")
    page.locator(f"#bill-{latest.pk}").fill("")
    page.get_by_role("button", name="保存").click()
    expect(page).to_have_url(re.compile(f"/receipts/{receipt.pk}/$"))
    saved = Receipt.objects.get(pk=receipt.pk)
    assert saved.used == Decimal("150.35")
    assert saved.prepayment == Decimal("0.02")
    for bill, settled in ((oldest, "100.10"), (middle, "50.25"), (latest, "0")):
        bill.refresh_from_db()
        assert bill.settled == Decimal(settled)


def test_all_that_is_owed_goes_into_the_amount_by_one_press(open_page, scene):
    finance, bills, _receipt = scene
    page = open_page(finance, phone=True)
    page.goto(f"/receipts/new/?customer={bills[0].customer_id}")
    page.get_by_role("button", name="全额收款").click()
    expect(page.locator("#id_amount")).to_have_value("230.35")
