"""The tabs at the foot of the phone: whoever sees one may open it."""

import re

import pytest

from accounts.enums import RoleCode
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("role", RoleCode.values)
def test_every_tab_opens(login, role):
    client = login(UserFactory(role=role))
    [tabs] = re.findall(r'<nav class="pd-tabs".*?</nav>', client.get("/me/").content.decode(), re.S)
    addresses = re.findall(r'href="([^"]+)"', tabs)
    assert addresses[0] == "/"
    assert len(addresses) >= 3
    assert addresses[-1] == "/me/"
    assert [address for address in addresses if client.get(address).status_code != 200] == []


def test_finance_has_its_own_pages_where_others_have_the_field(people, login):
    page = login(people.finance).get("/me/").content.decode()
    [tabs] = re.findall(r'<nav class="pd-tabs".*?</nav>', page, re.S)
    assert re.findall(r'href="([^"]+)"', tabs) == ["/", "/receipts/", "/finance/", "/customers/", "/me/"]
