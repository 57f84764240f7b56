"""Tour plans: who sees them, how they are searched, moved, published and taken back."""

import datetime as dt
import json

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from common.business_calendar import today
from crm.models import CustomerShare
from territory.models import TourPlan, TourPlanShop, TourStop
from territory.queries import tour_plans as queries
from territory.services import tour_plan_jobs as jobs
from territory.services import tour_plan_moves as moves
from territory.services import tour_plan_tasks as publishing
from territory.services import tour_plans as services
from territory.services.tour_plans import PlanChangedError
from tests.factories import CustomerFactory, RouteFactory, RouteStopFactory, VisitFactory, VisitTaskFactory
from visits.models import LevelFrequency, VisitTask

MONDAY = dt.date(2026, 12, 7)
FRIDAY = MONDAY + dt.timedelta(days=4)
NOW = timezone.make_aware(dt.datetime(2026, 12, 1, 9))


@pytest.fixture
def shops(people):
    """Six of the owner's, three of the colleague's, along one street."""
    return [
        CustomerFactory(
            owner=people.owner if i < 6 else people.colleague,
            name=f"店{i}",
            latitude=31.80,
            longitude=117.20 + i / 100,
            level="A" if i == 0 else "",
        )
        for i in range(9)
    ]


def make_plan(people, shops=(), reps=None, actor=None, **fields):
    values = {
        "name": "下周",
        "starts_on": MONDAY,
        "ends_on": FRIDAY,
        "effort": "quick",
        "balance": 0,
        **fields,
    }
    plan = services.save_tour_plan(
        actor=actor or people.superior,
        plan=TourPlan(),
        reps=reps or [people.owner, people.colleague],
        **values,
    )
    services.add_shops(actor=people.superior, plan=plan, customer_ids=[shop.pk for shop in shops])
    plan.refresh_from_db()
    return plan


def laid(plan):
    """{(rep id, date): [names in order]}"""
    return {
        (tour.rep_id, tour.date): [stop.shop.customer.name for stop in tour.stops.all()]
        for tour in queries.laid_tours(plan)
    }


def lay(people, plan, tours):
    """Lay tours without a search: {(rep, date): [customers]}."""
    asked = queries.ask(plan)
    at = {shop.customer_id: number for number, shop in enumerate(asked.shops)}
    numbers = {
        (asked.rep_ids.index(rep.pk), asked.dates.index(day)): [at[shop.pk] for shop in its]
        for (rep, day), its in tours.items()
    }
    jobs.lay_tours(plan, asked, numbers)
    jobs.note_missing(plan, asked, numbers)
    TourPlan.objects.filter(pk=plan.pk).update(state="ready", is_stale=False)
    plan.refresh_from_db()
    return plan


@pytest.fixture
def plan(people, shops):
    tuesday = MONDAY + dt.timedelta(days=1)
    return lay(
        people,
        make_plan(people, shops),
        {
            (people.owner, MONDAY): shops[:3],
            (people.owner, tuesday): shops[3:6],
            (people.colleague, MONDAY): shops[6:8],
        },
    )


# --- the question
def test_customers_bring_their_visits_and_hours(people, shops):
    LevelFrequency.objects.update_or_create(level="A", defaults={"visits": 8})
    LevelFrequency.objects.update_or_create(level="C", defaults={"visits": 1})
    stop = RouteStopFactory(route=RouteFactory(rep=people.owner), customer=shops[1], opens_at=dt.time(9))
    plan = make_plan(
        people,
        [*shops, CustomerFactory(owner=people.outsider)],
        frequency="level",
        ends_on=MONDAY + dt.timedelta(days=13),
    )
    rows = {row.customer_id: row for row in plan.shops.all()}
    assert len(rows) == 9  # an outsider's customer is left out
    assert (rows[shops[0].pk].visits, rows[shops[1].pk].visits) == (4, 1)
    assert rows[shops[1].pk].opens_at == stop.opens_at
    services.change_shop(actor=people.superior, plan=plan, shop_id=rows[shops[1].pk].pk, visits=3)
    services.save_tour_plan(
        actor=people.superior, plan=plan, reps=[people.owner], frequency="typed", visits=2
    )
    visits = dict(plan.shops.values_list("customer_id", "visits"))
    assert (visits[shops[0].pk], visits[shops[1].pk]) == (2, 3)  # what was typed for one stays


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"ends_on": MONDAY - dt.timedelta(days=1)}, "ends_on"),
        ({"ends_on": MONDAY + dt.timedelta(days=31)}, "ends_on"),
        ({"starts_on": dt.date(2026, 12, 5), "ends_on": dt.date(2026, 12, 6)}, "ends_on"),
        ({"work_minutes": 5}, "work_minutes"),
    ],
)
def test_a_plan_that_cannot_be_is_refused(people, fields, field):
    with pytest.raises(ValidationError) as refused:
        make_plan(people, **fields)
    assert field in refused.value.message_dict


