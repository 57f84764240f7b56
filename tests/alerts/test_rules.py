"""Managers' pages of alert rules: preview, saving, history, exemptions, runs; and who hears of new alerts."""

import datetime as dt
from decimal import Decimal

import pytest
from django.urls import reverse

from alerts.models import Alert, AlertExemption, AlertMark, AlertRule, AlertRun
from alerts.queries import explain
from alerts.services import compute_alerts, judge_changes
from alerts.services.preview import preview_rule
from common.business_calendar import today
from comms.models import Notification
from tests.factories import CustomerFactory, UserFactory

pytestmark = pytest.mark.django_db
LONG_AGO = dt.date(2026, 1, 1)
RULES = "/alerts/rules/"


@pytest.fixture
def company(rule, people):
    """Three shops of one rep and one of another, none ever visited."""
    shops = [CustomerFactory(owner=people.owner, created_on=LONG_AGO, level="A") for _ in range(3)]
    return [*shops, CustomerFactory(owner=UserFactory(superior=people.superior), created_on=LONG_AGO)]


def test_the_preview_counts_and_writes_nothing(company, rule):
    general = rule("unvisited", 3650)
    compute_alerts(today=today(), full=True)
    before = AlertMark.objects.count()
    general.period_days = 10
    found = preview_rule(rule=general, today=today())
    assert (found.opens, found.reps, found.most, found.before, found.after) == (4, 2, 3, 0, 4)
    assert found.busiest == str(company[0].owner)
    only_a = preview_rule(rule=AlertRule(kind="unvisited", period_days=10, level="A"), today=today())
    assert (only_a.opens, only_a.most, only_a.closes) == (3, 3, 0)
    assert not Alert.objects.exists()
    assert AlertMark.objects.count() == before
    general.refresh_from_db()
    assert general.period_days == 3650


def test_the_page_previews_then_saves_and_keeps_the_history(company, rule, people, login):
    general = rule("unvisited", 3650)
    client = login(people.superior)
    page = f"{RULES}{general.pk}/"
    data = {"period_days": 10, "is_enabled": "on"}
    answer = client.post(page, data | {"preview": "1"}).content.decode()
    assert "<b>4</b>" in answer
    assert "<b>3</b>" in answer
    general.refresh_from_db()
    assert general.period_days == 3650
    assert client.post(page, data).status_code == 302
    judge_changes(today=today())
    alert = Alert.objects.filter(customer=company[0]).get()
    client.post(page, {"period_days": 20, "level": "B", "is_enabled": "on"})
    alert.refresh_from_db()
    assert (alert.version.values["period_days"], alert.version.number) == (10, 1)
    assert alert.version.made_by == people.superior
    history = client.get(page).content.decode()
    assert history.count("<b>第") == 2
    general.delete()
    alert.refresh_from_db()
    assert alert.version.values["period_days"] == 10  # the alert explains itself without the rule


@pytest.mark.parametrize(
    ("kind", "data", "field"),
    [
        ("unvisited", {"period_days": 0}, "period_days"),
        ("overdue", {"period_days": 0}, "threshold"),
        ("low_stock", {"period_days": 5, "threshold": 0}, "threshold"),
        ("unvisited", {"period_days": 5, "starts_on": "2026-02-02", "ends_on": "2026-02-01"}, "ends_on"),
    ],
)
def test_what_a_kind_cannot_have_is_refused_and_kept(no_rules, people, login, kind, data, field):
    answer = login(people.superior).post(f"{RULES}new/{kind}/", data)
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert not AlertRule.objects.exists()


def test_who_may_and_who_may_not(no_rules, people, login):
    general = AlertRule.objects.create(kind="unvisited", period_days=5)
    for path in (
        RULES,
        f"{RULES}{general.pk}/",
        f"{RULES}new/credit/",
        "/alerts/exemptions/new/",
        "/alerts/runs/",
    ):
        assert login(people.owner).get(path).status_code == 403, path
        assert login(people.superior).get(path).status_code == 200, path
    assert login(people.superior).get(f"{RULES}new/nonsense/").status_code == 404
    switch = reverse("alerts:rule_switch", args=[general.pk])
    assert login(people.superior).get(switch).status_code == 405
    login(people.superior).post(switch, {"on": "0"})
    general.refresh_from_db()
    assert not general.is_enabled
    login(people.superior).post(reverse("alerts:rule_delete", args=[general.pk]))
    assert not AlertRule.objects.exists()


def test_exemptions(company, rule, people, login):
    rule("unvisited", 10)
    compute_alerts(today=today(), full=True)
    client, page = login(people.superior), "/alerts/exemptions/new/"
    assert client.post(page, {"reason": "x"}).status_code == 422
    both = client.post(page, {"level": "A", "customer": company[0].pk, "reason": "x"})
    assert both.status_code == 422
    assert f'value="{company[0].name}"' in both.content.decode()  # what was chosen is still there
    assert client.post(page, {"customer": 0, "reason": "x"}).status_code == 422
    for named, field in (({}, "level"), ({"level": "A", "customer": company[0].pk}, "level")):
        wrong = client.post(page, {**named, "reason": "长" * 201})  # what else is wrong changes nothing
        assert wrong.context["form"].errors[field] == ["等级、标签、客户三者填一项。"]
        assert "约束" not in wrong.content.decode()
    until = today() + dt.timedelta(days=1)
    assert client.post(page, {"level": "A", "until": until, "reason": "renovation"}).status_code == 302
    judge_changes(today=today())
    assert [alert.customer for alert in Alert.objects.filter(closed_on=None)] == [company[3]]
    assert "renovation" in explain(company[0], today())[0].text
    compute_alerts(today=until + dt.timedelta(days=1), full=True)
    assert Alert.objects.filter(closed_on=None).count() == 4
    row = AlertExemption.objects.get()
    assert row.created_by == people.superior
    client.post(reverse("alerts:exemption_delete", args=[row.pk]))
    assert not AlertExemption.objects.exists()


def test_each_owner_is_told_once_a_run_and_the_superior_gets_a_sum(company, rule, people):
    Notification.objects.all().delete()
    rule("unvisited", 10)
    rule("unordered", 20)
    compute_alerts(today=today(), full=True)
    notice = Notification.objects.get(recipient=people.owner, kind="alert")
    assert "6" in notice.title
    summary = Notification.objects.get(recipient=people.superior, kind="alert")
    assert str(people.owner.name) in summary.body
    compute_alerts(today=today(), full=True)
    assert Notification.objects.filter(kind="alert").count() == 3  # two owners, one superior; nothing twice


def test_runs_say_what_they_did(company, rule, people, login):
    rule("unvisited", 10)
    run = compute_alerts(today=today(), full=True)
    assert run.counts == {"unvisited": [4, 0]}
    CustomerFactory(owner=people.owner, created_on=LONG_AGO)
    change = judge_changes(today=today())
    assert (change.mode, change.judged, change.counts) == ("changes", 1, {"unvisited": [1, 0]})
    page = login(people.superior).get("/alerts/runs/").content.decode()
    assert page.count("<tr>") >= 3
    assert AlertRun.objects.filter(state="done").count() == 2
    assert Decimal(str(change.seconds)) >= 0
