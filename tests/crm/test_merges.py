"""Two customers made one, and two again (B5)."""

import datetime as dt
from decimal import Decimal

import pytest
from auditlog.models import LogEntry
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone

from accounts.models import Role
from alerts.models import Alert
from comms.models import Notification
from crm import services
from crm.models import Contact, Customer, CustomerShare, FollowUp, Merge, NotDuplicate, Phone
from crm.queries.merges import CHOICES, holdings, relations
from crm.services.merges import dismiss_duplicates, merge_customers, undo_merge
from sales.queries import receivables
from tests.crm.merge_data import NOON, TODAY, make_pair, snapshot
from tests.factories import CustomerFactory, RouteFactory, SalesOrderFactory, VisitFactory
from tests.races import race
from visits.models import LevelFrequency, Visit, VisitPlan, VisitTask

on_postgres = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")


@pytest.fixture
def pair(people):
    return make_pair(people)


def merge(people, pair, **values):
    return merge_customers(
        actor=people.admin, keep=pair.keep.pk, merge=pair.merge.pk, values=values, today=TODAY, now=NOON
    )


# --- everything moves
def test_the_test_data_has_a_row_of_every_relation_to_customers(pair):
    """Fails when an app adds a relation to customers: add it to merge_data and, if need be, to a resolver."""
    missing = {r.key for r in relations() if not r.rows(pair.merge.pk).exists()}
    assert missing == set()


def test_no_row_is_left_behind_and_none_is_lost(people, pair):
    before = {r.key: (r.rows(pair.keep.pk).count(), r.rows(pair.merge.pk).count()) for r in relations()}
    record = merge(people, pair)
    dropped = [entry["model"] for entry in record.journal["dropped"]]
    for relation in relations():
        assert not relation.rows(pair.merge.pk).exists()
        if relation.model is NotDuplicate:
            continue  # said of the merged record alone
        kept = relation.rows(pair.keep.pk).count()
        new = 1 if relation.model is Merge else 0
        assert kept == sum(before[relation.key]) - dropped.count(relation.model._meta.label) + new
    # What may never be dropped: visits, orders, follow-ups, money, contacts.
    assert set(dropped) == {
        *("crm.Customer_tags", "crm.BulkItem", "crm.NotDuplicate", "crm.Phone", "crm.CustomerShare"),
        *("crm.PoolWarning", "visits.VisitPlan", "visits.VisitTask", "territory.RouteStop"),
        *("sales.CustomerTerms", "alerts.CustomerRhythm", "crm.GeocodeItem"),
        *("territory.ScenarioCustomer", "territory.TourPlanShop", "territory.TourStop"),
    }
    assert not Customer.objects.filter(pk=pair.merge.pk).exists()
    assert record.moved == sum(len(keys) for keys in record.journal["moved"].values())


def test_clashes_are_resolved(people, pair):
    merge(people, pair)
    keep = pair.keep
    visits = Visit.objects.filter(customer=keep).order_by("sequence").values_list("sequence", flat=True)
    assert list(visits) == [1, 2, 3, 4]
    task = VisitTask.objects.get(customer=keep, rep=people.owner, date=TODAY)
    assert task.status == "done"
    assert task.visits.count() == 2
    assert VisitPlan.objects.get(customer=keep, rep=people.owner).weekdays == "1,3"
    assert Alert.objects.filter(customer=keep, kind="unvisited", closed_on=None).count() == 1
    share = CustomerShare.objects.get(customer=keep, user=people.colleague)
    assert (share.can_write, share.expires_at) == (True, None)
    assert Contact.objects.get(customer=keep, is_primary=True).name == "王店长"
    shop = Phone.objects.filter(customer=keep, contact=None).values_list("raw", flat=True)
    assert list(shop) == ["13800138000", "13700137000"]


WEEKLY = {"rhythm": "weekdays", "weekdays": "1"}


