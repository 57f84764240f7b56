"""The menu: only groups with something in them, and first what the person works with all day."""

import re

import pytest
from django.test import RequestFactory

from accounts.enums import RoleCode
from accounts.models import Role
from common.menu import GROUPS, GROUPS_OF_ROLE, menu_links, menu_markup
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def heads(user):
    return re.findall(r'pd-nav-group">([^<]+)<', menu_markup(user))


def test_every_order_has_every_group_and_every_role_is_one():
    assert set(GROUPS_OF_ROLE) <= set(RoleCode.values)
    assert all(sorted(groups) == sorted(GROUPS) for groups in GROUPS_OF_ROLE.values())


def test_finance_has_money_first_and_no_empty_group(people):
    assert heads(people.finance) == [
        "财务",
        "销售",
        "客户",
        "库存",
        "团队协作",
    ]  # visits: nothing he may open
    assert heads(people.superior)[:3] == ["客户", "拜访", "销售"]


def test_the_office_has_orders_first(db):
    assert heads(UserFactory(role=Role.objects.get(code=RoleCode.BACK_OFFICE)))[0] == "销售"


def test_who_may_open_nothing_has_no_group(db):
    person = UserFactory(role=None)
    assert heads(person) == []
    assert menu_links(person) == ()


def test_the_open_section_is_marked(people):
    request = RequestFactory().get("/receipts/5/")
    marked = re.findall(
        r'pd-nav-link active" href="([^"]+)"', menu_markup(people.finance, f"/{request.path.split('/')[1]}/")
    )
    assert marked == ["/receipts/"]
