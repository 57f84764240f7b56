"""Typing targets: arrows and Enter, a block from Excel, what is wrong, sums that follow, saved as one goes."""

import pytest
from playwright.sync_api import expect

from sales.models import Target
from tests.browser.waiting import until
from tests.factories import DepartmentFactory, UserFactory

PASTE = """([selector, text]) => {
  const data = new DataTransfer();
  data.setData("text/plain", text);
  document.querySelector(selector).dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
}"""


@pytest.fixture
def scene():
    team = DepartmentFactory(name="销售一部")
    leader = UserFactory(name="王经理", role="manager", department=team)
    reps = [UserFactory(name=name, department=team, superior=leader) for name in ("李业务", "张业务")]
    return leader, team, reps


def cell(page, key, month):
    return page.locator(f'tr[data-key="{key}"] input[data-month="{month}"]')


def test_typing_moving_and_saving(open_page, scene):
    leader, team, (first, second) = scene
    page = open_page(leader)
    page.goto("/targets/?year=2026")
    start = cell(page, f"r{first.pk}", 1)
    start.click()
    page.keyboard.type("1.2万")
    page.keyboard.press("ArrowDown")
    expect(cell(page, f"r{second.pk}", 1)).to_be_focused()
    page.keyboard.type("3000")
    page.keyboard.press("ArrowRight")  # the caret is at the end: on to the next month
    expect(cell(page, f"r{second.pk}", 2)).to_be_focused()
    page.keyboard.type("5")
    page.keyboard.press("Shift+Enter")
    expect(cell(page, f"r{first.pk}", 2)).to_be_focused()
    expect(page.locator("[data-state]")).to_have_text("已保存")
    expect(start).to_have_value("12,000")
    below = page.locator(f'tr[data-key="d{team.pk}"] [data-below="1"]')
    expect(below).to_have_text("Σ 15,000")
    cell(page, f"d{team.pk}", 1).fill("16000")
    page.keyboard.press("Enter")
    expect(below).to_have_class("tg-below tg-differs")
    expect(page.locator(f'tr[data-key="d{team.pk}"] [data-total]')).to_have_text("16,000")
    until(page, lambda: Target.objects.count() == 4)


def test_a_block_from_excel_and_what_is_wrong_in_it(open_page, scene):
    leader, _team, (first, second) = scene
    page = open_page(leader)
    page.goto("/targets/?year=2026&measure=visits")
    selector = f'tr[data-key="r{first.pk}"] input[data-month="11"]'
    page.evaluate(PASTE, [selector, "10\t20\t99\r\n30\t1.5\r\n"])
    expect(page.locator("[data-state]")).to_contain_text("此指标须为整数")
    wrong = cell(page, f"r{second.pk}", 12)
    expect(wrong).to_have_attribute("aria-invalid", "true")
    expect(wrong).to_have_value("1.5")
    right = {(first.pk, 11, 10), (first.pk, 12, 20), (second.pk, 11, 30)}
    until(page, lambda: set(Target.objects.values_list("rep", "month", "value")) == right)
    wrong.fill("2")
    wrong.press("Enter")
    expect(page.locator("[data-state]")).to_have_text("已保存")
    expect(wrong).not_to_have_attribute("aria-invalid", "true")
    # An emptied cell takes the target away, Escape brings back what was there.
    gone = cell(page, f"r{first.pk}", 11)
    gone.fill("7")
    gone.press("Escape")
    expect(gone).to_have_value("10")
    gone.fill("")
    gone.press("ArrowDown")
    expect(page.locator(f'tr[data-key="r{first.pk}"] [data-total]')).to_have_text("20")
    until(page, lambda: not Target.objects.filter(rep=first, month=11).exists())


def test_without_a_network_nothing_typed_is_lost(open_page, scene):
    leader, _team, (first, _second) = scene
    page = open_page(leader)
    page.goto("/targets/?year=2026")
    page.context.set_offline(True)
    field = cell(page, f"r{first.pk}", 3)
    field.fill("88")
    field.press("Enter")
    again = page.get_by_role("button", name="网络不通，未保存，点此重试")
    expect(again).to_be_visible()
    expect(field).to_have_value("88")
    page.context.set_offline(False)
    again.click()
    expect(page.locator("[data-state]")).to_have_text("已保存")
    assert Target.objects.get().value == 88


def test_a_year_is_spread_from_the_dialog(open_page, scene):
    leader, _team, (first, _second) = scene
    page = open_page(leader)
    page.goto("/targets/?year=2026")
    page.get_by_role("button", name="年度分解").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("对象").select_option(f"r{first.pk}")
    dialog.get_by_label("全年目标").fill("viel")
    dialog.get_by_role("button", name="分解").click()
    dialog = page.get_by_role("dialog")  # opens again with what was typed and what is wrong
    expect(dialog).to_contain_text("“viel”不是数字。")
    dialog.get_by_label("全年目标").fill("120万")
    dialog.get_by_role("button", name="分解").click()
    expect(cell(page, f"r{first.pk}", 7)).to_have_value("100,000")
    expect(page.locator(f'tr[data-key="r{first.pk}"] [data-total]')).to_have_text("1,200,000")
