"""A customer changes hands: claims, caps, waiting, giving back, locks and rules (C5, domain-rules §5).

With a test for each defect of the pool that other programs of this kind have.
"""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone, translation

from accounts.models import SystemOptions
from common.business_calendar import day_bounds, today
from crm import services
from crm.enums import OwnerChangeReason
from crm.models import Customer, CustomerShare, OwnerChange, PoolRule
from crm.queries.pool import Clocks
from crm.services import owners, pool
from tests.factories import CustomerFactory, LeadFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


@pytest.fixture
def options():
    """options(holding_cap=3, …): without waiting and without a daily cap unless it says so."""

    def _options(**fields):
        SystemOptions.load()
        SystemOptions.objects.update(**{"cooldown_hours": 0, "daily_claim_cap": None, **fields})

    _options()
    return _options


def pooled(last_owner=None, **fields):
    return CustomerFactory(owner=None, last_owner=last_owner, pooled_at=timezone.now(), **fields)


def held(owner, n=1, **fields):
    return [CustomerFactory(owner=owner, **fields) for _each in range(n)]


def assign(actor, customers, owner, reason=OwnerChangeReason.ASSIGNED, **more):
    ids = [customer.pk for customer in customers]
    return owners.assign_owner(actor=actor, customers=ids, owner=owner, reason=reason, **more)


def owner_of(customer):
    return Customer.objects.get(pk=customer.pk).owner


# --- claim
def test_an_owned_customer_is_not_claimed(people, options):
    theirs, own = held(people.outsider)[0], held(people.owner)[0]
    for customer in (theirs, own):
        with pytest.raises(ValidationError, match="no longer in the pool"):
            owners.claim_customer(actor=people.owner, customer_id=customer.pk)
    assert (owner_of(theirs), owner_of(own)) == (people.outsider, people.owner)
    assert not OwnerChange.objects.exists()


def test_with_a_pool_for_each_department_only_ones_own_is_claimed(people, options):
    options(pool_scope="department")
    ours, theirs, nobodys = pooled(people.colleague), pooled(people.outsider), pooled()
    with pytest.raises(ValidationError, match="no longer in the pool"):
        owners.claim_customer(actor=people.owner, customer_id=theirs.pk)
    assert owner_of(theirs) is None
    for customer in (ours, nobodys):
        assert owners.claim_customer(actor=people.owner, customer_id=customer.pk).owner == people.owner
    assert set(Customer.objects.in_pool()) == {theirs}
    assert not owners.assign_owner(
        actor=people.superior, customers=[theirs.pk], owner=people.owner, reason=OwnerChangeReason.ASSIGNED
    ).changed


def test_a_claim_writes_owner_date_and_history(people, options):
    customer = pooled(people.outsider)
    CustomerShare.objects.create(customer=customer, user=people.owner)
    now = timezone.now()
    claimed = owners.claim_customer(actor=people.owner, customer_id=customer.pk, now=now)
    assert (claimed.owner, claimed.received_on, claimed.pooled_at) == (people.owner, today(), None)
    change = OwnerChange.objects.get(customer=customer)
    assert (change.from_user, change.to_user, change.by, change.reason, change.at) == (
        None,
        people.owner,
        people.owner,
        "claimed",
        now,
    )
    assert not CustomerShare.objects.exists()


def test_the_daily_cap_is_counted_in_the_history_of_the_business_day(people, options):
    options(daily_claim_cap=2)
    start, end = day_bounds(today())
    noon = start + dt.timedelta(hours=12)
    rows = [pooled() for _each in range(5)]
    for row in rows[:2]:
        owners.claim_customer(actor=people.owner, customer_id=row.pk, now=noon)
    # Given back in between: it counts all the same, and so does what another process wrote.
    owners.release_customers(actor=people.owner, customers=[rows[0].pk])
    with pytest.raises(ValidationError, match="may claim today"):
        owners.claim_customer(actor=people.owner, customer_id=rows[2].pk, now=noon)
    last_moment = end - dt.timedelta(seconds=1)
    with pytest.raises(ValidationError, match="may claim today"):
        owners.claim_customer(actor=people.owner, customer_id=rows[2].pk, now=last_moment)
    assert owners.claim_customer(actor=people.owner, customer_id=rows[2].pk, now=end).owner == people.owner
    OwnerChange.objects.create(customer=rows[3], to_user=people.outsider, reason="claimed", at=noon)
    OwnerChange.objects.create(customer=rows[4], to_user=people.outsider, reason="assigned", at=noon)
    owners.claim_customer(actor=people.outsider, customer_id=rows[3].pk, now=noon)
    outcome = owners.claim_customers(actor=people.outsider, customers=[rows[4].pk, rows[3].pk], now=noon)
    assert outcome.changed == []
    assert set(outcome.refused) == {rows[3].pk, rows[4].pk}


