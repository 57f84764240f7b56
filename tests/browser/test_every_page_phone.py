"""Every page of a rep on the phone."""

import pytest

from accounts.models import User
from tests.browser.every_page import REP, check_pages, demo_addresses


@pytest.mark.slow
def test_every_page(open_page):
    addresses = demo_addresses()
    page = open_page(User.objects.get(username="rep1"), phone=True, position=(31.735, 117.29))
    check_pages(page, addresses, REP)
