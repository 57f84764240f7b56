"""Putting alerts off: until when, for whom, what it does not hide, and how it ends."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from alerts.models import Alert, AlertSnooze
from alerts.services import close_for_event, compute_alerts, snooze, undo_snooze, wake
from common.business_calendar import today
from crm.models import CustomerShare
from crm.services.owners import assign_owner
from reports.queries import alert_counts
from tests.alerts.test_screens import HTMX, LIST, MINE, html, overdue

pytestmark = pytest.mark.django_db
SNOOZE = reverse("alerts:snooze")
DAY = dt.timedelta(days=1)


@pytest.fixture
def shops(people, rule):
    """An alert of the owner, one of his colleague, one of an outsider: unvisited for 10 days."""
    people.rule = rule("unvisited", 10)
    people.shop = overdue(people.owner, "李家小店")
    for person, name in ((people.colleague, "张家小店"), (people.outsider, "赵家小店")):
        overdue(person, name)
    compute_alerts(today=today())
    people.alert = Alert.objects.get(customer=people.shop)
    return people


def put_off(actor, alerts, days=7, reason="装修歇业", **more):
    return snooze(
        actor=actor,
        alerts=[alert.pk for alert in alerts],
        until=today() + DAY * days,
        reason=reason,
        today=today(),
        now=timezone.now(),
        **more,
    )


def home_count(user, day):
    return next(one.count for one in alert_counts(user, day, own=True) if one.kind == "unvisited")


def test_away_until_the_day_and_back_on_it(shops):
    put_off(shops.owner, [shops.alert], days=3)
    mine = Alert.objects.open().filter(owner=shops.owner)
    for ahead, is_there in ((0, False), (2, False), (3, True), (4, True)):
        day = today() + DAY * ahead
        assert mine.awake(day).exists() is is_there, ahead
        assert mine.snoozed(day).exists() is not is_there, ahead
        assert home_count(shops.owner, day) == int(is_there), ahead
    assert Alert.objects.get(pk=shops.alert.pk).closed_on is None  # still open: put off is not done


@pytest.mark.parametrize(
    ("days", "reason", "field"), [(0, "x", "until"), (-1, "x", "until"), (181, "x", "until"), (7, "  ", "reason"), (7, "x" * 201, "reason")]
)  # fmt: skip
def test_refuses_bad_terms(shops, days, reason, field):
    with pytest.raises(ValidationError) as caught:
        put_off(shops.owner, [shops.alert], days=days, reason=reason)
    assert list(caught.value.message_dict) == [field]
    assert not AlertSnooze.objects.exists()


def test_each_alert_is_judged_by_itself(shops):
    other, far = Alert.objects.exclude(pk=shops.alert.pk).order_by("pk")
    closed = Alert.objects.create(
        customer=shops.shop, kind="unordered", owner=shops.owner, base_on=today(), period_days=1, due_on=today(),
        opened_on=today(), closed_on=today(),
    )  # fmt: skip
    CustomerShare.objects.create(customer=other.customer, user=shops.owner, can_write=True)
    result = put_off(shops.owner, [shops.alert, other, far, closed])
    assert result.done == 1
    assert set(result.refused) == {other.pk, far.pk, closed.pk}
    assert "共享" in str(result.refused[other.pk])
    assert list(Alert.objects.filter(snoozed_until__isnull=False)) == [shops.alert]
    assert put_off(shops.superior, [shops.alert, other, far]).done == 2  # his people's


def test_another_kind_and_a_new_alert_of_the_same_kind_show(shops, rule):
    put_off(shops.owner, [shops.alert], days=60)
    rule("unordered", 10)
    compute_alerts(today=today(), full=True)
    awake = Alert.objects.open().filter(customer=shops.shop).awake(today())
    assert [alert.kind for alert in awake] == ["unordered"]
    # He was there after all, and is late again before the day: that is a new alert.
    assert close_for_event(customer_id=shops.shop.pk, event="visit", day=today(), today=today()) == 1
    type(shops.shop).objects.filter(pk=shops.shop.pk).update(last_visit_on=today())
    compute_alerts(today=today() + DAY * 11, full=True)
    assert {alert.kind for alert in Alert.objects.open().filter(customer=shops.shop).awake(today())} == {
        "unvisited",
        "unordered",
    }


def test_a_changed_rule_does_not_bring_it_back(shops):
    put_off(shops.owner, [shops.alert])
    shops.rule.period_days = 9
    shops.rule.save()
    compute_alerts(today=today(), full=True)
    alert = Alert.objects.open().get(customer=shops.shop)
    assert alert.pk != shops.alert.pk
    assert alert.snoozed_until == today() + DAY * 7
    assert wake(actor=shops.owner, alert=alert, now=timezone.now()) == 1


def test_a_new_owner_sees_what_the_former_put_off(shops):
    put_off(shops.owner, [shops.alert])
    assign_owner(actor=shops.superior, customers=[shops.shop.pk], owner=shops.colleague, reason="assigned")
    shops.alert.refresh_from_db()
    assert shops.alert.snoozed_until is None
    assert AlertSnooze.objects.get().ended_at is not None
    assert undo_snooze(actor=shops.owner, batch=AlertSnooze.objects.get().batch, now=timezone.now()) == 0


def test_undo_restores_what_was_and_only_ones_own(shops):
    first = put_off(shops.owner, [shops.alert], days=3)
    second = put_off(shops.superior, [shops.alert], days=9, reason="等到年后")
    assert undo_snooze(actor=shops.outsider, batch=second.batch, now=timezone.now()) == 0
    assert undo_snooze(actor=shops.superior, batch=second.batch, now=timezone.now()) == 1
    shops.alert.refresh_from_db()
    assert shops.alert.snoozed_until == today() + DAY * 3
    assert undo_snooze(actor=shops.owner, batch=first.batch, now=timezone.now()) == 1
    assert undo_snooze(actor=shops.owner, batch=first.batch, now=timezone.now()) == 0
    shops.alert.refresh_from_db()
    assert shops.alert.snoozed_until is None
    assert AlertSnooze.objects.filter(ended_by__isnull=False).count() == 2  # who did what stays


def test_one_tap_on_the_phone_and_back(shops, login):
    client = login(shops.owner)
    data = {
        "pk": shops.alert.pk,
        "customer": shops.shop.pk,
        "until": str(today() + DAY * 7),
        "reason": "店主外出",
    }
    page = html(client.post(SNOOZE, data, **HTMX))
    assert "撤销" in page
    assert "李家小店" not in html(client.get(MINE))
    assert "店主外出" in html(client.get(MINE, {"off": 1}))
    assert "李家小店" not in html(client.get(LIST, {"view": "table"}))  # nor in his table
    # His superior sees it with who, until when and why.
    page = html(login(shops.superior).get(LIST))
    assert "李业务暂缓至" in page
    assert "店主外出" in page
    batch = AlertSnooze.objects.get().batch
    assert "李家小店" in html(client.post(reverse("alerts:undo_snooze", args=[batch]), **HTMX))
    assert "李家小店" in html(client.get(MINE))


def test_many_are_put_off_with_the_number_said_and_refusals_row_by_row(shops, login):
    client = login(shops.superior)
    asked = client.post(SNOOZE, {"all": "1", "query": "kind=unvisited"})
    assert "2 条预警" in html(asked)  # the outsider's is not among them
    data = {"all": "1", "query": "kind=unvisited", "until": str(today()), "reason": "x"}
    again = client.post(SNOOZE, data)
    assert again.status_code == 422
    assert "请选择今天之后的日期" in again.content.decode()
    client.post(SNOOZE, data | {"until": str(today() + DAY)})
    assert Alert.objects.snoozed(today()).count() == 2
    CustomerShare.objects.create(
        customer=Alert.objects.get(customer__name="赵家小店").customer, user=shops.owner
    )
    page = html(
        login(shops.owner).post(SNOOZE, data | {"until": str(today() + DAY * 2), "query": "snoozed=no"})
    )
    assert "赵家小店" in page
    assert "由负责人决定" in page


def test_permission_outsider_and_wake(shops, login):
    put_off(shops.owner, [shops.alert])
    url = reverse("alerts:wake", args=[shops.alert.pk])
    assert login(shops.outsider).post(url).status_code == 404
    assert login(shops.outsider).post(SNOOZE, {"pk": shops.alert.pk}).status_code == 404
    batch = AlertSnooze.objects.get().batch
    assert login(shops.outsider).get(reverse("alerts:undo_snooze", args=[batch])).status_code == 404
    assert login(shops.superior).get(reverse("alerts:undo_snooze", args=[batch])).status_code == 200
    assert login(shops.superior).get(url).status_code == 405
    login(shops.superior).post(url)
    shops.alert.refresh_from_db()
    assert shops.alert.snoozed_until is None
    shops.owner.role.permissions.remove(shops.owner.role.permissions.get(codename="snooze_alert"))
    assert login(shops.owner).post(SNOOZE, {"pk": shops.alert.pk}).status_code == 403
    assert SNOOZE not in html(login(shops.owner).get(MINE))
