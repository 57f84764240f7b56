"""Who has a lead: assigning, claiming and giving back (C2, domain-rules §5)."""

import datetime as dt

import pytest
from auditlog.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import connection

from accounts.models import SystemOptions
from comms.models import Notification
from crm.enums import LeadEventKind
from crm.models import Lead, LeadEvent
from crm.queries import leads as queries
from crm.services import leads as services
from tests.factories import LeadFactory, UserFactory
from tests.races import race

NOW = dt.datetime(2026, 3, 10, 4, tzinfo=dt.UTC)


def pooled(**fields):
    return LeadFactory(owner=None, pooled_at=NOW - dt.timedelta(days=3), **fields)


def set_options(**fields):
    SystemOptions.objects.filter(pk=SystemOptions.load().pk).update(**fields)


@pytest.mark.django_db
class TestAssign:
    def test_each_id_is_checked_not_only_the_first(self, people):
        mine, pool = LeadFactory(owner=people.owner), pooled()
        foreign, done = LeadFactory(owner=people.outsider), LeadFactory(owner=people.owner, stage="converted")
        binned = LeadFactory(owner=people.owner, deleted_at=NOW)
        his = LeadFactory(owner=people.colleague)
        ids = [mine.pk, pool.pk, foreign.pk, done.pk, binned.pk, his.pk, 10**9]
        outcome = services.assign_leads(actor=people.superior, leads=ids, owner=people.colleague, now=NOW)
        assert outcome.changed == [mine.pk, pool.pk]
        assert set(outcome.refused) == {foreign.pk, done.pk, binned.pk, his.pk, 10**9}
        # An id that is nobody's and one that is not mine are told apart by nothing.
        assert outcome.refused[foreign.pk] == outcome.refused[10**9]
        for lead in (mine, pool):
            lead.refresh_from_db()
            assert (lead.owner, lead.received_on, lead.pooled_at) == (
                people.colleague,
                dt.date(2026, 3, 10),
                None,
            )
        event = mine.events.get()
        assert (event.kind, event.from_user, event.to_user, event.by) == (
            LeadEventKind.ASSIGNED,
            people.owner,
            people.colleague,
            people.superior,
        )
        assert LogEntry.objects.get_for_object(mine).filter(changes__has_key="owner").exists()
        notice = Notification.objects.get(recipient=people.colleague)
        assert "2" in notice.title
        foreign.refresh_from_db()
        assert foreign.owner == people.outsider

    def test_only_to_active_people_of_ones_own(self, people):
        lead = LeadFactory(owner=people.owner)
        with pytest.raises(ValidationError):
            services.assign_leads(actor=people.superior, leads=[lead.pk], owner=people.outsider)
        people.colleague.is_active = False
        people.colleague.save()
        with pytest.raises(ValidationError):
            services.assign_leads(actor=people.superior, leads=[lead.pk], owner=people.colleague)
        lead.refresh_from_db()
        assert lead.owner == people.owner

    def test_a_thousand_cost_what_one_costs(self, people, django_assert_num_queries):
        SystemOptions.load()
        ContentType.objects.get_for_model(Lead)
        for count in (1, 3):
            ids = [LeadFactory(owner=people.owner).pk for _ in range(count)]
            people.superior = type(people.superior).objects.get(pk=people.superior.pk)
            with django_assert_num_queries(14):
                services.assign_leads(actor=people.superior, leads=ids, owner=people.colleague, now=NOW)

    def test_release_gives_back_item_by_item(self, people):
        mine, foreign, pool = LeadFactory(owner=people.owner), LeadFactory(owner=people.outsider), pooled()
        done = LeadFactory(owner=people.owner, stage="converted")
        outcome = services.release_leads(
            actor=people.owner, leads=[mine.pk, foreign.pk, pool.pk, done.pk], note="没时间", now=NOW
        )
        assert outcome.changed == [mine.pk]
        assert set(outcome.refused) == {foreign.pk, pool.pk, done.pk}
        mine.refresh_from_db()
        assert (mine.owner, mine.last_owner, mine.received_on, mine.pooled_at) == (
            None,
            people.owner,
            None,
            NOW,
        )
        assert mine.events.get().note == "没时间"


