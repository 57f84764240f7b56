"""Check-in and check-out (domain-rules §2)."""

import datetime as dt
import io
import uuid

import pytest
from django.core.exceptions import ValidationError

from common.geo import distance_m
from crm.models import CustomerShare
from sales.models import SalesOrder
from sales.signals import order_created
from tests.factories import CustomerFactory, SalesOrderFactory, VisitFactory, VisitTaskFactory
from tests.visits.conftest import DAY, NOW, STORE, fix_at, photo
from visits import services, signals
from visits.models import Visit, VisitOrder
from visits.rules import Fix

pytestmark = pytest.mark.django_db
MINUTE = dt.timedelta(minutes=1)


def enter(actor, customer, *, fix=None, now=NOW, **more):
    return services.check_in(actor=actor, customer_id=customer.pk, fix=fix or fix_at(), now=now, **more)


def leave(actor, visit, *, now=NOW + 10 * MINUTE, **more):
    return services.check_out(actor=actor, visit=visit, fix=fix_at(), now=now, **more)


def refusal(call, *args, **more) -> ValidationError:
    with pytest.raises(ValidationError) as caught:
        call(*args, **more)
    return caught.value


# --- check-in
def test_check_in_keeps_the_facts_of_the_moment(people, shop, options):
    options(geofence_radius_m=250)
    visit = enter(people.owner, shop, fix=fix_at(43, 12), occurred_at=NOW - 2 * MINUTE)
    visit.refresh_from_db()
    assert (visit.status, visit.fence, visit.flags, visit.sequence) == ("open", "inside", [], 1)
    assert (visit.check_in_at, visit.check_in_received_at) == (NOW - 2 * MINUTE, NOW)
    assert (visit.store_lat, visit.store_lng, visit.radius_m) == (*STORE, 250)
    assert visit.distance_m == pytest.approx(43, abs=0.1)
    assert visit.check_in_accuracy_m == 12
    assert visit.day == DAY
    assert not visit.is_valid


def test_moving_the_pin_later_changes_no_visit(people, shop):
    visit = enter(people.owner, shop, fix=fix_at(43))
    shop.latitude = 40
    shop.save()
    leave(people.owner, visit)
    visit.refresh_from_db()
    assert visit.store_lat == STORE[0]
    assert visit.distance_m == pytest.approx(43, abs=0.1)
    assert visit.check_out_distance_m == pytest.approx(0, abs=0.1)


def test_the_business_day_is_local(people, shop):
    late = dt.datetime(2026, 3, 1, 16, 30, tzinfo=dt.UTC)  # half past midnight on the 2nd in Shanghai
    assert enter(people.owner, shop, now=late).day == DAY


def test_somebody_elses_customer_is_refused(people, shop):
    assert refusal(enter, people.outsider, shop).code == "customer"
    assert refusal(enter, people.colleague, shop).code == "customer"
    assert not Visit.objects.exists()


def test_a_superior_and_a_colleague_it_is_shared_with_may_check_in(people, shop):
    CustomerShare.objects.create(customer=shop, user=people.outsider)
    assert enter(people.superior, shop).rep == people.superior
    assert enter(people.outsider, shop).rep == people.outsider


def test_one_open_visit_names_the_customer_to_check_out_from(people, shop):
    first = enter(people.owner, shop)
    other = CustomerFactory(owner=people.owner)
    error = refusal(enter, people.owner, other, now=NOW + MINUTE)
    assert error.code == "open_visit"
    assert error.params == {"visit_id": first.pk}
    assert "百佳超市" in error.messages[0]
    assert "11:00" in error.messages[0]


def test_a_per_cent_sign_in_a_name_is_only_a_character(people):
    shop = CustomerFactory(owner=people.owner, name="100%s 便利店 %(x)s")
    enter(people.owner, shop)
    assert "100%s 便利店 %(x)s" in refusal(enter, people.owner, shop).messages[0]


