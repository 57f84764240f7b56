"""The nightly job of the public pool: who goes, who is warned, once (C4, domain-rules §5)."""

import datetime as dt
import json
import random
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from accounts.models import SystemOptions
from common.business_calendar import today
from comms.models import Notification
from crm import services
from crm.models import Customer, CustomerShare, OwnerChange, PoolRule, PoolRun, PoolWarning
from crm.queries.pool import Clocks, rule_lines
from crm.rules.pool import Dates, department_chains, is_due, ranked, recycle_due, stage_of
from crm.services import pool
from crm.services.owners import release_customers
from crm.signals import owner_changed
from tests.factories import CustomerFactory, DepartmentFactory, UserFactory

pytestmark = pytest.mark.django_db
DAY = dt.date(2026, 11, 20)


def before(days):
    return DAY - dt.timedelta(days=days)


def rule(**fields):
    return PoolRule.objects.create(name="规则", **fields)


def held(owner=None, since=100, **fields):
    return CustomerFactory(owner=owner or UserFactory(), created_on=before(since), **fields)


def in_pool():
    return set(Customer.objects.in_pool().values_list("pk", flat=True))


# --- what the job does
def test_recycling_writes_owner_history_and_ends_access(people):
    rule(no_follow_up_days=30)
    gone = held(people.owner, last_follow_up_on=before(31))
    stays = held(people.owner, last_visit_on=before(30))
    CustomerShare.objects.create(customer=gone, user=people.owner)
    CustomerShare.objects.create(customer=gone, user=people.outsider)
    heard = []

    def hear(customers, customer_ids, owner, **kwargs):
        heard.append((list(customers), customer_ids, owner))

    owner_changed.connect(hear)
    try:
        run = pool.run_pool(day=DAY)
    finally:
        owner_changed.disconnect(hear)
    assert heard == [([gone], [gone.pk], None)]
    gone.refresh_from_db()
    stays.refresh_from_db()
    assert (gone.owner, gone.last_owner, gone.received_on) == (None, people.owner, None)
    assert gone.pooled_at is not None
    assert stays.owner == people.owner
    change = OwnerChange.objects.get(customer=gone)
    assert (change.from_user, change.to_user, change.reason, change.clock) == (
        people.owner,
        None,
        "recycled",
        "no_follow_up",
    )
    assert not Customer.objects.visible_to(people.owner).filter(pk=gone.pk).exists()
    assert Customer.objects.visible_to(people.outsider).filter(pk=gone.pk).exists()
    assert (run.recycled, run.error) == (1, "")
    assert run.finished_at is not None
    assert Notification.objects.filter(recipient=people.owner, url="/pool/").count() == 1


def test_a_second_run_changes_nothing(people):
    rule(no_follow_up_days=30, warn_days="7,3,1")
    held(people.owner, since=31)
    held(people.owner, since=25)
    first = pool.run_pool(day=DAY)
    counts = (OwnerChange.objects.count(), PoolWarning.objects.count(), Notification.objects.count())
    second = pool.run_pool(day=DAY)
    assert (first.recycled, first.warned) == (1, 1)
    assert (second.recycled, second.warned) == (0, 0)
    assert counts == (
        OwnerChange.objects.count(),
        PoolWarning.objects.count(),
        Notification.objects.count(),
    )
    assert PoolRun.objects.count() == 2


def test_the_next_day_tells_of_that_day_alone(people):
    rule(max_hold_days=10)
    now = timezone.now()
    for _n in range(3):
        held(people.owner, since=11)
    pool.run_pool(day=DAY, now=now)
    held(people.owner, since=11)
    pool.run_pool(day=DAY, now=now + dt.timedelta(days=1))
    titles = Notification.objects.filter(recipient=people.owner, url="/pool/").order_by("pk")
    counts = ["".join(filter(str.isdigit, title)) for title in titles.values_list("title", flat=True)]
    assert counts == ["3", "1"]


def test_batches_leave_nobody_out(people, monkeypatch):
    monkeypatch.setattr(pool, "BATCH", 2)
    rule(max_hold_days=10)
    for _n in range(5):
        held(people.owner, since=11)
    assert pool.run_pool(day=DAY).recycled == 5
    assert OwnerChange.objects.count() == 5


