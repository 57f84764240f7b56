"""The screens: owner, superior, outsider, missing permission; query counts; planning from an alert."""

import datetime as dt
import io
from decimal import Decimal

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AccessLog
from alerts import tasks
from alerts.models import Alert, AlertRun, RepAlertRule
from alerts.services import compute_alerts
from common.business_calendar import today
from crm.models import CustomerShare, Phone
from tests.factories import BillFactory, CustomerFactory, SalesOrderFactory, UserFactory, VisitTaskFactory
from visits.models import VisitTask

pytestmark = pytest.mark.django_db

LIST = reverse("alerts:alert_list")
MINE = reverse("alerts:my_alerts")
REPS = reverse("alerts:rep_alerts")
PLAN = reverse("alerts:add_to_plan")
COMPUTE = reverse("alerts:compute")
HTMX = {"HTTP_HX_REQUEST": "true"}


def overdue(owner, name, days=20, **fields):
    """A shop of `owner` that was visited `days` + 10 days ago."""
    last = today() - dt.timedelta(days=days + 10)
    return CustomerFactory(
        name=name, search_text=name, owner=owner, created_on=last, last_visit_on=last, **fields
    )


@pytest.fixture
def company(people, rule):
    """One overdue shop of each rep, rule: unvisited for 10 days."""
    rule("unvisited", 10)
    people.shop = overdue(people.owner, "李家小店", level="A")
    people.far_shop = overdue(people.outsider, "赵家小店")
    compute_alerts(today=today())
    people.alert = Alert.objects.get(customer=people.shop)
    people.far_alert = Alert.objects.get(customer=people.far_shop)
    return people


def html(response):
    assert response.status_code == 200, response
    return response.content.decode()


# --- the analysis page
def test_who_sees_which_alerts(company, login):
    assert "李家小店" in html(login(company.owner).get(LIST, {"view": "table"}))
    assert "赵家小店" not in html(login(company.owner).get(LIST, {"view": "table"}))
    page = html(login(company.superior).get(LIST))
    assert "李家小店" in page
    assert "赵家小店" not in page
    assert "李家小店" not in html(login(company.outsider).get(LIST, {"view": "table"}))
    assert {"李家小店", "赵家小店"} <= set(html(login(company.admin).get(LIST)).replace("<", ">").split(">"))


def test_a_rep_without_a_wish_gets_his_own_page(company, login):
    assert login(company.owner).get(LIST).headers["Location"] == MINE
    assert login(company.superior).get(LIST).status_code == 200


def test_a_shared_customer_is_seen(company, login):
    CustomerShare.objects.create(customer=company.far_shop, user=company.owner)
    assert "赵家小店" in html(login(company.owner).get(LIST, {"view": "table"}))


@pytest.mark.parametrize("url", [LIST, MINE, REPS])
def test_without_permission_403(company, login, url):
    company.owner.role.permissions.clear()
    assert login(company.owner).get(url).status_code == 403


@pytest.mark.parametrize("url", [LIST, MINE, REPS])
def test_without_login(client, db, url):
    assert client.get(url).status_code == 302


def test_the_row_says_it_all(company, login):
    SalesOrderFactory(customer=company.shop, total=Decimal("88.50"))
    page = html(login(company.superior).get(LIST))
    last, due = company.shop.last_visit_on, company.shop.last_visit_on + dt.timedelta(days=10)
    assert "20天" in page
    assert "¥88.50" in page
    assert f"客户超过10天未拜访：最近拜访 {last:%m-%d}，应于 {due:%m-%d}" in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"kind": "unvisited"}, {"近", "中", "远"}),
        ({"kind": "unsold"}, set()),
        ({"band": "1-7"}, {"近"}),
        ({"band": "8-30"}, {"中"}),
        ({"band": "91-"}, {"远"}),
        ({"level": "A"}, {"近"}),
        ({"level": "none"}, {"中", "远"}),
        ({"q": "中店"}, {"中"}),
        ({"rep": "owner"}, {"近", "中"}),
        ({"department": "other"}, {"远"}),
        ({"department": "head"}, {"近", "中", "远"}),
        ({"kind": "nonsense"}, set()),
    ],
)
def test_filters(people, rule, login, query, found):
    rule("unvisited", 10)
    overdue(people.owner, "近店", days=7, level="A")
    overdue(people.owner, "中店", days=8)
    overdue(people.outsider, "远店", days=100)
    compute_alerts(today=today())
    values = {
        "rep": lambda name: getattr(people, name).pk,
        "department": lambda name: getattr(people, name).pk,
    }
    params = {key: values.get(key, str)(value) for key, value in query.items()}
    response = login(people.admin).get(LIST, params)
    html(response)
    rows = str(response.context["rows"])
    assert {name for name in ("近", "中", "远") if f">{name}店<" in rows} == found