@pytest.mark.django_db
class TestClaim:
    def test_claim(self, people):
        lead = pooled()
        claimed = services.claim_lead(actor=people.owner, lead_id=lead.pk, now=NOW)
        assert (claimed.owner, claimed.received_on, claimed.pooled_at) == (
            people.owner,
            dt.date(2026, 3, 10),
            None,
        )
        event = lead.events.get()
        assert (event.kind, event.to_user, event.at) == (LeadEventKind.CLAIMED, people.owner, NOW)
        assert Lead.objects.visible_to(people.owner).filter(pk=lead.pk).exists()

    @pytest.mark.parametrize("fields", [{"deleted_at": NOW}, {"stage": "converted"}, {"owned": True}])
    def test_only_what_is_in_the_pool(self, people, fields):
        owner = people.colleague if fields.pop("owned", False) else None
        lead = LeadFactory(owner=owner, **fields)
        with pytest.raises(ValidationError):
            services.claim_lead(actor=people.owner, lead_id=lead.pk, now=NOW)
        lead.refresh_from_db()
        assert lead.owner == owner

    def test_daily_cap_counts_own_claims_of_the_business_day(self, people):
        set_options(daily_claim_cap=2)
        leads = [pooled() for _ in range(4)]
        # 15:30 and 16:30 UTC are two business days in Shanghai.
        before_midnight = dt.datetime(2026, 3, 10, 15, 30, tzinfo=dt.UTC)
        for lead in leads[:2]:
            services.claim_lead(actor=people.owner, lead_id=lead.pk, now=before_midnight)
        assert queries.claims_left(people.owner, before_midnight) == 0
        with pytest.raises(ValidationError):
            services.claim_lead(actor=people.owner, lead_id=leads[2].pk, now=before_midnight)
        services.claim_lead(actor=people.colleague, lead_id=leads[2].pk, now=before_midnight)
        next_day = before_midnight + dt.timedelta(hours=1)
        services.claim_lead(actor=people.owner, lead_id=leads[3].pk, now=next_day)
        assert queries.claims_left(people.owner, next_day) == 1

    def test_own_cap_before_the_roles_before_the_companys(self, people):
        set_options(daily_claim_cap=9)
        assert queries.daily_claim_cap(people.owner) == 9
        people.owner.role.daily_claim_cap = 5
        assert queries.daily_claim_cap(people.owner) == 5
        people.owner.daily_claim_cap = 0
        assert queries.claims_left(people.owner, NOW) == 0
        set_options(daily_claim_cap=None)
        assert queries.claims_left(UserFactory(), NOW) is None

    def test_the_last_owner_waits_others_do_not(self, people):
        set_options(cooldown_hours=24)
        lead = LeadFactory(owner=people.owner)
        services.release_leads(actor=people.owner, leads=[lead.pk], now=NOW)
        with pytest.raises(ValidationError):
            services.claim_lead(actor=people.owner, lead_id=lead.pk, now=NOW + dt.timedelta(hours=23))
        services.claim_lead(actor=people.owner, lead_id=lead.pk, now=NOW + dt.timedelta(hours=24))
        services.release_leads(actor=people.owner, leads=[lead.pk], now=NOW)
        services.claim_lead(actor=people.outsider, lead_id=lead.pk, now=NOW)

    def test_a_departments_pool_is_its_own(self, people):
        set_options(pool_scope="department")
        lead = pooled(last_owner=people.colleague)
        fresh = pooled()
        with pytest.raises(ValidationError):
            services.claim_lead(actor=people.outsider, lead_id=lead.pk, now=NOW)
        assert set(queries.pool_rows(people.owner)) == {lead, fresh}
        assert set(queries.pool_rows(people.outsider)) == {fresh}
        assert set(queries.pool_rows(people.admin)) == {lead, fresh}
        assert services.assign_leads(
            actor=people.outsider, leads=[lead.pk, fresh.pk], owner=people.outsider
        ).changed == [fresh.pk]


@pytest.mark.django_db
def test_somebody_faster_between_look_and_write(people, monkeypatch):
    """On every database: the UPDATE itself asks again whether the lead is free."""
    lead = pooled()

    def faster(*args):
        Lead.objects.filter(pk=lead.pk).update(owner=people.outsider, received_on=NOW.date())

    monkeypatch.setattr("crm.services.leads.owners._require_cooled_down", faster)
    with pytest.raises(ValidationError):
        services.claim_lead(actor=people.owner, lead_id=lead.pk, now=NOW)
    lead.refresh_from_db()
    assert lead.owner != people.owner
    assert not lead.events.exists()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="row locks are PostgreSQL's")
class TestRaces:
    def test_of_many_claimers_exactly_one_wins(self, people):
        lead = pooled()
        SystemOptions.load()
        claimers = [people.owner, people.colleague, people.outsider]
        results = race(
            *(lambda user=user: services.claim_lead(actor=user, lead_id=lead.pk) for user in claimers)
        )
        won = [result for result in results if isinstance(result, Lead)]
        refused = [result for result in results if isinstance(result, ValidationError)]
        assert (len(won), len(refused)) == (1, 2)
        lead.refresh_from_db()
        assert lead.owner == won[0].owner
        assert LeadEvent.objects.filter(kind=LeadEventKind.CLAIMED).count() == 1

    def test_one_person_cannot_get_over_his_cap_with_two_hands(self, people):
        set_options(daily_claim_cap=1)
        leads = [pooled() for _ in range(3)]
        results = race(
            *(lambda pk=lead.pk: services.claim_lead(actor=people.owner, lead_id=pk) for lead in leads)
        )
        assert sum(isinstance(result, Lead) for result in results) == 1
        assert all(isinstance(result, (Lead, ValidationError)) for result in results)
        assert Lead.objects.filter(owner=people.owner).count() == 1

    def test_claim_against_assign_leaves_one_owner_and_a_true_history(self, people):
        lead = pooled()
        SystemOptions.load()
        race(
            lambda: services.claim_lead(actor=people.outsider, lead_id=lead.pk),
            lambda: services.assign_leads(actor=people.superior, leads=[lead.pk], owner=people.owner),
        )
        lead.refresh_from_db()
        # Both saw it in the pool, one of them wins; the last line of history says who has it.
        events = list(lead.events.order_by("pk"))
        assert len(events) == 1
        assert lead.owner == events[0].to_user

    def test_two_recyclings_at_once_take_each_lead_once(self, people):
        SystemOptions.load()
        for _ in range(3):
            LeadFactory(owner=people.owner, received_on=dt.date(2026, 1, 1))
        day = dt.date(2026, 3, 10)
        results = race(*[lambda: services.recycle_leads(day=day, now=NOW)] * 2)
        assert sum(results) == 3
        assert LeadEvent.objects.filter(kind=LeadEventKind.RECYCLED).count() == 3


def test_a_page_of_fifty_leads_stays_light(people, login):
    """A peer's list weighed 531 kB."""
    for number in range(51):
        LeadFactory(owner=people.owner, name=f"潜客{number}")
    assert len(login(people.owner).get("/leads/").content) < 200_000