def test_nobody_plans_for_reps_of_others(people):
    with pytest.raises(ValidationError):
        make_plan(people, reps=[people.outsider])


# --- the search
def test_the_search_lays_every_visit_or_says_why_not(people, shops):
    nowhere = CustomerFactory(owner=people.owner, latitude=None, longitude=None, location_status="none")
    plan = make_plan(people, [*shops, nowhere], visits=2, gap_days=2)
    closed = plan.shops.get(customer=shops[5])
    services.change_shop(actor=people.superior, plan=plan, shop_id=closed.pk, closed_on="1,2,3,4,5")
    jobs.ask_for_tours(actor=people.superior, plan=plan)
    with pytest.raises(ValidationError):  # one search at a time, and no change meanwhile
        jobs.ask_for_tours(actor=people.superior, plan=plan)
    jobs.run_tour_plan(plan.pk)
    plan.refresh_from_db()
    assert (plan.state, plan.is_stale) == ("ready", False)
    reasons = {row.customer_id: (row.missing, row.reason) for row in plan.shops.filter(missing__gt=0)}
    assert reasons == {nowhere.pk: (2, "no_place"), shops[5].pk: (2, "closed")}
    days = {}
    for (rep, day), names in laid(plan).items():
        for name in names:
            days.setdefault(name, []).append((day, rep))
    assert len(days) == 8
    for name, places in days.items():
        (first, rep), (second, other) = sorted(places)
        assert (second - first).days >= 2
        assert rep == other == (people.owner.pk if int(name[1:]) < 6 else people.colleague.pk)
    jobs.run_tour_plan(plan.pk)  # the message came twice
    assert TourStop.objects.filter(tour__plan=plan).count() == 16


def test_a_cancelled_search_leaves_the_tours(people, plan, monkeypatch):
    before = laid(plan)
    jobs.ask_for_tours(actor=people.superior, plan=plan)
    assert jobs.cancel_search(actor=people.superior, plan=plan)  # before a worker took it
    plan.refresh_from_db()
    assert plan.state == "ready"
    jobs.ask_for_tours(actor=people.superior, plan=plan)
    solve = jobs.solve

    def cancelled_meanwhile(*args, **kwargs):
        assert jobs.cancel_search(actor=people.superior, plan=plan)
        return solve(*args, **kwargs)

    monkeypatch.setattr(jobs, "solve", cancelled_meanwhile)
    jobs.run_tour_plan(plan.pk)
    plan.refresh_from_db()
    assert (plan.state, laid(plan)) == ("ready", before)
    assert not jobs.cancel_search(actor=people.superior, plan=plan)


def test_a_search_that_breaks_or_dies_is_told_and_taken_up(people, plan, monkeypatch):
    def broken(*args, **kwargs):
        raise RuntimeError("no memory")

    before = laid(plan)
    jobs.ask_for_tours(actor=people.superior, plan=plan, now=NOW)
    assert jobs.sweep_tour_plans(now=NOW) == []
    later = NOW + dt.timedelta(minutes=4)
    assert jobs.sweep_tour_plans(now=later) == [plan.pk]
    with monkeypatch.context() as patch:
        patch.setattr(jobs, "solve", broken)
        jobs.run_tour_plan(plan.pk)
    plan.refresh_from_db()
    assert (plan.state, laid(plan)) == ("failed", before)
    assert plan.message
    TourPlan.objects.filter(pk=plan.pk).update(state="running", attempts=3, heartbeat_at=NOW)
    assert jobs.sweep_tour_plans(now=later) == []
    plan.refresh_from_db()
    assert plan.state == "failed"


