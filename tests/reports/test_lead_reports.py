"""The funnel of leads against the board of the leads' own pages, captured leads, and the flow of the pool."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone

import reports.queries.catalogue  # noqa: F401
from common.business_calendar import today
from common.periods import Period
from crm.enums import LeadEventKind, OwnerChangeReason
from crm.models import LeadEvent
from crm.services import owners
from reports.enums import Comparison
from reports.queries import engine
from reports.queries.asked import Asked
from reports.queries.drill import counted_rows
from reports.queries.facts.leads import LEADS
from reports.queries.report import REPORTS
from tests.factories import CapturedLeadFactory, CustomerFactory, LeadFactory

pytestmark = pytest.mark.django_db

DAY = dt.timedelta(days=1)


def asked_by(user, **filters):
    return Asked(user, Period("custom", today() - 29 * DAY, today()), today(), filters)


def lead_at(owner, stage, *history, **fields):
    lead = LeadFactory(owner=owner, stage=stage, **fields)
    for step in history:
        LeadEvent.objects.create(lead=lead, kind=LeadEventKind.STAGE, to_stage=step)
    return lead


def test_a_lost_lead_counts_where_it_came_to(people):
    lead_at(people.owner, "new")
    lead_at(people.owner, "lost", "contacted", "interested")
    lead_at(people.owner, "lost")
    lead_at(people.owner, "converted")
    lead_at(people.outsider, "negotiating")
    lead_at(people.owner, "negotiating", deleted_at=timezone.now())
    table = REPORTS["lead_funnel"].table(asked_by(people.owner), "lead_step", compare=Comparison.BEFORE)
    assert table.figures("lead_count") == [4, 2, 2, 1, 1]
    assert table.figures("of_step_before") == [1.0, 0.5, 1.0, 0.5, 1.0]
    assert table.totals == (4, None, 0.25)
    assert [row.before for row in table.rows] == [(0, None, None)] * 5


def test_a_step_taken_back_is_none_and_rows_of_a_step_are_all_that_reached_it(people):
    lead = lead_at(people.owner, "contacted", "interested")
    far = lead_at(people.owner, "converted")
    LeadEvent.objects.filter(lead=lead).update(taken_back=True)
    rows = counted_rows(asked_by(people.owner), "lead_count", LEADS, "lead_step", "interested")
    assert [row.pk for row in rows] == [far.pk]
    with pytest.raises(ValueError, match="lost"):
        counted_rows(asked_by(people.owner), "lead_count", LEADS, "lead_step", "lost")


def test_days_to_convert(people):
    now = timezone.now()
    for days in (1, 4):
        lead_at(people.owner, "converted", created_at=now - days * DAY, converted_at=now)
    table = engine.table(asked_by(people.owner), ["lead_days", "leads_converted"], "rep")
    assert table.totals == (pytest.approx(2.5, abs=0.001), 2)


def test_calls_that_made_no_lead_count_for_the_company_only(people):
    lead = LeadFactory(owner=people.owner)
    CapturedLeadFactory(state="new", lead=lead)
    CapturedLeadFactory(state="refused")
    codes = ["captured_count", "captured_new", "captured_refused", "captured_new_share"]
    assert engine.table(asked_by(people.admin), codes, "lead_channel").totals == (2, 1, 1, 0.5)
    assert engine.table(asked_by(people.superior), codes, "lead_channel").totals == (1, 1, 0, 1.0)


# --- pool
CODES = ["pool_claimed", "pool_assigned", "pool_released", "pool_recycled", "pool_balance"]


def test_moves_count_for_whom_they_concern(people):
    """One customer is given back by its owner and claimed by a colleague, one assigned, one handed over beside the pool."""
    back, free, held = (
        CustomerFactory(owner=people.owner),
        CustomerFactory(owner=None),
        CustomerFactory(owner=people.owner),
    )
    owners.release_customers(actor=people.owner, customers=[back.pk])
    owners.claim_customer(actor=people.colleague, customer_id=back.pk)
    for customer, reason in (
        (free, OwnerChangeReason.ASSIGNED),
        (held, OwnerChangeReason.TRANSFERRED),
    ):
        outcome = owners.assign_owner(
            actor=people.admin, customers=[customer.pk], owner=people.colleague, reason=reason
        )
        assert outcome.changed == [customer.pk]
    table = engine.table(asked_by(people.superior), CODES, "rep")
    assert {row.key: row.values for row in table.rows} == {
        str(people.owner.pk): (0, 0, 1, 0, -1),
        str(people.colleague.pk): (1, 1, 0, 0, 2),
    }
    assert table.totals == (1, 1, 1, 0, 1)
    assert engine.table(asked_by(people.outsider), CODES, "rep").totals == (0, 0, 0, 0, 0)


def test_pool_customers_count_for_who_had_them_last(people):
    mine = CustomerFactory(owner=people.owner)
    CustomerFactory(owner=None)
    owners.release_customers(actor=people.owner, customers=[mine.pk])
    assert engine.table(asked_by(people.superior), ["in_pool"], "rep").totals == (1,)
    table = engine.table(asked_by(people.admin), ["in_pool"], "rep")
    assert {row.key: row.values[0] for row in table.rows} == {str(people.owner.pk): 1, "none": 1}