def test_facets_count_under_the_other_choices(people, rule, login):
    rule("unvisited", 10)
    rule("unordered", 10)
    overdue(people.owner, "近店", days=7)
    overdue(people.owner, "中店", days=8)
    overdue(people.colleague, "远店", days=100)
    compute_alerts(today=today())
    facets = login(people.superior).get(LIST, {"kind": "unvisited", "band": "8-30"}).context["facets"]
    assert {item.value: item.count for item in facets["kind"]} == {
        "unvisited": 1,
        "unordered": 1,
        "unsold": 0,
    }
    assert {item.value: item.count for item in facets["band"]} == {"1-7": 1, "8-30": 1, "31-90": 0, "91-": 1}
    assert {item.label: item.count for item in facets["rep"]} == {"李业务": 1, "张业务": 0}
    chosen = {item.value: item for item in facets["band"]}["8-30"]
    assert chosen.chosen
    assert chosen.query == "?kind=unvisited"  # a second click takes the choice back


def test_sorted_by_days_or_money(people, rule, login):
    rule("unvisited", 10)
    old, new = overdue(people.owner, "旧店", days=50), overdue(people.owner, "新店", days=5)
    BillFactory(customer=new, amount=Decimal(500))
    compute_alerts(today=today())
    page = str(login(people.superior).get(LIST).context["rows"])
    assert page.index(old.name) < page.index(new.name)
    page = str(login(people.superior).get(LIST, {"sort": "-receivable"}).context["rows"])
    assert page.index(new.name) < page.index(old.name)


@pytest.mark.parametrize("user", ["owner", "superior", "admin"])
def test_query_counts(people, rule, login, user):
    """The same number of statements with 1 and with 3 rows."""
    rule("unvisited", 10)
    counts = {}
    shops = 0
    for rows in (1, 3):
        while shops < rows:
            overdue(people.owner, f"店{shops}")
            shops += 1
        compute_alerts(today=today())
        client = login(getattr(people, user))
        for url, query in [(LIST, {"view": "table"}), (MINE, {}), (REPS, {})]:
            with CaptureQueriesContext(connection) as queries:
                html(client.get(url, query))
            counts.setdefault(url, []).append(len(queries))
    assert all(few == many <= 12 for few, many in counts.values()), counts


def test_htmx_gets_the_rows_and_fresh_facets(company, login):
    page = html(login(company.superior).get(LIST, {"q": "李家"}, headers={"HX-Target": "results"}, **HTMX))
    assert "<html" not in page
    assert "李家小店" in page
    assert 'hx-swap-oob="true"' in page


def test_empty(people, no_rules, login):
    assert "没有逾期" in html(login(people.superior).get(LIST))
    assert "你的客户都没有逾期" in html(login(people.owner).get(MINE))


def test_excel(company, login):
    client = login(company.superior)
    response = client.get(LIST, {"export": "xlsx"})
    rows = list(
        openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content))).active.iter_rows(
            values_only=True
        )
    )
    assert len(rows) == 2
    assert "李家小店" in rows[1]
    assert 20 in rows[1]
    assert AccessLog.objects.filter(actor=company.superior, rows=1).exists()
    assert login(company.owner).get(LIST, {"export": "xlsx"}).status_code == 403


