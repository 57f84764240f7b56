"""Rhythm on the customer's page, customer value, the back-test: who sees what, at what cost, and what wrong input does."""

import datetime as dt
import io
import re

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AccessLog
from alerts import tasks
from alerts.models import Alert, BacktestRun, CustomerRhythm
from alerts.services.rhythm import refresh_rhythms
from common.business_calendar import today
from tests.alerts.test_rhythm import order_every
from tests.factories import CustomerFactory

pytestmark = pytest.mark.django_db
BOARD, LIST = reverse("alerts:value_board"), reverse("alerts:value_list")
BACKTEST, RUN = reverse("alerts:backtest"), reverse("alerts:run_backtest")


def html(response, status=200):
    assert response.status_code == status, response
    return response.content.decode()


def panel(shop):
    return reverse("alerts:rhythm_panel", args=[shop.pk])


@pytest.fixture
def company(people):
    """A shop of the owner that left an order out and came back no more, one of an outsider in order."""
    people.shop = CustomerFactory(name="李家小店", owner=people.owner, level="A")
    people.far_shop = CustomerFactory(name="赵家小店", owner=people.outsider)
    order_every(people.shop, 7, 6, last=today() - dt.timedelta(days=80), total=500)
    order_every(people.far_shop, 7, 6, last=today() - dt.timedelta(days=1), total=100)
    refresh_rhythms(today=today())
    return people


# --- the customer's page
def test_rhythm_of_a_customer(company, login):
    page = html(login(company.owner).get(panel(company.shop)))
    assert re.search(r"每 [\d–]+ 天订一次货，最近 5 次间隔：", page)  # holidays shorten a gap
    assert "已超过 9 成的间隔" in page
    assert page.count("<rect") == 5
    assert "怎么算的" in page
    assert "前都属正常" in html(login(company.admin).get(panel(company.far_shop)))
    assert login(company.superior).get(panel(company.shop)).status_code == 200
    assert login(company.outsider).get(panel(company.shop)).status_code == 404
    assert f'hx-get="{panel(company.shop)}"' in html(
        login(company.owner).get(reverse("alerts:customer_panel", args=[company.shop.pk]))
    )


def test_rhythm_without_orders_and_with_few(company, login):
    few = CustomerFactory(owner=company.owner)
    client = login(company.owner)
    assert "还没有订货" in html(client.get(panel(few)))
    order_every(few, 5, 3, last=today())
    refresh_rhythms(today=today())
    assert "再有 1 个订货日" in html(client.get(panel(few)))


# --- customer value
def test_classes_of_those_one_sees(company, login):
    page = html(login(company.superior).get(BOARD))
    # The superior's only customer ordered long ago, as often as the other, for more money.
    assert "重要挽留客户" in page
    cell = f'href="{LIST}?frequency_score=1&amp;recency_score=1">1<'
    assert cell in page
    assert "按全公司一年内订过货的客户五等分" in page
    both = html(login(company.admin).get(BOARD))
    assert both.count('class="va-cell va-tone-4"') == 2
    other = html(login(company.admin).get(BOARD, {"department": company.other.pk}))
    assert f"&amp;department={company.other.pk}" in other
    assert html(login(company.admin).get(BOARD, {"department": "x"})).count("va-tone-4") == 2


def test_a_company_without_orders_is_told_so(people, login):
    assert "没有客户在一年内订过货" in html(login(people.superior).get(BOARD))
    assert "回测" in html(login(people.superior).get(BACKTEST))


@pytest.mark.parametrize("url", [BOARD, LIST, BACKTEST])
def test_reps_and_whoever_lacks_the_permission_get_403(company, login, url):
    assert login(company.owner).get(url).status_code == 403
    company.superior.role.permissions.clear()
    assert login(company.superior).get(url).status_code == 403


def test_the_list_behind_a_figure(company, login):
    client = login(company.admin)
    page = html(client.get(LIST))
    assert {"李家小店", "赵家小店"} <= set(page.replace("<", ">").split(">"))
    broken = html(client.get(LIST, {"broken": "yes"}))
    assert "李家小店" in broken
    assert "赵家小店" not in broken
    found = CustomerRhythm.objects.get(customer=company.far_shop)
    for name in ("rfm", "recency_score", "money_score"):
        page = html(client.get(LIST, {name: getattr(found, name)}))
        assert "赵家小店" in page, name
    assert "赵家小店" not in html(client.get(LIST, {"department": company.sales.pk}))
    assert "赵家小店" not in html(client.get(LIST, {"rep": company.owner.pk, "level": "A"}))
    assert "赵家小店" not in html(client.get(LIST, {"q": "李家"}))
    assert "赵家小店" not in html(login(company.superior).get(LIST))