def test_second_visit_of_a_day_by_the_option(people, shop, options):
    leave(people.owner, enter(people.owner, shop))
    error = refusal(enter, people.owner, shop, now=NOW + 60 * MINUTE)
    assert error.code == "already_visited"
    assert "11:00" in error.messages[0]
    options(allow_multiple_visits=True)
    second = enter(people.owner, shop, now=NOW + 60 * MINUTE)
    leave(people.owner, second, now=NOW + 70 * MINUTE)
    assert second.sequence == 2
    options(allow_multiple_visits=False)
    assert Visit.objects.count() == 2  # turning it off touches nothing
    assert refusal(enter, people.owner, shop, now=NOW + 80 * MINUTE).code == "already_visited"
    tomorrow = enter(people.owner, shop, now=NOW + dt.timedelta(days=1))
    assert tomorrow.sequence == 1


def test_two_people_visit_one_customer_on_one_day(people, shop):
    assert enter(people.owner, shop).sequence == 1
    assert enter(people.superior, shop).sequence == 1


def test_counting_by_the_example(people, shop, options):
    """Rep A visits X twice and Y once on one day → 3 visits, 2 customers."""
    options(allow_multiple_visits=True)
    other = CustomerFactory(owner=people.owner)
    for offset, customer in enumerate((shop, other, shop)):
        visit = enter(people.owner, customer, now=NOW + offset * 20 * MINUTE)
        leave(people.owner, visit, now=NOW + (offset * 20 + 5) * MINUTE)
    rows = Visit.objects.valid().filter(rep=people.owner, day=DAY)
    assert rows.count() == 3
    assert rows.values("rep", "customer", "day").distinct().count() == 2


def test_outside_flag_needs_a_reason_and_flags(people, shop):
    error = refusal(enter, people.owner, shop, fix=fix_at(800))
    assert error.code == "reason"
    assert "800 m" in error.messages[0]
    visit = enter(people.owner, shop, fix=fix_at(800), outside_reason=" 店铺搬家 ")
    assert (visit.fence, visit.flags, visit.outside_reason) == ("outside", ["outside"], "店铺搬家")


def test_outside_block_refuses_saying_the_distance(people, shop, options):
    options(geofence_policy="block")
    error = refusal(enter, people.owner, shop, fix=fix_at(800), outside_reason="店铺搬家")
    assert error.code == "outside"
    assert "800 m" in error.messages[0]


def test_gps_refused_is_unverified_and_never_inside(people, shop, options):
    visit = services.check_in(actor=people.owner, customer_id=shop.pk, fix=None, now=NOW)
    assert (visit.fence, visit.flags, visit.check_in_lat, visit.distance_m) == (
        "unverified",
        ["unverified"],
        None,
        None,
    )
    leave(people.owner, visit)
    options(geofence_policy="block", allow_multiple_visits=True)
    with pytest.raises(ValidationError):
        services.check_in(actor=people.owner, customer_id=shop.pk, fix=None, now=NOW + 20 * MINUTE)


def test_bad_accuracy_keeps_the_fix_but_proves_nothing(people, shop):
    visit = enter(people.owner, shop, fix=fix_at(0, 1500))
    assert visit.fence == "unverified"
    assert visit.check_in_accuracy_m == 1500


def test_customer_without_location_takes_the_fix_to_confirm(people):
    shop = CustomerFactory(owner=people.owner, latitude=None, longitude=None, location_status="none")
    visit = enter(people.owner, shop, fix=fix_at(5))
    shop.refresh_from_db()
    assert visit.fence == "no_location"
    assert visit.store_lat is None
    assert shop.location_status == "to_confirm"
    assert distance_m(shop.latitude, shop.longitude, *STORE) == pytest.approx(5, abs=0.1)


def test_an_unusable_fix_is_no_location_for_anybody(people):
    shop = CustomerFactory(owner=people.owner, latitude=None, longitude=None, location_status="none")
    enter(people.owner, shop, fix=fix_at(5, 2000))
    shop.refresh_from_db()
    assert shop.latitude is None