@pytest.mark.parametrize(
    ("kept", "merged", "after"),
    [
        # Every second day comes more often than Mondays, and the other way round.
        (WEEKLY, {"rhythm": "days", "every": 2}, {"rhythm": "days", "every": 2, "weekdays": ""}),
        ({"rhythm": "days", "every": 2}, WEEKLY, {"rhythm": "days", "every": 2, "weekdays": ""}),
        # Two weekdays of every second week are as often as one of each: the kept customer's stays.
        (WEEKLY, {"rhythm": "weeks", "every": 2, "weekdays": "2,4"}, {**WEEKLY, "every": 1}),
        (
            {"rhythm": "weeks", "every": 4, "weekdays": "5"},
            {"rhythm": "cycle", "frequency": 2},
            {"rhythm": "cycle", "frequency": 2, "every": 1, "weekdays": ""},
        ),
        # By level: that of the kept customer, A, four times; twice is less.
        ({"rhythm": "cycle"}, {"rhythm": "cycle", "frequency": 2}, {"rhythm": "cycle", "frequency": None}),
        # A stopped plan gives way to one in use, whatever comes more often.
        ({"rhythm": "days", "every": 1, "is_active": False}, WEEKLY, {**WEEKLY, "is_active": True}),
        (WEEKLY, {"rhythm": "days", "every": 1, "is_active": False}, {**WEEKLY, "is_active": True}),
        (
            {**WEEKLY, "is_active": False},
            {"rhythm": "days", "every": 1, "is_active": False},
            {**WEEKLY, "is_active": False},
        ),
    ],
)
def test_of_two_plans_the_stricter_rhythm_stays_and_undoing_brings_both_back(
    people, pair, kept, merged, after
):
    Customer.objects.filter(pk=pair.keep.pk).update(level="A")
    LevelFrequency.objects.update_or_create(level="A", defaults={"visits": 4})
    plans = {}
    for customer, terms in ((pair.keep, kept), (pair.merge, merged)):
        plans[customer.pk] = VisitPlan.objects.get(customer=customer, rep=people.owner)
        VisitPlan.objects.filter(pk=plans[customer.pk].pk).update(**{"weekdays": "", **terms})
    far = TODAY + dt.timedelta(days=9)
    task = VisitTask.objects.create(
        rep=people.owner, customer=pair.merge, date=far, source="plan", source_id=plans[pair.merge.pk].pk
    )
    before = list(VisitPlan.objects.order_by("pk").values())
    record = merge(people, pair)
    plan = VisitPlan.objects.get(customer=pair.keep, rep=people.owner)
    assert {name: getattr(plan, name) for name in after} == after
    task.refresh_from_db()
    assert (task.customer_id, task.source_id) == (pair.keep.pk, plan.pk)
    undo_merge(actor=people.admin, merge=record, now=NOON)
    assert list(VisitPlan.objects.order_by("pk").values()) == before
    task.refresh_from_db()
    assert (task.customer_id, task.source_id) == (pair.merge.pk, plans[pair.merge.pk].pk)


def test_receivables_add_up(people, pair):
    owed = receivables([pair.keep.pk, pair.merge.pk])
    merge(people, pair)
    assert receivables([pair.keep.pk])[pair.keep.pk] == sum(owed.values()) == Decimal("140.50")


def test_last_events_and_found_by_both_names(people, pair):
    merge(people, pair)
    keep = Customer.objects.get(pk=pair.keep.pk)
    assert (keep.last_visit_on, keep.last_order_on) == (TODAY, TODAY)
    assert keep.created_on == dt.date(2026, 1, 5)
    assert keep.code == pair.keep.code
    assert keep.extra == {"冰柜": 2}
    for words in ("13600136000", "王小明", "蜗牛烘焙"):
        assert keep in Customer.objects.search(words)


# --- values
def test_values_are_kept_unless_the_other_is_chosen(people, pair):
    merge(people, pair, name="merge", location="merge", address="merge", notes="both")
    keep = Customer.objects.get(pk=pair.keep.pk)
    assert (keep.name, keep.address, keep.latitude) == ("蜗牛烘焙坊", "长江路 1 号", 31.82)
    assert keep.location_status == pair.merge.location_status
    assert keep.notes == "先送货\n后付款"
    assert keep.name_key == "蜗牛烘焙坊"


def test_choices_are_columns(pair):
    columns = {field.attname for field in Customer._meta.concrete_fields}
    assert {column for group in CHOICES.values() for column in group} <= columns


@pytest.mark.parametrize("values", [{"owner": "merge"}, {"code": "merge"}, {"name": "both"}, {"name": "x"}])
def test_what_cannot_be_chosen_is_refused(people, pair, values):
    with pytest.raises(ValidationError):
        merge(people, pair, **values)


def test_notes_that_are_too_long_together_are_refused(people, pair):
    Customer.objects.filter(pk=pair.keep.pk).update(notes="长" * 1999)
    with pytest.raises(ValidationError):
        merge(people, pair, notes="both")