# --- the button
def test_compute_now(company, login, monkeypatch, django_capture_on_commit_callbacks):
    sent = []
    monkeypatch.setattr(tasks.compute_alerts, "delay", sent.append)
    client = login(company.superior)
    with django_capture_on_commit_callbacks(execute=True):
        page = html(client.post(COMPUTE, **HTMX))
    run = AlertRun.objects.first()
    assert sent == [run.pk]
    assert (run.state, run.requested_by) == ("queued", company.superior)
    assert reverse("alerts:run_state", args=[run.pk]) in page
    with django_capture_on_commit_callbacks(execute=True):
        client.post(COMPUTE, **HTMX)  # once more: the same run
    assert sent == [run.pk]
    assert "HX-Refresh" not in client.get(reverse("alerts:run_state", args=[run.pk]), **HTMX).headers
    assert tasks.compute_alerts(run.pk) == run.pk
    assert tasks.compute_alerts(run.pk) is None  # a message that comes twice
    run.refresh_from_db()
    assert run.state == "done"
    done = client.get(reverse("alerts:run_state", args=[run.pk]), **HTMX)
    assert done.headers["HX-Refresh"] == "true"
    assert "上次计算" in html(done)


def test_compute_now_needs_the_permission(company, login):
    assert login(company.owner).post(COMPUTE).status_code == 403
    assert login(company.superior).get(COMPUTE).status_code == 405
    assert "立即计算" not in html(login(company.owner).get(LIST, {"view": "table"}))


def test_compute_now_says_when_the_queue_is_down(
    company, login, monkeypatch, django_capture_on_commit_callbacks
):
    from kombu.exceptions import OperationalError

    def down(pk):
        raise OperationalError

    monkeypatch.setattr(tasks.compute_alerts, "delay", down)
    with django_capture_on_commit_callbacks(execute=True):
        login(company.superior).post(COMPUTE)
    run = AlertRun.objects.first()
    assert (run.state, run.message) == ("failed", "任务队列无法连接，请稍后再试。")


# --- the rep's own
def test_mine_are_the_users_own_customers_only(company, login):
    overdue(company.colleague, "张家小店")
    compute_alerts(today=today())
    page = html(login(company.owner).get(MINE))
    assert "李家小店" in page
    assert "张家小店" not in page
    assert "李家小店" not in html(login(company.superior).get(MINE))  # in his scope, but not his own


def test_a_card_offers_call_navigation_and_plan(company, login):
    Phone.objects.create(customer=company.shop, raw="13800001111", e164="+8613800001111")
    page = html(login(company.owner).get(MINE))
    assert 'href="tel:+8613800001111"' in page
    assert "https://uri.amap.com/navigation" in page
    assert "今天" in page
    assert "逾期20天" in page


def test_kinds_and_money_order(people, rule, login):
    rule("unvisited", 10)
    rule("unordered", 10)
    old, new = overdue(people.owner, "旧店", days=50), overdue(people.owner, "新店", days=5)
    SalesOrderFactory(customer=new)
    BillFactory(customer=new, amount=Decimal(500))
    compute_alerts(today=today())
    client = login(people.owner)
    groups = client.get(MINE).context["groups"]
    assert [(g["kind"], [c.alert.customer for c in g["cards"]]) for g in groups] == [
        ("unvisited", [old, new]),
        ("unordered", [old, new]),
    ]
    groups = client.get(MINE, {"sort": "money", "kind": "unordered"}).context["groups"]
    assert [(g["kind"], [c.alert.customer for c in g["cards"]]) for g in groups] == [
        ("unordered", [new, old])
    ]


# --- from an alert to a task
def test_one_tap_plans_and_says_so(company, login):
    client = login(company.owner)
    data = {"pk": company.alert.pk, "date": today().isoformat(), "rep": company.owner.pk}
    response = client.post(PLAN, data, **HTMX)
    assert "已计划" in html(response)
    assert "HX-Trigger" in response.headers
    task = VisitTask.objects.get()
    assert (task.rep, task.customer, task.date, task.source) == (
        company.owner,
        company.shop,
        today(),
        "alert",
    )
    client.post(PLAN, data, **HTMX)  # twice
    assert VisitTask.objects.count() == 1
    assert "已计划" in html(client.get(MINE))


