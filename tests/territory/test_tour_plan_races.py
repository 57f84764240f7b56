"""Two people at one tour plan at the same moment."""

import datetime as dt

import pytest
from django.utils import timezone

from territory.models import TourPlan, TourStop
from territory.queries import tour_plans as queries
from territory.services import tour_plan_jobs as jobs
from territory.services import tour_plan_moves as moves
from territory.services import tour_plan_tasks as publishing
from territory.services import tour_plans as services
from territory.services.tour_plans import PlanChangedError
from tests.factories import CustomerFactory
from tests.visits.test_races import race
from visits.models import VisitTask

MONDAY = dt.date(2026, 12, 7)
FRIDAY = MONDAY + dt.timedelta(days=4)
NOW = timezone.make_aware(dt.datetime(2026, 12, 1, 9))

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def plan(people):
    shops = [CustomerFactory(owner=people.owner, longitude=117.2 + i / 100) for i in range(4)]
    plan = services.save_tour_plan(
        actor=people.superior,
        plan=TourPlan(),
        reps=[people.owner],
        name="下周",
        starts_on=MONDAY,
        ends_on=FRIDAY,
    )
    services.add_shops(actor=people.superior, plan=plan, customer_ids=[shop.pk for shop in shops])
    asked = queries.ask(plan)
    jobs.lay_tours(plan, asked, {(0, 0): [0, 1, 2, 3]})
    TourPlan.objects.update(state="ready")
    plan.refresh_from_db()
    return plan


def test_published_twice_at_once_makes_each_task_once(people, plan):
    def publish():
        return publishing.publish_tour_plan(actor=people.superior, plan=plan, now=NOW)

    first, second = race(publish, publish)
    assert first.created + second.created == 4
    assert first.existing + second.existing == 4
    assert VisitTask.objects.count() == 4


def test_of_two_moves_from_the_same_view_one_wins(people, plan):
    def move(shop, day):
        return lambda: moves.move_stop(
            actor=people.superior,
            plan=plan,
            shop_id=shop.pk,
            source=(people.owner.pk, MONDAY),
            target=(people.owner.pk, day),
            seen=plan.version,
        )

    first, second = plan.shops.all()[:2]
    outcomes = race(move(first, FRIDAY), move(second, MONDAY + dt.timedelta(days=2)))
    assert sum(isinstance(outcome, PlanChangedError) for outcome in outcomes) == 1
    assert TourStop.objects.filter(tour__plan=plan).count() == 4
    assert plan.tours.count() == 2


def test_a_search_is_run_by_one_worker(people, plan):
    TourPlan.objects.update(effort="quick")
    jobs.ask_for_tours(actor=people.superior, plan=plan)
    assert race(lambda: jobs.run_tour_plan(plan.pk), lambda: jobs.run_tour_plan(plan.pk)) == [None, None]
    plan.refresh_from_db()
    assert (plan.state, plan.attempts) == ("ready", 1)
    assert TourStop.objects.filter(tour__plan=plan).count() == 4