def test_clock_is_flagged_online_and_future_always(people, shop, options):
    options(allow_multiple_visits=True)
    late = enter(people.owner, shop, occurred_at=NOW - 11 * MINUTE)
    assert late.flags == ["clock"]
    leave(people.owner, late)
    queued = enter(people.owner, shop, occurred_at=NOW - 11 * MINUTE, online=False, now=NOW + 20 * MINUTE)
    assert queued.flags == []
    leave(people.owner, queued, now=NOW + 30 * MINUTE)
    ahead = enter(people.owner, shop, occurred_at=NOW + 60 * MINUTE, now=NOW + 45 * MINUTE, online=False)
    assert ahead.flags == ["future"]


def test_absurd_time_is_refused(people, shop):
    assert refusal(enter, people.owner, shop, occurred_at=NOW + dt.timedelta(days=2)).code == "time"


def test_same_uuid_is_one_visit(people, shop):
    key = uuid.uuid4()
    first = enter(people.owner, shop, uuid=key)
    again = enter(people.owner, shop, uuid=key)
    assert first.pk == again.pk
    assert Visit.objects.count() == 1
    leave(people.owner, first)
    assert enter(people.owner, shop, uuid=key).pk == first.pk  # also after it has ended


def test_a_uuid_of_somebody_else_is_refused(people, shop):
    key = uuid.uuid4()
    enter(people.owner, shop, uuid=key)
    assert refusal(enter, people.superior, shop, uuid=key).code == "uuid"


def test_photo_option(people, shop, options):
    options(require_check_in_photo=True)
    assert refusal(enter, people.owner, shop).code == "photo"
    visit = enter(people.owner, shop, photos=[photo()])
    assert visit.photos.count() == 1


def test_a_bad_photo_leaves_nothing_behind(people, shop, settings):
    with pytest.raises(ValidationError):
        enter(people.owner, shop, photos=[photo(), io.BytesIO(b"not a picture")])
    assert not Visit.objects.exists()


# --- tasks
def test_planned_when_it_closes_the_task_of_that_rep_customer_and_day(people, shop):
    task = VisitTaskFactory(rep=people.owner, customer=shop, date=DAY)
    VisitTaskFactory(rep=people.superior, customer=shop, date=DAY)
    VisitTaskFactory(rep=people.owner, customer=shop, date=DAY + dt.timedelta(days=1))
    visit = enter(people.owner, shop)
    assert visit.task == task
    task.refresh_from_db()
    assert task.status == "open"  # nothing is done yet
    leave(people.owner, visit)
    task.refresh_from_db()
    assert task.status == "done"
    assert visit.is_planned


def test_a_second_visit_of_the_day_closes_nothing_and_is_unplanned(people, shop, options):
    options(allow_multiple_visits=True)
    VisitTaskFactory(rep=people.owner, customer=shop, date=DAY)
    leave(people.owner, enter(people.owner, shop))
    second = enter(people.owner, shop, now=NOW + 60 * MINUTE)
    assert not second.is_planned


def test_a_skipped_task_is_taken_up_again_by_going_there(people, shop):
    task = VisitTaskFactory(rep=people.owner, customer=shop, date=DAY, status="skipped", skip_reason="下雨")
    leave(people.owner, enter(people.owner, shop))
    task.refresh_from_db()
    assert (task.status, task.skip_reason) == ("done", "")


def test_a_task_planned_while_the_visit_is_on_is_closed_too(people, shop):
    visit = enter(people.owner, shop)
    task = VisitTaskFactory(rep=people.owner, customer=shop, date=DAY)
    leave(people.owner, visit)
    visit.refresh_from_db()
    task.refresh_from_db()
    assert visit.task == task
    assert task.status == "done"


def test_closed_shop_is_recorded_and_closes_the_task(people, shop):
    task = VisitTaskFactory(rep=people.owner, customer=shop, date=DAY)
    visit = leave(people.owner, enter(people.owner, shop), outcome="closed", summary="关门")
    task.refresh_from_db()
    shop.refresh_from_db()
    assert (visit.outcome, task.status, visit.is_valid) == ("closed", "done", True)
    assert shop.last_visit_on == DAY