def test_improving_the_rest_leaves_what_was_moved(people, plan):
    shop = plan.shops.get(customer__name="店0")
    moves.move_stop(
        actor=people.superior, plan=plan, shop_id=shop.pk, source=(people.owner.pk, MONDAY),
        target=(people.owner.pk, FRIDAY), seen=plan.version,
    )  # fmt: skip
    plan.refresh_from_db()
    jobs.ask_for_tours(actor=people.superior, plan=plan, keep_moved=True)
    jobs.run_tour_plan(plan.pk)
    plan.refresh_from_db()
    assert "店0" in laid(plan)[people.owner.pk, FRIDAY]
    assert not plan.shops.filter(missing__gt=0).exists()
    before = laid(plan)
    moves.undo_move(actor=people.superior, plan=plan, seen=plan.version)
    plan.refresh_from_db()
    moves.undo_move(actor=people.superior, plan=plan, seen=plan.version)
    assert laid(plan) != before
    assert laid(plan)[people.owner.pk, MONDAY] == ["店0", "店1", "店2"]


# --- moves
def test_a_move_reckons_both_tours_and_can_be_undone(people, plan):
    tuesday = MONDAY + dt.timedelta(days=1)
    before, length = laid(plan), plan.tours.get(rep=people.owner, date=tuesday).metres
    shop = plan.shops.get(customer__name="店2")
    moves.move_stop(
        actor=people.superior, plan=plan, shop_id=shop.pk, source=(people.owner.pk, MONDAY),
        target=(people.owner.pk, tuesday), seen=plan.version,
    )  # fmt: skip
    assert laid(plan)[people.owner.pk, tuesday] == ["店2", "店3", "店4", "店5"]  # where it adds the least
    tour = plan.tours.get(rep=people.owner, date=tuesday)
    assert tour.metres > length
    assert [stop.by_hand for stop in tour.stops.all()] == [True, False, False, False]
    with pytest.raises(PlanChangedError):  # of somebody who has not seen this
        moves.undo_move(actor=people.superior, plan=plan, seen=plan.version)
    plan.refresh_from_db()
    moves.undo_move(actor=people.superior, plan=plan, seen=plan.version)
    assert laid(plan) == before


def test_off_a_tour_and_onto_one(people, plan):
    shop = plan.shops.get(customer__name="店8")
    assert shop.missing == 1
    target = people.colleague.pk, FRIDAY
    moves.move_stop(
        actor=people.superior, plan=plan, shop_id=shop.pk, source=None, target=target, seen=plan.version
    )
    plan.refresh_from_db()
    shop.refresh_from_db()
    assert (laid(plan)[target], shop.missing) == (["店8"], 0)
    with pytest.raises(ValidationError):  # it has all its visits
        moves.move_stop(
            actor=people.superior, plan=plan, shop_id=shop.pk, source=None,
            target=(people.colleague.pk, MONDAY), seen=plan.version,
        )  # fmt: skip
    moves.move_stop(
        actor=people.superior, plan=plan, shop_id=shop.pk, source=target, target=None, seen=plan.version
    )
    shop.refresh_from_db()
    assert (target in laid(plan), shop.missing) == (False, 1)


@pytest.mark.parametrize("where", ["other rep", "outside", "twice"])
def test_a_move_that_must_not_be_is_refused(people, plan, where):
    shop = plan.shops.get(customer__name="店0")
    target = {
        "other rep": (people.colleague.pk, MONDAY),
        "outside": (people.owner.pk, FRIDAY + dt.timedelta(days=3)),
        "twice": (people.owner.pk, MONDAY),
    }[where]
    source = None if where == "twice" else (people.owner.pk, MONDAY)
    before = laid(plan)
    with pytest.raises(ValidationError):
        moves.move_stop(
            actor=people.superior, plan=plan, shop_id=shop.pk, source=source, target=target, seen=plan.version
        )
    assert laid(plan) == before