# --- who may
def test_both_must_be_there_different_and_editable(people, pair):
    def attempt(actor, keep, other):
        with pytest.raises(ValidationError):
            merge_customers(actor=actor, keep=keep, merge=other)

    attempt(people.owner, pair.keep.pk, pair.merge.pk)  # a rep has no right to merge
    attempt(people.admin, pair.keep.pk, pair.keep.pk)
    attempt(people.admin, pair.keep.pk, 987_654)
    foreign = CustomerFactory(owner=people.outsider)
    assert people.superior.has_perm("crm.merge_customer")
    attempt(people.superior, pair.keep.pk, foreign.pk)
    attempt(people.superior, foreign.pk, pair.keep.pk)
    assert Customer.objects.filter(pk__in=[pair.keep.pk, pair.merge.pk, foreign.pk]).count() == 3


def test_it_is_written_down_and_the_other_owner_is_told(people, pair):
    services.assign_owner(
        actor=people.admin, customers=[pair.merge.pk], owner=people.colleague, reason="transferred"
    )
    merge(people, pair)
    entries = LogEntry.objects.filter(object_id=pair.keep.pk).order_by("-pk")
    assert entries[0].changes["merged"][1].endswith("蜗牛烘焙坊")
    assert entries[0].actor == people.admin
    gone = LogEntry.objects.filter(object_id=pair.merge.pk).order_by("-pk")[0]
    assert (gone.action, gone.actor) == (LogEntry.Action.DELETE, people.admin)
    told = Notification.objects.get(kind="customer", key__startswith="merge:")
    assert told.recipient == people.colleague
    assert pair.keep.name in told.body


# --- undo
def test_undo_brings_back_every_byte_of_every_table(people, pair):
    before = snapshot()
    record = merge(people, pair, name="merge", location="merge", notes="both")
    assert snapshot() != before
    undone = undo_merge(actor=people.admin, merge=Merge.objects.get(pk=record.pk), now=NOON)
    assert undone.pk == pair.merge.pk
    after = snapshot()
    for label, rows in before.items():
        assert after[label] == rows, label
    record.refresh_from_db()
    assert (record.undone_at, record.undone_by) == (NOON, people.admin)


def test_what_came_after_the_merge_stays_with_the_kept_customer(people, pair):
    record = merge(people, pair)
    keep = Customer.objects.get(pk=pair.keep.pk)
    later = TODAY + dt.timedelta(days=1)
    order = SalesOrderFactory(customer=keep, rep=people.owner, ordered_on=later)
    services.record_event(customer_id=keep.pk, kind="order", day=later)
    services.update_customer(actor=people.admin, customer=keep, notes="改过了")
    visit = VisitFactory(customer=keep, day=TODAY, sequence=5)
    undo_merge(actor=people.admin, merge=record, now=NOON)
    keep.refresh_from_db()
    order.refresh_from_db()
    visit.refresh_from_db()
    assert (order.customer, visit.customer) == (keep, keep)
    assert (keep.notes, keep.last_order_on) == ("改过了", later)
    assert list(pair.merge.visits.order_by("sequence").values_list("sequence", flat=True)) == [1, 2]


def test_what_was_deleted_or_moved_on_since_does_not_come_back(people, pair):
    record = merge(people, pair)
    Contact.objects.get(customer=pair.keep, name="采购").delete()
    follow_up = FollowUp.objects.get(customer=pair.keep)
    FollowUp.objects.filter(pk=follow_up.pk).update(customer=pair.other, contact=None)
    RouteFactory._meta.model.objects.filter(stops__customer=pair.keep).delete()
    undo_merge(actor=people.admin, merge=record, now=NOON)
    assert not Contact.objects.filter(name="采购").exists()
    follow_up.refresh_from_db()
    assert follow_up.customer == pair.other
    assert not pair.merge.route_stops.exists()


def test_links_across_both_are_cut_when_they_part(people, pair):
    record = merge(people, pair)
    ours = Contact.objects.get(customer=pair.keep, name="王店长")
    theirs = Contact.objects.get(customer=pair.keep, name="王小明")
    Contact.objects.filter(pk=ours.pk).update(reports_to=theirs)
    services.save_contact(actor=people.admin, customer=pair.keep, contact=theirs, phones="13500135000")
    note = FollowUp.objects.create(
        customer=pair.keep, rep=people.owner, at=NOON, day=TODAY, text="新的", contact=theirs
    )
    undo_merge(actor=people.admin, merge=record, now=NOON)
    ours.refresh_from_db()
    note.refresh_from_db()
    assert (ours.reports_to, note.contact) == (None, None)
    assert Contact.objects.get(name="采购").reports_to == theirs
    assert Phone.objects.get(raw="13500135000").customer_id == pair.merge.pk


