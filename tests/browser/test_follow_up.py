"""A rep on the phone records a follow-up with a photo and his position, and finds it in the list (B6)."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from crm.models import FollowUp
from tests.browser.waiting import wait_for
from tests.crm.follow_up_files import photo
from tests.factories import CustomerFactory, FollowUpFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_follow_up_on_the_phone(open_page):
    rep = UserFactory(role="rep", name="李业务")
    customer = CustomerFactory(owner=rep, name="张记超市")
    page = open_page(rep, phone=True, position=(31.8206, 117.229))
    page.goto("/follow-ups/new/")
    page.fill("#target-search", "张记")
    page.locator("#target-options [role=option]").first.tap()
    page.fill("textarea[name=text]", "字" * 2001)
    expect(page.locator("[data-count-of=id_text]")).to_have_text("2001")
    picture = photo().read()
    page.set_input_files("input[name=photos]", {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": picture})
    page.wait_for_selector("[data-previews] img")
    page.locator("[data-position]").tap()
    page.wait_for_selector("[data-unposition]:visible")
    page.locator("[data-next]").first.tap()

    page.locator(".fu-foot [type=submit]").tap()
    page.wait_for_selector("[data-errors]:not([hidden])")
    expect(page.locator("[data-errors]")).to_contain_text("2001")
    # Refused, and everything is still there.
    expect(page.locator("textarea[name=text]")).to_have_value("字" * 2001)
    expect(page.locator("[data-previews] img")).to_have_count(1)

    page.fill("textarea[name=text]", "下周送样品")
    page.locator(".fu-foot [type=submit]").tap()
    page.wait_for_url(f"**/customers/{customer.pk}/")
    page.goto("/follow-ups/")
    row = page.locator(".pd-table tbody tr").first
    expect(row).to_contain_text("张记超市")
    expect(row).to_contain_text("下周送样品")
    image = row.locator("img")
    image.scroll_into_view_if_needed()
    wait_for(page, "document.querySelector('.fu-thumbs img').naturalWidth > 0")
    stored = FollowUp.objects.get()
    assert (stored.customer, stored.rep, stored.latitude, stored.accuracy_m) == (customer, rep, 31.8206, 10)
    assert timezone.localtime(stored.next_at).hour == 9


def test_a_row_is_corrected_on_the_desktop(open_page):
    rep = UserFactory(role="rep")
    FollowUpFactory(customer=CustomerFactory(owner=rep), text="写错了")
    page = open_page(rep)
    page.goto("/follow-ups/")
    page.locator(".fu-pencil").click()
    page.locator(".fu-inline textarea").fill("  ")
    page.locator(".fu-inline [type=submit]").click()
    page.wait_for_selector(".fu-inline .invalid-feedback")  # refused: the form stays, with the reason
    page.locator(".fu-inline textarea").fill("写对了")
    page.locator(".fu-inline [type=submit]").click()
    page.wait_for_selector(".fu-clamp:has-text('写对了')")
    assert FollowUp.objects.get().text == "写对了"


def test_what_is_missing_is_asked_for_at_its_field(open_page):
    rep = UserFactory(role="rep")
    customer = CustomerFactory(owner=rep)
    page = open_page(rep, phone=True)
    page.goto(f"/follow-ups/new/?customer={customer.pk}")
    hint = page.get_by_text("请写下沟通内容")
    expect(hint).to_be_hidden()
    page.locator(".fu-foot [type=submit]").tap()
    expect(hint).to_be_visible()
    expect(page.locator("textarea[name=text]")).to_be_focused()
    page.fill("textarea[name=text]", "聊了新品")
    expect(hint).to_be_hidden()
    page.locator(".fu-foot [type=submit]").tap()
    page.wait_for_url(f"**/customers/{customer.pk}/**")
    assert FollowUp.objects.get().text == "聊了新品"
