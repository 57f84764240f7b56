"""A phone's queue that comes twice at the same moment, and a day's report sent from two devices at once (D8, D9)."""

import datetime as dt
import json

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from sales.models import Receipt, SalesOrder
from tests.factories import CustomerFactory, ProductFactory, UserFactory, VisitFactory
from tests.races import race
from tests.visits.conftest import STORE
from tests.visits.test_races import needs_real_connections
from tests.visits.test_sync import FIX, action
from visits import services
from visits.models import ClientAction, DailyReport, Visit

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def queue(shop, product):
    enter = action("check_in", {"customer": shop.pk, "fix": FIX})
    lines = [{"product": product.pk, "quantity": "3"}]
    return [
        enter,
        action("order", {"visit": enter["uuid"], "customer": shop.pk, "lines": lines}),
        action("receipt", {"visit": enter["uuid"], "customer": shop.pk, "amount": "20", "method": "cash"}),
        action("summary", {"visit": enter["uuid"], "text": "一次"}),
        action("check_out", {"visit": enter["uuid"], "fix": FIX}, minutes_ago=20),
    ]


def sender(rep, actions):
    client = Client()
    client.force_login(rep, backend="accounts.backends.RoleBackend")
    return lambda: client.post(
        reverse("visits:sync"), json.dumps(actions), content_type="application/json"
    ).json()


def test_one_queue_sent_from_several_at_once_is_there_once():
    needs_real_connections()
    rep = UserFactory()
    shop = CustomerFactory(owner=rep, latitude=STORE[0], longitude=STORE[1])
    actions = queue(shop, ProductFactory())
    outcomes = race(*[sender(rep, actions) for _ in range(4)])
    assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)], outcomes
    # Who came while another was at it may be told to come again; whoever comes again gets the one answer.
    final = sender(rep, actions)()
    assert [answer["status"] for answer in final] == ["done"] * len(actions), final
    for outcome in outcomes:
        for answer, true in zip(outcome, final, strict=True):
            assert answer == true or answer["status"] not in ("done", "refused"), (answer, true)
    assert Visit.objects.count() == SalesOrder.objects.count() == Receipt.objects.count() == 1
    assert ClientAction.objects.count() == len(actions)


def test_two_devices_send_the_day_at_once():
    needs_real_connections()
    superior = UserFactory(role="manager")
    rep = UserFactory(superior=superior)
    now = timezone.now()
    today = timezone.localdate(now)
    VisitFactory(customer=CustomerFactory(owner=rep), rep=rep, check_in_at=now - dt.timedelta(minutes=5))
    outcomes = race(
        *[lambda: services.send_report(actor=rep, day=today, remark="完成", now=now) for _ in range(2)]
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["DailyReport", "ValidationError"], (
        outcomes
    )
    assert next(outcome for outcome in outcomes if isinstance(outcome, ValidationError)).code == "sent"
    report = DailyReport.objects.get()
    assert (report.status, report.remark) == ("sent", "完成")
    assert superior.notifications.filter(kind__contains="report").count() == 1