@pytest.mark.parametrize("reason", ["twice", "late", "code", "kept gone", "owner gone", "rights", "scope"])
def test_undo_is_refused_with_a_reason(people, pair, reason):
    record = merge(people, pair)
    actor, now = people.admin, NOON
    if reason == "twice":
        undo_merge(actor=actor, merge=record, now=now)
    elif reason == "late":
        now = record.at + dt.timedelta(days=30, seconds=1)
    elif reason == "code":
        CustomerFactory(code=pair.merge.code)
    elif reason == "kept gone":
        Merge.objects.filter(pk=record.pk).update(kept=None)
    elif reason == "owner gone":
        journal = {**record.journal, "merged": {**record.journal["merged"], "owner_id": 987_654}}
        Merge.objects.filter(pk=record.pk).update(journal=journal)
    elif reason == "rights":
        actor = people.owner
    else:
        actor = people.outsider
        actor.role = Role.objects.get(code="manager")
        actor.save()
    before = snapshot()
    with pytest.raises(ValidationError):
        undo_merge(actor=actor, merge=record, now=now)
    assert snapshot() == before


def test_a_chain_of_merges_comes_apart_in_any_order(people, pair):
    before = snapshot()
    first = merge(people, pair)
    second = merge_customers(actor=people.admin, keep=pair.other.pk, merge=pair.keep.pk, now=timezone.now())
    undo_merge(actor=people.admin, merge=first)
    assert Customer.objects.filter(pk=pair.merge.pk).exists()
    assert pair.merge.visits.count() == 2
    undo_merge(actor=people.admin, merge=second)
    after = snapshot()
    assert after["visits.Visit"].keys() == before["visits.Visit"].keys()
    for label in ("crm.Contact", "crm.FollowUp", "sales.SalesOrder", "sales.Receipt", "crm.OwnerChange"):
        assert after[label] == before[label], label


# --- the page's counts, and dismissing
def test_holdings_count_both_sides_by_kind(pair):
    found = {row.label: (row.kept, row.merged) for row in holdings(pair.keep.pk, pair.merge.pk)}
    assert found[str(Visit._meta.verbose_name_plural)] == (2, 2)
    assert found[str(FollowUp._meta.verbose_name_plural)] == (0, 1)
    assert found[str(Contact._meta.verbose_name_plural)] == (1, 2)
    assert str(NotDuplicate._meta.verbose_name_plural) not in found


def test_dismissing_remembers_each_pair_once(people):
    ids = [CustomerFactory(owner=people.owner).pk for _ in range(3)]
    assert dismiss_duplicates(actor=people.superior, customers=ids) == 3
    assert dismiss_duplicates(actor=people.superior, customers=ids[::-1]) == 0
    for actor, rows in ((people.owner, ids), (people.superior, ids[:1])):
        with pytest.raises(ValidationError):
            dismiss_duplicates(actor=actor, customers=rows)
    foreign = CustomerFactory(owner=people.outsider)
    with pytest.raises(ValidationError):
        dismiss_duplicates(actor=people.superior, customers=[ids[0], foreign.pk])


# --- races
@pytest.mark.postgres
@on_postgres
@pytest.mark.django_db(transaction=True)
def test_two_merges_at_once_do_not_lose_a_customer(people):
    first, second = CustomerFactory(owner=people.owner), CustomerFactory(owner=people.owner)
    outcomes = race(
        lambda: merge_customers(actor=people.admin, keep=first.pk, merge=second.pk),
        lambda: merge_customers(actor=people.admin, keep=second.pk, merge=first.pk),
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Merge", "ValidationError"]
    assert Customer.objects.filter(pk__in=[first.pk, second.pk]).count() == 1


@pytest.mark.postgres
@on_postgres
@pytest.mark.django_db(transaction=True)
def test_undoing_twice_at_once_happens_once(people):
    first, second = CustomerFactory(owner=people.owner), CustomerFactory(owner=people.owner)
    record = merge_customers(actor=people.admin, keep=first.pk, merge=second.pk)
    outcomes = race(*[lambda: undo_merge(actor=people.admin, merge=record)] * 2)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Customer", "ValidationError"]
    assert Customer.objects.filter(pk=second.pk).count() == 1
