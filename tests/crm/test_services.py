"""Writers of crm: codes, phones, search columns, owner history, last events."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest
from auditlog.models import LogEntry
from django.core.exceptions import ValidationError
from django.db import connection, connections, transaction  # noqa: F401 - named in skipif

from crm import services
from crm.models import Customer, OwnerChange, Sequence
from crm.services import leads
from crm.signals import owner_changed
from tests.factories import ContactFactory, CustomerFactory, UserFactory

pytestmark = pytest.mark.django_db

DAY = dt.date(2026, 11, 22)


# --- numbers
def test_numbers_count_up_per_name():
    assert services.next_numbers(name="a", count=3) == [1, 2, 3]
    assert services.next_numbers(name="a") == [4]
    assert services.next_numbers(name="b") == [1]


def test_a_rolled_back_caller_gives_its_numbers_back():
    services.next_numbers(name="a")
    with transaction.atomic():
        services.next_numbers(name="a", count=5)
        transaction.set_rollback(True)
    assert services.next_numbers(name="a") == [2]


def test_no_numbers_are_no_request():
    with pytest.raises(ValueError, match="at least 1"):
        services.next_numbers(name="a", count=0)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif("connection.vendor != 'postgresql'")
def test_numbers_stay_gap_free_when_many_ask_at_once():
    def ask(_turn: int) -> list[int]:
        try:
            with transaction.atomic():
                return services.next_numbers(name="race", count=2)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=6) as pool:
        given = [number for numbers in pool.map(ask, range(30)) for number in numbers]
    assert sorted(given) == list(range(1, 61))
    assert Sequence.objects.get(pk="race").value == 60


# --- creating
def test_a_code_is_generated_and_steps_over_codes_in_use(people):
    CustomerFactory(code="C000001")
    customer = services.create_customer(actor=people.owner, name="蜗牛烘焙")
    assert customer.code == "C000002"


def test_creating_fills_what_the_system_knows(people):
    customer = services.create_customer(actor=people.owner, name="蜗牛烘焙", created_on=DAY)
    assert (customer.owner, customer.received_on, customer.created_by) == (people.owner, DAY, people.owner)
    assert customer.name_key == "蜗牛烘焙"
    change = OwnerChange.objects.get(customer=customer)
    assert (change.from_user, change.to_user, change.by, change.reason) == (
        None,
        people.owner,
        people.owner,
        "created",
    )


def test_the_pool_has_no_owner_and_nobody_received_it(people):
    customer = services.create_customer(actor=people.admin, name="公海店", owner=None)
    assert customer.owner is None
    assert customer.received_on is None


def test_phones_are_kept_as_typed_and_marked_when_not_understood(people):
    customer = services.create_customer(
        actor=people.owner, name="店", phones="138 0013 8000/老王不接", contact="王老板"
    )
    phones = list(customer.phones.values_list("raw", "e164"))
    assert phones == [("138 0013 8000", "+8613800138000"), ("老王不接", "")]
    assert [p.is_recognised for p in customer.phones.all()] == [True, False]
    contact = customer.contacts.get()
    assert (contact.name, contact.is_primary) == ("王老板", True)


def test_a_taken_code_is_refused_with_a_message(people):
    CustomerFactory(code="X1")
    with pytest.raises(ValidationError) as refusal:
        services.create_customer(actor=people.owner, name="店", code="X1")
    assert "code" in refusal.value.message_dict


@pytest.mark.parametrize(("lat", "lng"), [(91, 117), (0, 0), (31, None), (None, 117), (float("nan"), 1)])
def test_impossible_coordinates_are_refused(people, lat, lng):
    with pytest.raises(ValidationError):
        services.create_customer(actor=people.owner, name="店", latitude=lat, longitude=lng)
    assert not Customer.objects.exists()


def test_one_must_see_what_one_creates(people):
    with pytest.raises(ValidationError) as refusal:
        services.create_customer(actor=people.superior, name="店", owner=people.outsider)
    assert "owner" in refusal.value.message_dict
    assert not Customer.objects.exists()


def test_unknown_and_derived_fields_are_a_programming_error(people):
    for field in ("nonsense", "search_text", "last_visit_on"):
        with pytest.raises(TypeError, match=field):
            services.create_customer(actor=people.owner, name="店", **{field: "x"})


def test_who_may_confirm_sets_a_confirmed_location(people):
    place = {"latitude": 31.8, "longitude": 117.2}
    assert services.create_customer(actor=people.owner, name="甲店", **place).location_status == "to_confirm"
    assert (
        services.create_customer(actor=people.superior, name="乙店", **place).location_status == "confirmed"
    )
    assert services.create_customer(actor=people.superior, name="丙店").location_status == "none"


# --- changing
def test_an_update_writes_search_columns_and_the_audit_trail(people):
    customer = services.create_customer(actor=people.owner, name="旧名", phones="13800138000")
    services.update_customer(
        actor=people.superior, customer=customer, name="新名便利店", phones="13900139000"
    )
    customer.refresh_from_db()
    assert "xmbld" in customer.search_text
    assert "13900139000" in customer.search_text
    assert "13800138000" not in customer.search_text
    entry = LogEntry.objects.get_for_object(customer).filter(changes__has_key="name").latest("pk")
    assert entry.changes["name"] == ["旧名", "新名便利店"]
    assert entry.actor == people.superior
    phones = LogEntry.objects.get_for_object(customer).filter(changes__has_key="phones").latest("pk")
    assert phones.changes["phones"] == ["13800138000", "13900139000"]


def test_an_update_starts_no_clock_anew(people):
    customer = services.create_customer(actor=people.owner, name="店", created_on=DAY)
    services.update_customer(actor=people.owner, customer=customer, name="新店")
    customer.refresh_from_db()
    assert (customer.created_on, customer.received_on) == (DAY, DAY)


def test_the_owner_does_not_change_by_an_update(people):
    customer = CustomerFactory(owner=people.owner)
    with pytest.raises(TypeError, match="owner"):
        services.update_customer(actor=people.superior, customer=customer, owner=people.colleague)


def test_a_rep_who_moves_a_shop_makes_its_location_to_confirm(people):
    customer = CustomerFactory(owner=people.owner)
    services.update_customer(actor=people.owner, customer=customer, latitude=31.9, longitude=117.3)
    customer.refresh_from_db()
    assert customer.location_status == "to_confirm"
    services.confirm_location(actor=people.superior, customer=customer)
    customer.refresh_from_db()
    assert customer.location_status == "confirmed"
    with pytest.raises(ValidationError):
        services.confirm_location(actor=people.superior, customer=customer)


# --- owner
def test_assigning_moves_only_what_the_actor_may_move(people):
    mine, foreign = CustomerFactory(owner=people.owner), CustomerFactory(owner=people.outsider)
    heard = []

    def hear(customers, customer_ids, owner, **kwargs):
        heard.append((list(customers.values_list("pk", flat=True)), customer_ids, owner))

    owner_changed.connect(hear)
    try:
        changed = services.assign_owner(
            actor=people.superior,
            customers=[mine.pk, foreign.pk],
            owner=people.colleague,
            reason="assigned",
            today=DAY,
        )
    finally:
        owner_changed.disconnect(hear)
    mine.refresh_from_db()
    foreign.refresh_from_db()
    assert changed.changed == [mine.pk]
    assert set(changed.refused) == {foreign.pk}
    assert heard == [([mine.pk], [mine.pk], people.colleague)]
    assert (mine.owner, mine.received_on) == (people.colleague, DAY)
    assert foreign.owner == people.outsider
    history = OwnerChange.objects.get(customer=mine)
    assert (history.from_user, history.to_user, history.by) == (
        people.owner,
        people.colleague,
        people.superior,
    )
    entry = LogEntry.objects.get_for_object(mine).filter(action=1).get(changes__has_key="owner")
    assert entry.changes["owner"] == [str(people.owner.pk), str(people.colleague.pk)]
    assert entry.actor == people.superior


def test_assigning_to_the_present_owner_changes_nothing(people):
    mine = CustomerFactory(owner=people.owner, received_on=DAY)
    done = services.assign_owner(
        actor=people.superior, customers=[mine.pk], owner=people.owner, reason="assigned"
    )
    assert (done.changed, list(done.refused)) == ([], [mine.pk])
    mine.refresh_from_db()
    assert mine.received_on == DAY
    assert not OwnerChange.objects.exists()


def test_nobody_is_assigned_to_a_stranger_or_somebody_who_left(people):
    mine = CustomerFactory(owner=people.owner)
    gone = UserFactory(department=people.sales, is_active=False)
    for person in (people.outsider, gone):
        with pytest.raises(ValidationError):
            services.assign_owner(actor=people.superior, customers=[mine.pk], owner=person, reason="assigned")


def test_a_job_returns_customers_to_the_pool():
    mine = CustomerFactory()
    owner = mine.owner
    done = services.assign_owner(actor=None, customers=[mine.pk], owner=None, reason="transferred")
    assert done.changed == [mine.pk]
    mine.refresh_from_db()
    assert (mine.owner, mine.received_on, mine.last_owner) == (None, None, owner)


def test_assigning_many_costs_the_same_as_one(people, django_assert_num_queries):
    few = [CustomerFactory(owner=people.owner).pk]
    many = [CustomerFactory(owner=people.owner).pk for _ in range(5)]
    services.assign_owner(actor=people.admin, customers=few, owner=people.colleague, reason="assigned")
    for ids in (few, many):
        with django_assert_num_queries(13):
            services.assign_owner(actor=people.admin, customers=ids, owner=people.superior, reason="assigned")


# --- events
def test_an_event_never_moves_the_date_back():
    customer = CustomerFactory()
    services.record_event(customer_id=customer.pk, kind="visit", day=DAY)
    services.record_event(customer_id=customer.pk, kind="visit", day=DAY - dt.timedelta(days=3))
    customer.refresh_from_db()
    assert (customer.last_visit_on, customer.last_order_on) == (DAY, None)
    services.set_last_event(customer_id=customer.pk, kind="visit", day=None)
    customer.refresh_from_db()
    assert customer.last_visit_on is None


def test_a_fix_is_taken_only_where_there_is_no_location():
    known, unknown = CustomerFactory(), CustomerFactory(latitude=None, longitude=None, location_status="none")
    assert not services.suggest_location(customer_id=known.pk, latitude=30, longitude=110)
    assert not services.suggest_location(customer_id=unknown.pk, latitude=0, longitude=0)
    assert services.suggest_location(customer_id=unknown.pk, latitude=31.5, longitude=117.5)
    unknown.refresh_from_db()
    assert (unknown.latitude, unknown.longitude, unknown.location_status) == (31.5, 117.5, "to_confirm")


# --- contacts
def test_the_first_contact_is_the_main_one_and_another_can_take_over(people):
    customer = CustomerFactory(owner=people.owner)
    first = services.save_contact(actor=people.owner, customer=customer, name="甲", phones="13800138000")
    second = services.save_contact(actor=people.owner, customer=customer, name="乙", is_primary=True)
    first.refresh_from_db()
    assert (first.is_primary, second.is_primary) == (False, True)
    customer.refresh_from_db()
    assert "13800138000" in customer.search_text
    assert "乙" in customer.search_text
    services.delete_contact(actor=people.owner, contact=second)
    first.refresh_from_db()
    assert first.is_primary


def test_indexing_many_is_set_based(django_assert_num_queries):
    customers = [CustomerFactory(name=f"好邻居{n}") for n in range(6)]
    ContactFactory(customer=customers[0], name="刘老板")
    with django_assert_num_queries(6):
        assert services.reindex(customer_ids=[c.pk for c in customers]) == 6
    customers[0].refresh_from_db()
    assert "hlj0" in customers[0].search_text
    assert "刘老板" in customers[0].search_text


def test_a_tax_id_is_kept_as_the_check_compares_it(people):
    typed, kept = " ９１３４ 0100ma2t aaaa1b ", "91340100MA2TAAAA1B"
    customer = services.create_customer(actor=people.owner, name="甲", tax_id=typed)
    assert customer.tax_id == kept
    services.update_customer(actor=people.owner, customer=customer, tax_id="")
    customer = services.update_customer(actor=people.owner, customer=customer, tax_id=typed)
    assert Customer.objects.get(tax_id=kept) == customer
    lead = leads.create_lead(actor=people.owner, name="乙", tax_id=typed)
    assert lead.tax_id == kept
    assert leads.update_lead(actor=people.owner, lead=lead, tax_id="ab 1").tax_id == "AB1"