# --- publishing
def test_publishing_makes_each_task_once_and_says_what_it_refuses(people, plan, shops):
    VisitTaskFactory(customer=shops[0], rep=people.owner, date=MONDAY)
    shops[1].status = "inactive"
    shops[1].save()
    shops[6].owner = people.outsider
    shops[6].save()
    CustomerShare.objects.create(customer=shops[6], user=people.superior)
    result = publishing.publish_tour_plan(actor=people.superior, plan=plan, now=NOW)
    assert (result.created, result.existing) == (5, 1)
    reasons = {visit.customer_id: reason for visit, reason in result.refused}
    assert reasons == {shops[1].pk: "inactive", shops[6].pk: "unseen"}
    tasks = VisitTask.objects.filter(source="tours", source_id=plan.pk)
    assert list(
        tasks.filter(rep=people.owner, date=MONDAY + dt.timedelta(days=1)).values_list(
            "customer__name", flat=True
        )
    ) == ["店3", "店4", "店5"]
    again = publishing.publish_tour_plan(actor=people.superior, plan=plan, now=NOW)
    assert (again.created, again.existing) == (0, 6)
    late = publishing.publish_tour_plan(actor=people.superior, plan=plan, now=NOW + dt.timedelta(days=30))
    assert {reason for _visit, reason in late.refused} == {"past"}


def test_taking_back_leaves_what_somebody_touched(people, plan, shops):
    publishing.publish_tour_plan(actor=people.superior, plan=plan, now=NOW)
    tasks = {task.customer.name: task for task in VisitTask.objects.filter(source_id=plan.pk)}
    VisitFactory(customer=shops[0], rep=people.owner, task=tasks["店0"], check_out_at=None)
    VisitTask.objects.filter(pk=tasks["店1"].pk).update(status="done")
    VisitTask.objects.filter(pk=tasks["店2"].pk).update(date=FRIDAY, moved_from=MONDAY)
    result = publishing.unpublish_tour_plan(actor=people.superior, plan=plan, now=NOW)
    assert (result.withdrawn, result.kept) == (5, 3)
    assert set(VisitTask.objects.values_list("customer__name", flat=True)) == {"店0", "店1", "店2"}
    plan.refresh_from_db()
    assert plan.published_at is not None
    # What was moved away does not come again.
    publishing.publish_tour_plan(actor=people.superior, plan=plan, now=NOW)
    assert VisitTask.objects.filter(customer=shops[2]).count() == 1


def test_a_copy_asks_the_same_and_has_no_tours(people, plan):
    copy = services.copy_tour_plan(actor=people.superior, plan=plan, name="另一种")
    assert (copy.shops.count(), copy.reps.count(), copy.tours.count(), copy.state) == (9, 2, 0, "draft")
    services.delete_tour_plan(actor=people.superior, plan=plan)
    assert TourPlanShop.objects.filter(plan=copy).count() == 9


# --- screens
def address(name, *args):
    return reverse(f"territory:{name}", args=args)


def test_pages_for_those_who_may(people, plan, login, django_assert_max_num_queries):
    client, rep = login(people.superior), login(people.owner)
    pages = {
        "tour_plan_list": [], "tour_plan_create": [], "tour_plan": [plan.pk], "tour_plan_edit": [plan.pk],
        "tour_plan_board": [plan.pk], "tour_plan_shops": [plan.pk], "tour_plan_find": [plan.pk],
        "tour_plan_places": [plan.pk, people.owner.pk], "tour_plan_shop": [plan.pk, plan.shops.first().pk],
        "tour_plan_progress": [plan.pk], "tour_plan_compare": [],
    }  # fmt: skip
    for name, args in pages.items():
        assert client.get(address(name, *args)).status_code == 200, name
        assert rep.get(address(name, *args)).status_code == 403, name
    with django_assert_max_num_queries(12):
        client.get(address("tour_plan_list"))
    with django_assert_max_num_queries(16):
        text = client.get(address("tour_plan", plan.pk) + f"?rep={people.colleague.pk}").content.decode()
    assert "店6" in text
    assert "店3" not in text.split('id="board"')[1].split("pt-board")[1]
    lines = json.loads(client.get(address("tour_plan_lines", plan.pk)).content)
    assert [len(tour["stops"]) for tour in lines["tours"]] == [3, 2, 3]