def test_the_last_owner_waits_and_the_others_do_not(people, options):
    options(cooldown_hours=24)
    customer = held(people.owner)[0]
    given = timezone.now()
    owners.release_customers(actor=people.owner, customers=[customer.pk], now=given)
    early, late = given + dt.timedelta(hours=24, seconds=-1), given + dt.timedelta(hours=24)
    with pytest.raises(ValidationError, match="claim it again from"):
        owners.claim_customer(actor=people.owner, customer_id=customer.pk, now=early)
    # No way round through the superior.
    refused = assign(people.superior, [customer], people.owner, now=early).refused
    assert "may have it again from" in refused[customer.pk]
    assert owners.claim_customer(actor=people.owner, customer_id=customer.pk, now=late).owner == people.owner
    owners.release_customers(actor=people.owner, customers=[customer.pk], now=late)
    assert owners.claim_customer(actor=people.colleague, customer_id=customer.pk, now=late).owner_id


# --- the holding cap
@pytest.mark.parametrize(
    ("person", "role", "company", "cap"),
    [(1, 2, 3, 1), (None, 2, 3, 2), (None, None, 3, 3), (3, 1, 1, 3), (0, 5, 5, 0), (None, 0, 5, 0)],
)
def test_a_persons_own_cap_goes_before_his_roles_and_the_companys(
    people, options, person, role, company, cap
):
    options(holding_cap=company)
    people.owner.holding_cap = person
    people.owner.save()
    type(people.owner.role).objects.filter(pk=people.owner.role_id).update(holding_cap=role)
    rows = [pooled() for _each in range(cap + 1)]
    outcome = owners.claim_customers(actor=people.owner, customers=[row.pk for row in rows])
    assert len(outcome.changed) == cap
    assert f"at most {cap}" in outcome.refused[rows[-1].pk]
    assert people.owner.customers.count() == cap
    if cap:
        with pytest.raises(ValidationError, match=f"at most {cap}"):
            services.create_customer(actor=people.owner, name="一家新店")


def test_without_a_cap_there_is_no_end(people, options):
    rows = [pooled() for _each in range(4)]
    assert len(owners.claim_customers(actor=people.owner, customers=[row.pk for row in rows]).changed) == 4


def test_by_option_customers_who_ordered_do_not_count(people, options):
    options(holding_cap=2, holding_excludes_dealt=True)
    held(people.owner, 3, last_order_on=today())
    held(people.owner, 1)
    dealt, fresh, over = pooled(last_order_on=today()), pooled(), pooled()
    outcome = assign(people.superior, [dealt, fresh, over], people.owner)
    assert (outcome.changed, set(outcome.refused)) == ([dealt.pk, fresh.pk], {over.pk})
    assert owners.claim_customer(actor=people.owner, customer_id=pooled(last_order_on=today()).pk).owner_id
    with pytest.raises(ValidationError, match="at most 2"):
        owners.claim_customer(actor=people.owner, customer_id=over.pk)
    options(holding_cap=2, holding_excludes_dealt=False)
    assert set(assign(people.superior, [pooled(last_order_on=today())], people.owner).changed) == set()


# --- bulk
def test_each_customer_of_a_bulk_assignment_is_judged_not_only_the_first(people, options):
    options(holding_cap=3)
    mine, theirs = held(people.colleague, 5), held(people.outsider)[0]
    has = held(people.owner)[0]
    outcome = assign(people.superior, [mine[0], theirs, *mine[1:], has], people.owner, note="换人")
    assert outcome.changed == [mine[0].pk, mine[1].pk]
    assert "not yours to give" in outcome.refused[theirs.pk]
    assert "owns this customer already" in outcome.refused[has.pk]
    assert all("at most 3" in outcome.refused[row.pk] for row in mine[2:])
    assert owner_of(theirs) == people.outsider
    assert [owner_of(row) for row in mine] == [people.owner] * 2 + [people.colleague] * 3
    assert set(OwnerChange.objects.values_list("customer", "note")) == {
        (pk, "换人") for pk in outcome.changed
    }


def test_what_does_not_exist_is_refused_too(people):
    outcome = owners.assign_owner(
        actor=people.admin, customers=[987654], owner=people.owner, reason=OwnerChangeReason.ASSIGNED
    )
    assert (outcome.changed, set(outcome.refused)) == ([], {987654})


def test_only_to_active_people_of_ones_own(people):
    row = held(people.colleague)[0]
    with pytest.raises(ValidationError, match="people you are responsible for"):
        assign(people.superior, [row], people.outsider)
    people.owner.is_active = False
    people.owner.save()
    with pytest.raises(ValidationError, match="no longer active"):
        assign(people.superior, [row], people.owner)
    assert owner_of(row) == people.colleague


def test_a_rep_takes_nothing_out_of_the_pool_by_assigning(people, options):
    row = pooled()
    assert assign(people.owner, [row], people.owner).changed == []
    assert owner_of(row) is None


# --- give back; the old owner
def test_the_old_owner_loses_access_at_once(people, login, options):
    row = held(people.owner)[0]
    browser = login(people.owner)
    assert browser.get(f"/customers/{row.pk}/").status_code == 200
    # A share left from before would be a back door.
    CustomerShare.objects.create(customer=row, user=people.owner)
    assert assign(people.admin, [row], people.outsider).changed == [row.pk]
    assert browser.get(f"/customers/{row.pk}/").status_code == 404
    assert not Customer.objects.visible_to(people.owner).filter(pk=row.pk).exists()
    assert owners.release_customers(actor=people.owner, customers=[row.pk]).changed == []