def test_an_open_task_is_shown_as_planned(company, login):
    VisitTaskFactory(customer=company.shop, date=today() - dt.timedelta(days=1))  # past: not planned
    assert "已计划" not in html(login(company.owner).get(MINE))
    VisitTaskFactory(customer=company.shop, date=today() + dt.timedelta(days=3))
    assert "已计划" in html(login(company.owner).get(MINE))


def test_the_manager_is_asked_for_a_day_and_each_customer_goes_to_his_owner(company, login):
    second = overdue(company.colleague, "张家小店")
    compute_alerts(today=today())
    ids = [company.alert.pk, Alert.objects.get(customer=second).pk]
    client = login(company.superior)
    page = html(client.post(PLAN, {"pk": ids}))
    assert "李家小店" in page
    assert not VisitTask.objects.exists()
    tomorrow = today() + dt.timedelta(days=1)
    response = client.post(PLAN, {"pk": ids, "date": tomorrow.isoformat(), "rep": ""}, follow=True)
    assert "已安排 2 次拜访" in html(response)
    assert set(VisitTask.objects.values_list("rep", "customer")) == {
        (company.owner.pk, company.shop.pk),
        (company.colleague.pk, second.pk),
    }


@pytest.mark.parametrize(
    ("came_from", "goes_to"),
    [
        ("http://testserver/alerts/?kind=unvisited", "/alerts/?kind=unvisited"),
        ("http://elsewhere.example/alerts/", "/alerts/"),
        ("http://testserver/admin/", "/alerts/"),
    ],
)
def test_back_to_the_list_as_it_was(company, login, came_from, goes_to):
    client = login(company.superior)
    asked = client.post(PLAN, {"pk": company.alert.pk}, headers={"Referer": came_from})
    assert asked.context["next"] == goes_to
    data = {"pk": company.alert.pk, "date": today().isoformat(), "rep": "", "next": asked.context["next"]}
    assert client.post(PLAN, data).headers["Location"] == goes_to


def test_the_manager_may_name_the_rep(company, login):
    CustomerShare.objects.create(customer=company.shop, user=company.colleague)
    data = {"pk": company.alert.pk, "date": today().isoformat(), "rep": company.colleague.pk}
    login(company.superior).post(PLAN, data)
    assert VisitTask.objects.get().rep == company.colleague


@pytest.mark.parametrize("date", ["2020-01-01", "soon", ""])
def test_a_bad_day_keeps_the_input_and_says_why(company, login, date):
    page = html(login(company.superior).post(PLAN, {"pk": company.alert.pk, "date": date, "rep": ""}))
    assert f'name="pk" value="{company.alert.pk}"' in page
    assert "invalid-feedback" in page or "alert-danger" in page
    assert not VisitTask.objects.exists()


def test_a_rep_who_does_not_see_the_customer_is_refused_and_said_so(company, login):
    data = {"pk": company.alert.pk, "date": today().isoformat(), "rep": company.colleague.pk}
    assert "看不到客户" in html(login(company.superior).post(PLAN, data, follow=True))
    assert not VisitTask.objects.exists()


def test_a_rep_out_of_scope_is_no_choice(company, login):
    data = {"pk": company.alert.pk, "date": today().isoformat(), "rep": company.outsider.pk}
    html(login(company.superior).post(PLAN, data))
    assert not VisitTask.objects.exists()


def test_an_outsiders_alert_is_not_found_and_a_mixed_bag_plans_ones_own(company, login):
    client = login(company.owner)
    data = {"date": today().isoformat(), "rep": ""}
    assert client.post(PLAN, data | {"pk": company.far_alert.pk}).status_code == 404
    client.post(PLAN, data | {"pk": [company.far_alert.pk, company.alert.pk]})
    assert list(VisitTask.objects.values_list("customer", flat=True)) == [company.shop.pk]


