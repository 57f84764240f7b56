"""Workbooks of lists whose cells are worked out: who may take them out, and that they say what the page says."""

import datetime as dt
import importlib
from io import BytesIO

import openpyxl
import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission

from accounts.models import AccessLog
from accounts.services import seed_role_permissions
from common.business_calendar import today
from territory.models import TourPlan
from tests.factories import CustomerFactory, RouteFactory, RouteStopFactory, UserFactory, VisitTaskFactory
from tests.team.instruction_data import give
from visits.services.plans import PlanTerms, save_plans

pytestmark = pytest.mark.django_db


@pytest.fixture
def lists(people):
    """{address: what stands in the row of its workbook}"""
    shop = CustomerFactory(owner=people.owner, name="蜗牛烘焙")
    VisitTaskFactory(rep=people.owner, customer=shop, date=today(), note="带样品")
    terms = PlanTerms(starts_on=today() + dt.timedelta(days=30), rhythm="days", every=10)
    save_plans(actor=people.superior, pairs=[(people.owner.pk, shop.pk)], terms=terms, today=today())
    RouteStopFactory(route=RouteFactory(rep=people.owner, name="滨湖线", weekdays="1,4"), customer=shop)
    last = today() + dt.timedelta(days=6)
    TourPlan.objects.create(name="下周方案", starts_on=today(), ends_on=last, created_by=people.superior)
    give(people, text="陈列再加一排")
    return {
        "/tasks/": {"蜗牛烘焙", "带样品", "李业务"},
        "/visit-plans/": {"蜗牛烘焙", "每 10 天", terms.starts_on},
        "/routes/": {"滨湖线", "周一 周四", "启用"},
        "/tour-plans/": {"下周方案"},
        "/instructions/": {"陈列再加一排", "李业务"},
    }


def cells(response):
    [_heads, *rows] = openpyxl.load_workbook(BytesIO(b"".join(response.streaming_content))).active.values
    return [{cell.date() if isinstance(cell, dt.datetime) else cell for cell in row} for row in rows]


def test_a_manager_takes_the_lists_out(people, lists, login):
    client = login(people.superior)
    for address, expected in lists.items():
        rows = cells(client.get(address, {"export": "xlsx"}))
        assert any(expected <= row for row in rows), (address, rows)
        assert "export=xlsx" in client.get(address).content.decode()


def test_a_rep_does_not_and_an_outsider_takes_nothing_of_them(people, lists, login):
    outsider = UserFactory(role="manager", department=people.outsider.department)
    for address, expected in lists.items():
        assert login(people.owner).get(address, {"export": "xlsx"}).status_code == 403
        assert "export=xlsx" not in login(people.owner).get(address).content.decode()
        rows = cells(login(outsider).get(address, {"export": "xlsx"}))
        assert not any(expected <= row for row in rows), address


# --- exports that are a permission of their own
OWN = {
    "/stock/": "export_stockmove",
    "/stock-moves/": "export_stockmove",
    "/stock-documents/": "export_stockmove",
    "/settlements/": "export_stockmove",
    "/products/": "export_product",
    "/targets/": "export_target",
}


@pytest.mark.parametrize("address", OWN)
def test_an_export_is_a_permission_of_its_own_and_on_record(people, login, address):
    client = login(people.superior)
    assert "export=xlsx" in client.get(address).content.decode()
    response = client.get(address, {"export": "xlsx"})
    assert b"".join(response.streaming_content)[:2] == b"PK"
    assert AccessLog.objects.get().actor == people.superior
    people.superior.role.permissions.remove(Permission.objects.get(codename=OWN[address]))
    client = login(people.superior)
    assert client.get(address, {"export": "xlsx"}).status_code == 403
    page = client.get(address)
    assert page.status_code == 200
    assert "export=xlsx" not in page.content.decode()
    assert AccessLog.objects.count() == 1


def test_the_workbook_of_targets_is_offered_where_it_may_be_taken(people, login):
    address = "/targets/import/"
    assert "export=xlsx" in login(people.superior).get(address).content.decode()
    people.superior.role.permissions.remove(Permission.objects.get(codename="export_target"))
    assert "export=xlsx" not in login(people.superior).get(address).content.decode()


def test_whoever_could_take_out_before_still_can(people):
    """The migration, on roles, a group and a person of before it."""
    migration = importlib.import_module("sales.migrations.0011_export_permissions")
    new = Permission.objects.filter(codename__in=set(OWN.values()))
    manager, finance = people.superior.role, people.finance.role
    for role in (manager, finance):
        role.permissions.remove(*new)
        role.seeded = [name for name in role.seeded if name.removeprefix("sales.") not in OWN.values()]
        role.save(update_fields=["seeded"])
    finance.permissions.remove(Permission.objects.get(codename="view_stockmove"))
    people.owner.user_permissions.add(Permission.objects.get(codename="change_product"))
    group = Group.objects.create(name="仓管")
    group.permissions.add(Permission.objects.get(codename="view_stockmove"))

    migration.grant(apps, None)
    seed_role_permissions(app_label="sales")

    def codes(permissions):
        return set(
            permissions.filter(codename__startswith="export_", pk__in=new).values_list("codename", flat=True)
        )

    assert codes(manager.permissions) == set(OWN.values())
    assert codes(finance.permissions) == {"export_product", "export_target"}  # its stock stays closed
    assert codes(people.owner.user_permissions) == {"export_product"}
    assert codes(people.owner.role.permissions) == set()
    assert codes(group.permissions) == {"export_stockmove"}