def test_giving_back_ends_the_lock_and_keeps_who_had_it(people):
    row = held(people.owner, pool_locked=True)[0]
    outcome = owners.release_customers(actor=people.owner, customers=[row.pk], note="歇业")
    row.refresh_from_db()
    assert outcome.changed == [row.pk]
    assert (row.owner, row.last_owner, row.received_on, row.pool_locked) == (None, people.owner, None, False)
    assert row.pooled_at
    assert OwnerChange.objects.get().reason == "released"
    again = owners.release_customers(actor=people.admin, customers=[row.pk])
    assert "already" in again.refused[row.pk]
    assert OwnerChange.objects.count() == 1


# --- clocks
def test_never_followed_up_counts_from_the_received_date_and_due_from_not_due(people):
    """The recycle date is compared with the day of the run: the day it falls on stays, the day after it goes."""
    PoolRule.objects.create(name="规则", no_follow_up_days=10)
    day = today()
    new, last_day, over = [
        CustomerFactory(owner=people.owner, created_on=day - dt.timedelta(days=400), received_on=received)
        for received in (day, day - dt.timedelta(days=10), day - dt.timedelta(days=11))
    ]
    due = Clocks().due(day)
    assert list(due.values_list("pk", flat=True)) == [over.pk]
    assert set(Clocks().due(day + dt.timedelta(days=1))) == {last_day, over}
    assert Clocks().judged().get(pk=new.pk).recycle_on == day + dt.timedelta(days=10)
    pool.run_pool(day=day)
    assert (owner_of(new), owner_of(last_day), owner_of(over)) == (people.owner, people.owner, None)


def test_editing_a_customer_restarts_no_clock(people):
    PoolRule.objects.create(name="规则", no_follow_up_days=10, no_order_days=20, max_hold_days=30)
    row = held(people.owner, created_on=today() - dt.timedelta(days=5))[0]
    before = Clocks().judged().get(pk=row.pk).recycle_on
    services.update_customer(
        actor=people.owner, customer=row, notes="改了备注", level="A", phones="13800138000"
    )
    row.refresh_from_db()
    row.save()
    assert Clocks().judged().get(pk=row.pk).recycle_on == before == today() + dt.timedelta(days=5)


# --- lists
@pytest.mark.parametrize(
    "query", ["", "?scene=", "?scene=all", "?scene=nonsense", "?scope=all", "?owner=", "?owner=x", "?view=0"]
)
def test_no_parameter_shows_a_rep_the_rows_of_others(people, login, query):
    held(people.owner, name="我的店")
    held(people.outsider, name="别人的店")
    LeadFactory(owner=people.owner, name="我的潜客")
    LeadFactory(owner=people.outsider, name="别人的潜客")
    for address, mine, theirs in (
        ("/customers/", "我的店", "别人的店"),
        ("/leads/", "我的潜客", "别人的潜客"),
    ):
        response = login(people.owner).get(f"{address}{query}")
        assert response.status_code == 200
        assert theirs not in response.content.decode()
        if query in ("", "?scene=nonsense"):
            assert mine in response.content.decode()


# --- locks and rules
def test_locks_are_for_ones_own_peoples_customers(people):
    row, theirs, free = held(people.owner)[0], held(people.outsider)[0], pooled()
    ids = [row.pk, theirs.pk, free.pk]
    outcome = pool.set_locked(actor=people.superior, customers=ids, locked=True)
    assert (outcome.changed, set(outcome.refused)) == ([row.pk], {theirs.pk, free.pk})
    assert set(Customer.objects.filter(pool_locked=True)) == {row}
    assert (
        "already" in pool.set_locked(actor=people.superior, customers=[row.pk], locked=True).refused[row.pk]
    )
    PoolRule.objects.create(name="规则", max_hold_days=1)
    assert not Clocks().due(today() + dt.timedelta(days=50)).filter(pk=row.pk).exists()
    assert pool.set_locked(actor=people.superior, customers=[row.pk], locked=False).changed == [row.pk]
    assert Clocks().due(today() + dt.timedelta(days=50)).filter(pk=row.pk).exists()


def test_a_rule_is_checked_before_it_is_kept(people):
    with pytest.raises(ValidationError) as error:
        pool.save_rule(actor=people.admin, rule=PoolRule(name="规则", renew_days=3))
    assert "renew_days" in error.value.message_dict
    with pytest.raises(ValidationError):
        pool.save_rule(actor=people.admin, rule=PoolRule(name="规则", no_follow_up_days=0))
    rule = pool.save_rule(actor=people.admin, rule=PoolRule(name="规则", no_follow_up_days=10))
    with pytest.raises(ValidationError, match="may not delete"):
        pool.delete_rule(actor=people.owner, rule=rule)
    pool.delete_rule(actor=people.admin, rule=rule)
    assert not PoolRule.objects.exists()