def test_planning_needs_both_permissions(company, login):
    permission = company.owner.role.permissions.get(codename="add_visittask")
    company.owner.role.permissions.remove(permission)
    client = login(company.owner)
    data = {"pk": company.alert.pk, "date": today().isoformat(), "rep": ""}
    assert client.post(PLAN, data).status_code == 403
    assert PLAN not in html(client.get(MINE))


def test_a_closed_alert_and_nothing_chosen(company, login):
    Alert.objects.update(closed_on=today())
    client = login(company.owner)
    response = client.post(PLAN, {"pk": company.alert.pk, "date": today().isoformat()}, follow=True)
    assert "已经解除" in html(response)
    assert "请至少选择一条预警" in html(client.post(PLAN, {}, follow=True))
    assert not VisitTask.objects.exists()


# --- reps compared
def test_a_rep_sees_his_own_bar_against_everybodys_average(company, login):
    RepAlertRule.objects.create(measure="visits")
    page = html(login(company.owner).get(REPS))
    assert "李业务" in page
    assert "张业务" not in page
    assert "/ 3" in page  # rank among all three
    page = html(login(company.superior).get(REPS))
    assert "张业务" in page
    assert "赵外人" not in page
    assert "赵外人" in html(login(company.admin).get(REPS))


@pytest.mark.parametrize(
    "measure", ["visits", "customers", "orders", "order_amount", "sales", "sales_amount"]
)
def test_the_bar_leads_to_its_records(company, login, measure):
    RepAlertRule.objects.create(measure=measure)
    client = login(company.superior)
    line = client.get(REPS).context["lines"][0]
    assert f"rep={line.rep.pk}" in line.url
    response = client.get(line.url)
    html(response)
    chips = response.context["filterset"].chips()
    assert len(chips) >= 3, chips  # rep, from, until are understood by that list


def test_the_chosen_rule(company, login):
    RepAlertRule.objects.create(measure="visits")
    second = RepAlertRule.objects.create(measure="order_amount")
    client = login(company.superior)
    assert client.get(REPS, {"rule": second.pk}).context["rule"] == second
    assert client.get(REPS, {"rule": "nonsense"}).context["rule"].measure == "visits"
    RepAlertRule.objects.all().delete()
    assert "还没有业务员预警规则" in html(client.get(REPS))


# --- the customer's page
def test_customer_panel(company, login):
    url = reverse("alerts:customer_panel", args=[company.shop.pk])
    page = html(login(company.owner).get(url))
    assert "未拜访" in page
    assert "逾期20天" in page
    assert "客户，周期10天：最近拜访" in page
    assert login(company.superior).get(url).status_code == 200
    assert login(company.outsider).get(url).status_code == 404
    company.owner.role.permissions.clear()
    assert login(company.owner).get(url).status_code == 403


def test_customer_panel_without_alerts_shows_the_history(company, login):
    Alert.objects.filter(pk=company.alert.pk).update(closed_on=today())
    page = html(login(company.owner).get(reverse("alerts:customer_panel", args=[company.shop.pk])))
    assert "没有预警" in page
    assert "历史预警" in page


# --- admin
def test_admin_pages_open(people, login):
    people.admin.is_superuser = True
    people.admin.save()
    client = login(people.admin)
    for model in ("alertrule", "repalertrule", "alertrun"):
        assert client.get(reverse(f"admin:alerts_{model}_changelist")).status_code == 200
    assert "部门优先于通用" in html(client.get(reverse("admin:alerts_alertrule_add")))


def test_seeded_rules(db):
    from alerts.models import AlertRule

    found = set(AlertRule.objects.values_list("kind", "level", "period_days"))
    assert found == {
        ("unvisited", "A", 7),
        ("unvisited", "B", 14),
        ("unvisited", "C", 30),
        ("unvisited", "", 30),
        ("unordered", "A", 14),
        ("unordered", "", 30),
        ("unsold", "", 45),
    }
    assert set(RepAlertRule.objects.values_list("measure", "threshold_percent")) == {
        ("visits", 60),
        ("orders", 60),
    }
    assert UserFactory().pk