# --- check-out
def test_check_out_makes_it_valid_and_writes_the_last_visit(people, shop):
    visit = enter(people.owner, shop)
    shop.refresh_from_db()
    assert shop.last_visit_on is None  # an open visit closes nothing
    leave(people.owner, visit, summary=" 陈列良好 ", occurred_at=NOW + 7 * MINUTE)
    visit.refresh_from_db()
    shop.refresh_from_db()
    assert visit.is_valid
    assert visit.dwell == 7 * MINUTE
    assert visit.check_out_received_at == NOW + 10 * MINUTE
    assert visit.summary == "陈列良好"
    assert shop.last_visit_on == DAY


def test_a_late_record_does_not_move_the_last_visit_back(people, shop):
    shop.last_visit_on = DAY + dt.timedelta(days=3)
    shop.save()
    leave(people.owner, enter(people.owner, shop))
    shop.refresh_from_db()
    assert shop.last_visit_on == DAY + dt.timedelta(days=3)


def test_only_ones_own_visit(people, shop):
    visit = enter(people.owner, shop)
    for other in (people.superior, people.outsider, people.admin):
        assert refusal(leave, other, visit).code == "visit"
    visit.refresh_from_db()
    assert visit.status == "open"


def test_a_second_check_out_is_told_so(people, shop):
    visit = enter(people.owner, shop)
    leave(people.owner, visit)
    assert refusal(leave, people.owner, visit, now=NOW + 20 * MINUTE, summary="x").code == "closed"
    visit.refresh_from_db()
    assert visit.summary == ""


def test_check_out_before_check_in_is_refused(people, shop):
    visit = enter(people.owner, shop)
    assert refusal(leave, people.owner, visit, occurred_at=NOW - MINUTE).code == "time"


def test_a_clock_that_ran_ahead_locks_nobody_in(people, shop):
    visit = enter(people.owner, shop, occurred_at=NOW + 120 * MINUTE)
    leave(people.owner, visit, now=NOW + 10 * MINUTE)
    visit.refresh_from_db()
    assert visit.dwell == dt.timedelta(0)
    assert visit.flags == ["clock", "future"]


@pytest.mark.parametrize(("field", "value"), [("summary", "长" * 2001), ("outcome", "nonsense")])
def test_bad_check_out_input(people, shop, field, value):
    visit = enter(people.owner, shop)
    assert refusal(leave, people.owner, visit, **{field: value}).code == field
    visit.refresh_from_db()
    assert visit.status == "open"


# --- signals
def test_signals_are_part_of_the_transaction(people, shop):
    def spoil(visit, **kwargs):
        raise RuntimeError("a receiver failed")

    signals.checked_in.connect(spoil)
    try:
        with pytest.raises(RuntimeError):
            enter(people.owner, shop)
    finally:
        signals.checked_in.disconnect(spoil)
    assert not Visit.objects.exists()
    visit = enter(people.owner, shop)
    signals.checked_out.connect(spoil)
    try:
        with pytest.raises(RuntimeError):
            leave(people.owner, visit)
    finally:
        signals.checked_out.disconnect(spoil)
    visit.refresh_from_db()
    shop.refresh_from_db()
    assert visit.status == "open"
    assert shop.last_visit_on is None


# --- orders at the visit
def test_an_order_during_the_visit_is_linked(people, shop):
    visit = enter(people.owner, shop)
    order = SalesOrderFactory(customer=shop)
    order_created.send(sender=SalesOrder, order=order, actor=people.owner)
    elsewhere = SalesOrderFactory(customer=CustomerFactory(owner=people.owner))
    order_created.send(sender=SalesOrder, order=elsewhere, actor=people.owner)
    by_other = SalesOrderFactory(customer=shop)
    order_created.send(sender=SalesOrder, order=by_other, actor=people.superior)
    leave(people.owner, visit)
    after = SalesOrderFactory(customer=shop)
    order_created.send(sender=SalesOrder, order=after, actor=people.owner)
    assert list(VisitOrder.objects.values_list("visit", "order")) == [(visit.pk, order.pk)]


def test_valid_needs_both_ends(people, shop):
    VisitFactory(customer=shop, rep=people.owner, check_out_at=None)
    assert not Visit.objects.valid().exists()


def test_fix_with_impossible_coordinates_is_kept_out(people, shop):
    visit = enter(people.owner, shop, fix=Fix(0, 0, 5))
    assert (visit.fence, visit.check_in_lat) == ("unverified", None)