def test_a_run_that_breaks_off_leaves_whole_batches_and_the_next_goes_on(people, monkeypatch):
    monkeypatch.setattr(pool, "BATCH", 2)
    rule(max_hold_days=10)
    for _n in range(4):
        held(people.owner, since=11)

    def broken(customer_ids, **kwargs):
        if OwnerChange.objects.count() > 2:
            raise RuntimeError("power cut")

    owner_changed.connect(broken)
    try:
        with pytest.raises(RuntimeError):
            pool.run_pool(day=DAY)
    finally:
        owner_changed.disconnect(broken)
    assert len(in_pool()) == OwnerChange.objects.count() == 2
    failed = PoolRun.objects.get()
    assert (failed.recycled, failed.error) == (2, "power cut")
    assert pool.run_pool(day=DAY).recycled == 2
    told = Notification.objects.get(recipient=people.owner)
    assert "4" in told.title


# --- who is exempt
def test_locked_and_exempt_levels_stay(people):
    rule(max_hold_days=10)
    SystemOptions.load()
    SystemOptions.objects.update(exempt_levels="A,B")
    stay = [held(pool_locked=True), held(level="A"), held(level="B")]
    go = [held(level="C"), held(), held(status="inactive")]
    pool.run_pool(day=DAY)
    assert in_pool() == {row.pk for row in go}
    assert not in_pool() & {row.pk for row in stay}


def test_customers_who_owe_money_stay_when_the_rule_says_so(people, owes):
    general = rule(max_hold_days=10)
    debtor, other = held(), held()
    owes(debtor)
    general.exempt_with_receivable = True
    general.save()
    pool.run_pool(day=DAY)
    assert in_pool() == {other.pk}
    PoolRule.objects.update(exempt_with_receivable=False)
    pool.run_pool(day=DAY)
    assert in_pool() == {other.pk, debtor.pk}


def test_a_rule_without_clock_keeps_whom_it_is_for(people):
    rule(max_hold_days=10)
    rule(level="A")
    keeps, goes = held(level="A"), held(level="B")
    pool.run_pool(day=DAY)
    assert in_pool() == {goes.pk}
    assert keeps.pk not in in_pool()


# --- what restarts a clock
def test_editing_restarts_no_clock_and_switching_off_loses_no_date(people):
    general = rule(no_follow_up_days=30)
    customer = held(people.owner, since=31)
    services.update_customer(actor=people.owner, customer=customer, name="改过的名字", level="A")
    general.is_active = False
    general.save()
    assert pool.run_pool(day=DAY).recycled == 0
    general.is_active = True
    general.save()
    assert pool.run_pool(day=DAY).recycled == 1


def test_a_new_owner_starts_anew(people):
    rule(no_follow_up_days=30)
    customer = held(people.owner, since=60)
    services.assign_owner(
        actor=people.superior, customers=[customer.pk], owner=people.colleague, reason="assigned", today=DAY
    )
    assert pool.run_pool(day=DAY).recycled == 0


def test_never_followed_up_is_not_overdue_at_once(people):
    rule(no_follow_up_days=7, no_order_days=7)
    held(people.owner, since=7)
    assert pool.run_pool(day=DAY).recycled == 0


def test_a_given_back_customer_is_in_no_run(people):
    rule(max_hold_days=1)
    customer = held(people.owner)
    release_customers(actor=people.owner, customers=[customer.pk], note="关门了")
    assert pool.run_pool(day=DAY).recycled == 0


# --- warnings
def test_each_warning_comes_once_on_its_day(people):
    rule(max_hold_days=30, warn_days="7,3,1")
    held(people.owner, since=23)
    told = [pool.run_pool(day=DAY + dt.timedelta(days=offset)).warned for offset in range(9)]
    assert told == [1, 0, 0, 0, 1, 0, 1, 0, 0]
    assert list(PoolWarning.objects.order_by("pk").values_list("days_before", flat=True)) == [7, 3, 1]
    titles = Notification.objects.filter(recipient=people.owner, url="/pool/soon/").count()
    assert titles == 3


def test_a_missed_run_warns_late_and_only_once(people):
    rule(max_hold_days=30, warn_days="7、3，1")
    held(people.owner, since=28)
    assert pool.run_pool(day=DAY).warned == 1
    assert PoolWarning.objects.get().days_before == 3