def test_outsiders_find_no_plan(people, plan, login):
    from tests.factories import UserFactory

    other = login(UserFactory(role="manager", department=people.other))
    for name in ("tour_plan", "tour_plan_shops", "tour_plan_lines", "tour_plan_edit"):
        assert other.get(address(name, plan.pk)).status_code == 404
    for name in ("tour_plan_search", "tour_plan_move", "tour_plan_publish", "tour_plan_delete"):
        assert other.post(address(name, plan.pk)).status_code == 404
    assert other.get(address("tour_plan_compare") + f"?pk={plan.pk}").status_code == 404
    assert login(people.admin).get(address("tour_plan", plan.pk)).status_code == 200


def test_the_whole_way_through_the_screens(people, shops, login):
    client = login(people.superior)
    monday = today() + dt.timedelta(days=7 - today().weekday())
    form = client.get(address("tour_plan_create")).context["form"]
    data = {name: form[name].value() if form[name].value() is not None else "" for name in form.fields}
    data |= {"name": "", "reps": [people.owner.pk], "effort": "quick"}
    answer = client.post(address("tour_plan_create"), data)
    assert answer.status_code == 200
    assert answer.context["form"]["reps"].value() == [str(people.owner.pk)]  # what was typed stays
    for typed in ("0001-01-01", "9999-12-31"):
        answer = client.post(
            address("tour_plan_create"), data | {"name": "下周", "starts_on": typed, "ends_on": typed}
        )
        for field in ("starts_on", "ends_on"):
            assert answer.context["form"].errors[field] == ["年份应在 2000 到 2100 之间。"]
    answer = client.post(
        address("tour_plan_create"),
        data | {"name": "下周", "starts_on": monday, "ends_on": monday + dt.timedelta(days=4)},
    )
    plan = TourPlan.objects.get()
    assert answer.url == address("tour_plan_shops", plan.pk)
    client.post(address("tour_plan_add", plan.pk), {"all": "1", "query": "q=店"})
    assert plan.shops.count() == 6
    row = plan.shops.first()
    client.post(
        address("tour_plan_shop", plan.pk, row.pk), {"visits": 1, "opens_at": "12:00", "closes_at": "09:00"}
    )
    row.refresh_from_db()
    assert row.opens_at is None
    client.post(
        address("tour_plan_places", plan.pk, people.owner.pk),
        {"start_name": "家", "start": "31.8，117.2", "end": ""},
    )
    assert plan.reps.get().start == (31.8, 117.2)
    client.post(address("tour_plan_search", plan.pk))
    jobs.run_tour_plan(plan.pk)
    plan.refresh_from_db()
    assert TourStop.objects.filter(tour__plan=plan).count() == 6
    stop = TourStop.objects.filter(tour__plan=plan).select_related("tour").first()
    values = {
        "shop": stop.shop_id,
        "source": f"{stop.tour.rep_id}/{stop.tour.date}",
        "target": "",
        "seen": plan.version,
    }
    answer = client.post(address("tour_plan_move", plan.pk), values)
    assert answer.context["figures"].missing == 1
    assert (
        client.post(address("tour_plan_move", plan.pk), values).status_code == 200
    )  # seen is old: nothing moves
    assert plan.shops.filter(missing=1).count() == 1
    client.post(address("tour_plan_publish", plan.pk))
    assert VisitTask.objects.filter(rep=people.owner).count() == 5
    client.post(address("tour_plan_withdraw", plan.pk))
    assert not VisitTask.objects.exists()


def test_the_customer_list_hands_its_selection_over(people, plan, shops, login):
    client = login(people.superior)
    answer = client.post(address("tour_plan_collect"), {"pk": [shops[0].pk, shops[1].pk]})
    page = client.get(answer.url)
    assert page.context["ids"] == [str(shops[0].pk), str(shops[1].pk)]
    assert page.context["plans"][0] == plan
    answer = client.post(address("tour_plan_collect"), {"all": "1", "query": "level=A"})
    assert client.get(answer.url).context["whole_list"] == "level=A"
    more = [CustomerFactory(owner=people.owner, level=level) for level in "AB"]
    client.post(address("tour_plan_add", plan.pk), {"list": "level=A"})
    assert plan.shops.filter(customer__in=more).get().customer == more[0]