def test_the_list_costs_the_same_with_one_row_and_with_three(company, login):
    client, costs = login(company.superior), []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            client.get(LIST)
        costs.append(len(queries))
        for _ in range(2):
            order_every(CustomerFactory(owner=company.owner), 7, 4, last=today())
        refresh_rhythms(today=today())
    assert costs[0] == costs[1] <= 12


def test_export_is_recorded_and_needs_its_permission(company, login):
    sheet = login(company.superior).get(LIST, {"export": "xlsx"})
    rows = list(openpyxl.load_workbook(io.BytesIO(sheet.getvalue())).active.values)
    assert rows[1][0] == "李家小店"
    assert AccessLog.objects.filter(actor=company.superior, action="export").exists()
    company.superior.role.permissions.remove(
        *company.superior.role.permissions.filter(codename="export_customerrhythm")
    )
    assert login(company.superior).get(LIST, {"export": "xlsx"}).status_code == 403


# --- the alert analysis
def test_alerts_by_value_and_trend(company, login):
    common = {"base_on": today(), "due_on": today(), "opened_on": today(), "period_days": 0, "kind": "rhythm"}
    facts = {"low": 7, "high": 7, "gaps": "7,7", "last_on": "2026-01-01", "expected_on": "2026-01-08"}
    for shop in (company.shop, company.far_shop):
        owner = {"customer": shop, "owner": shop.owner}
        Alert.objects.create(**common, **owner, facts={**facts, "limit_on": "2026-01-09", "quantile": 90})
    client = login(company.admin)
    chosen = CustomerRhythm.objects.get(customer=company.shop)
    assert chosen.trend == "falling"
    page = html(client.get(reverse("alerts:alert_list"), {"trend": "falling", "cols": "rfm,trend"}))
    assert "李家小店" in page
    assert "赵家小店" not in page
    assert chosen.get_rfm_display() in page
    assert "李家小店" in html(client.get(reverse("alerts:alert_list"), {"rfm": chosen.rfm}))
    assert chosen.get_rfm_display() in html(client.get(reverse("alerts:facets")))
    nothing = html(client.get(reverse("alerts:alert_list"), {"trend": "none", "rfm": "none"}))
    assert "李家小店" not in nothing


# --- the back-test
def test_replaying_from_the_page(company, login, monkeypatch, django_capture_on_commit_callbacks):
    nudged = []
    monkeypatch.setattr(tasks.backtest, "delay", nudged.append)
    days = {"first": today() - dt.timedelta(days=85), "last": today() - dt.timedelta(days=1), "horizon": 7}
    client = login(company.superior)
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(RUN, days).headers["Location"] == BACKTEST
    run = BacktestRun.objects.get()
    assert nudged == [run.pk]
    assert run.requested_by == company.superior
    address = reverse("alerts:backtest_progress", args=[run.pk])
    assert "等待" in html(client.get(BACKTEST))
    htmx = {"HTTP_HX_REQUEST": "true"}
    assert "HX-Refresh" not in client.get(address, **htmx).headers
    tasks.backtest(run.pk)
    assert client.get(address, **htmx).headers["HX-Refresh"] == "true"
    page = html(client.get(BACKTEST))
    assert "漏订" in page
    assert "<polyline" in page
    assert page.count("天后") >= 12


@pytest.mark.parametrize(
    "wrong", [{"first": "2026-13-40"}, {"first": "2026-11-02", "last": "2026-11-01"}, {"horizon": "0"}, {}]
)
def test_wrong_days_come_back_with_what_was_typed(company, login, wrong):
    good = {"first": "2026-10-01", "last": "2026-10-31", "horizon": "7"} if wrong else {}
    page = html(login(company.superior).post(RUN, good | wrong), 422)
    assert "invalid-feedback" in page
    for value in wrong.values():
        assert f'value="{value}"' in page
    assert not BacktestRun.objects.exists()


def test_replaying_needs_its_permission_and_a_post(company, login):
    client = login(company.superior)
    assert client.get(RUN).status_code == 405
    company.superior.role.permissions.remove(
        *company.superior.role.permissions.filter(codename="run_backtest")
    )
    assert login(company.superior).post(RUN, {}).status_code == 403
    assert "开始回测" not in html(login(company.superior).get(BACKTEST))