def test_after_a_follow_up_the_warnings_begin_again(people):
    rule(no_follow_up_days=30, warn_days="7")
    customer = held(people.owner, since=25)
    pool.run_pool(day=DAY)
    Customer.objects.filter(pk=customer.pk).update(last_follow_up_on=DAY)
    assert pool.run_pool(day=DAY + dt.timedelta(days=1)).warned == 0
    assert pool.run_pool(day=DAY + dt.timedelta(days=25)).warned == 1


# --- the reference
def test_the_statement_says_what_the_rules_say(people, owes):
    """Random rules, departments, levels and dates: one statement against the pure rules, row by row."""
    rng = random.Random(7)
    tops = [people.head, people.sales, people.other, DepartmentFactory(parent=people.sales), None]
    reps = [UserFactory(department=top) for top in tops]
    some = lambda: rng.choice([None, None, rng.randrange(1, 60)])  # noqa: E731
    for _n in range(9):
        initial = some()
        PoolRule.objects.create(
            name="r",
            department=rng.choice(tops),
            level=rng.choice(["", "A", "B"]),
            no_follow_up_days=some(),
            no_order_days=some(),
            max_hold_days=some(),
            initial_days=initial,
            renew_days=some() if initial else None,
            warn_days=rng.choice(["", "9", "30,5"]),
            exempt_with_receivable=rng.random() < 0.3,
        )
    ago = lambda: rng.choice([None, before(rng.randrange(0, 90))])  # noqa: E731
    customers = [
        held(
            rng.choice(reps),
            since=rng.randrange(0, 90),
            level=rng.choice(["", "A", "B", "C"]),
            last_follow_up_on=ago(),
            last_visit_on=ago(),
            last_order_on=ago(),
        )
        for _n in range(150)
    ]
    debtors = {customer.pk for customer in rng.sample(customers, 30)}
    for customer in customers:
        if customer.pk in debtors:
            owes(customer)
    clocks = Clocks()
    rows = clocks.with_clock(clocks.judged()).annotate(stage=clocks.stage(DAY))
    got = {row.pk: row for row in rows}
    due = set(clocks.due(DAY).values_list("pk", flat=True))
    chains = department_chains({d.pk: d.parent_id for d in type(people.head).objects.all()})
    lines, recycled, warned = rule_lines(), 0, 0
    for customer in customers:
        first = ranked(lines, customer.level, chains.get(customer.owner.department_id, ()))[:1]
        keeps = not first or (first[0].exempt_with_receivable and customer.pk in debtors)
        dates = Dates(
            customer.received_on, customer.last_follow_up_on, customer.last_visit_on, customer.last_order_on
        )
        expected = None if keeps else recycle_due(first[0], dates)
        row = got[customer.pk]
        if expected is None:
            assert row.recycle_on is None
            assert customer.pk not in due
            continue
        assert (row.recycle_on, row.pool_clock, row.pool_rule) == (
            expected.day,
            expected.clock.value,
            first[0].pk,
        )
        assert (customer.pk in due) == is_due(expected, DAY)
        recycled += is_due(expected, DAY)
        if not is_due(expected, DAY):
            assert row.stage == stage_of(first[0].warns_on, (expected.day - DAY).days)
            warned += row.stage is not None
    run = pool.run_pool(day=DAY)
    assert (run.recycled, run.warned) == (recycled, warned)
    assert recycled > 10
    assert warned > 3


@pytest.fixture
def owes():
    from tests.factories import BillFactory

    return lambda customer: BillFactory(customer=customer, due_on=DAY)


# --- the command
def command(*args):
    out = StringIO()
    call_command("recycle_pool", *args, "--json", stdout=out)
    return json.loads(out.getvalue().splitlines()[-1])


def test_the_command_counts_and_recycles(people):
    rule(max_hold_days=30)
    held(people.owner, since=31)
    held(people.owner, since=20)
    dry = command("--date", str(DAY), "--dry-run")
    assert {key: dry[key] for key in ("date", "recycled", "warned", "candidates")} == {
        "date": "2026-11-20",
        "recycled": 0,
        "warned": 0,
        "candidates": 1,
    }
    assert command("--date", str(DAY), "--dry-run", "--days-ahead", "11")["candidates"] == 2
    assert not in_pool()
    assert not PoolRun.objects.exists()
    done = command("--date", str(DAY))
    assert (done["recycled"], done["candidates"]) == (1, 1)
    assert command("--date", str(DAY))["recycled"] == 0


def test_the_command_takes_today_by_default():
    assert command("--dry-run")["date"] == str(today(timezone.now()))
