"""Calls at the same moment: one id is one lead, and everybody gets his turn."""

import json
from collections import Counter

import pytest
from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from crm.enums import AssignMode
from crm.models import CapturedLead, Lead
from crm.services import lead_capture
from tests.factories import CapturedLeadFactory, LeadChannelFactory
from tests.races import race

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="real threads need PostgreSQL"),
]


@pytest.fixture(autouse=True)
def _fresh_counters():
    cache.clear()


def call(channel, number):
    body = json.dumps({"id": number, "name": f"老王超市{number}"}).encode()

    def work():
        return lead_capture.receive(
            channel=channel, body=body, content_type="application/json", now=timezone.now()
        )

    return work


def test_one_id_at_once_is_one_lead():
    channel = LeadChannelFactory()
    for number in range(5):
        answers = race(*[call(channel, number)] * 6)
        assert sorted(answer.status for answer in answers) == [200] * 5 + [201]
        assert len({answer.lead_id for answer in answers}) == 1
    assert Lead.objects.count() == 5
    assert Counter(CapturedLead.objects.values_list("state", flat=True)) == {"new": 5, "known": 25}


def test_everybody_gets_his_turn(people):
    channel = LeadChannelFactory(assign_mode=AssignMode.EVENLY)
    channel.assignees.set([people.owner, people.colleague, people.outsider])
    for start in range(0, 18, 6):
        answers = race(*[call(channel, number) for number in range(start, start + 6)])
        assert [answer.status for answer in answers] == [201] * 6
    owners = Counter(Lead.objects.values_list("owner", flat=True))
    assert owners == {people.owner.pk: 6, people.colleague.pk: 6, people.outsider.pk: 6}


def test_two_sweepers_make_one_lead_of_a_row():
    rows = [CapturedLeadFactory() for _ in range(5)]
    for row in rows:
        now = timezone.now()
        race(*[lambda pk=row.pk, at=now: lead_capture.process(captured_id=pk, now=at)] * 4)
    assert Lead.objects.count() == 5
    assert set(CapturedLead.objects.values_list("state", flat=True)) == {"new"}
