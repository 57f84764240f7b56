"""A rep on the phone records a follow-up with a photo and his position, and finds it in the list (B6)."""

import pytest
from django.utils import timezone

from crm.models import FollowUp
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
    assert page.locator("[data-count-of=id_text]").inner_text() == "2001"
    picture = photo().read()
    page.set_input_files("input[name=photos]", {"name": "a.jpg", "mimeType": "image/jpeg", "buffer": picture})
    page.wait_for_selector("[data-previews] img")
    page.locator("[data-position]").tap()
    page.wait_for_selector("[data-unposition]:visible")
    page.locator("[data-next]").first.tap()

    page.locator(".fu-foot [type=submit]").tap()
    page.wait_for_selector("[data-errors]:not([hidden])")
    assert "2001" in page.locator("[data-errors]").inner_text()
    # Refused, and everything is still there.
    assert page.input_value("textarea[name=text]") == "字" * 2001
    assert page.locator("[data-previews] img").count() == 1

    page.fill("textarea[name=text]", "下周送样品")
    page.locator(".fu-foot [type=submit]").tap()
    page.wait_for_url(f"**/customers/{customer.pk}/")
    page.goto("/follow-ups/")
    row = page.locator(".pd-table tbody tr").first
    assert "张记超市" in row.inner_text()
    assert "下周送样品" in row.inner_text()
    image = row.locator("img")
    image.scroll_into_view_if_needed()
    page.wait_for_function("document.querySelector('.fu-thumbs img').naturalWidth > 0")
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
