"""Every page of a manager on the desktop."""

import pytest

from accounts.models import User
from tests.browser.every_page import MANAGER, SHARED, check_pages, demo_addresses


@pytest.mark.slow
def test_every_page(open_page):
    addresses = demo_addresses()
    page = open_page(User.objects.get(username="manager1"), phone=False, position=(31.735, 117.29))
    shared = frozenset(SHARED)
    check_pages(page, addresses, MANAGER, contrast_seen=shared, also_narrow=frozenset(MANAGER) - shared)
