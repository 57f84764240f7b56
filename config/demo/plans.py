"""What is planned: plans of every rhythm, a manager's batch, what was missed, skipped, moved, and two reps at one door."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from random import Random

from django.utils import timezone

from accounts.models import User
from common.business_calendar import business_day, is_working_day
from crm.models import Customer, CustomerShare
from visits import queries
from visits.enums import HolidayRule, PhraseUse, Rhythm, TaskStatus
from visits.models import VisitTask
from visits.rules.drafts import KEEP
from visits.rules.plans import next_working_day
from visits.services import move_tasks
from visits.services.drafts import create_drafts
from visits.services.plans import PlanTerms, save_plans, stop_plans

# Of the stops missed before the last working days so many were given up with a reason in the end.
GIVEN_UP = 0.7
LEFT_DAYS = 3  # working days whose missed stops are the day reports' business
FULL_DAY = 15


def make_plans(rng: Random, team: list[User], now: dt.datetime) -> None:
    """Call it when tasks and visits are there, before the daily reports."""
    today, boss = business_day(now), User.objects.get(username="boss")
    shops: dict[int, list[Customer]] = defaultdict(list)
    for shop in Customer.objects.active().filter(owner__in=team).order_by("pk"):
        shops[shop.owner_id or 0].append(shop)
    chosen = {rep.pk: rng.sample(shops[rep.pk], k=min(14, len(shops[rep.pk]))) for rep in team}
    _periodic(boss, team, chosen, today)
    _skips(rng, today)
    _batches(rng, team, shops, today)
    _moves(team, today)


def _terms(today: dt.date) -> list[tuple[int, PlanTerms]]:
    """How many customers of each rep, and how they are visited."""
    since = today - dt.timedelta(days=21)
    return [
        (3, PlanTerms(since, rhythm=Rhythm.WEEKDAYS, weekdays="2,5", on_holiday=HolidayRule.NEXT)),
        (2, PlanTerms(since, rhythm=Rhythm.DAYS, every=10, note="查库存和日期")),
        (2, PlanTerms(since, rhythm=Rhythm.WEEKS, every=2, weekdays="3", on_holiday=HolidayRule.NEXT)),
        (3, PlanTerms(since, rhythm=Rhythm.CYCLE)),
        (1, PlanTerms(since, rhythm=Rhythm.CYCLE, frequency=6, note="重点客户，每次拍陈列")),
        (
            1,
            PlanTerms(
                since,
                rhythm=Rhythm.WEEKDAYS,
                weekdays="6",
                on_holiday=HolidayRule.KEEP,
                ends_on=today + dt.timedelta(days=45),
                note="周末促销",
            ),
        ),
        (1, PlanTerms(since, rhythm=Rhythm.WEEKS, every=4, weekdays="1")),
        (1, PlanTerms(since, rhythm=Rhythm.DAYS, every=30, note="店主外出，暂停")),
    ]


def _periodic(boss: User, team: list[User], chosen: dict[int, list[Customer]], today: dt.date) -> None:
    start, terms = 0, _terms(today)
    for count, values in terms:
        pairs = [(rep.pk, shop.pk) for rep in team for shop in chosen[rep.pk][start : start + count]]
        if pairs:
            save_plans(actor=boss, pairs=pairs, terms=values, today=today)
        start += count
    stopped = [plan.pk for rep in team for plan in rep.visit_plans.filter(every=30)]
    stop_plans(actor=boss, plan_ids=stopped, today=today)


def _skips(rng: Random, today: dt.date) -> None:
    """Most of the stops missed earlier were given up with a reason; the rest is still missed."""
    last = today
    for _step in range(LEFT_DAYS):
        last -= dt.timedelta(days=1)
        while not is_working_day(last):
            last -= dt.timedelta(days=1)
    reasons = [phrase.text for phrase in queries.phrases(user=_anybody(), use=PhraseUse.SKIP)]
    missed = VisitTask.objects.open().filter(date__lt=last).order_by("date", "pk")
    given_up = [task for task in missed if rng.random() < GIVEN_UP]
    for task in given_up:
        task.status, task.skip_reason = TaskStatus.SKIPPED, rng.choice(reasons)
    VisitTask.objects.bulk_update(given_up, ["status", "skip_reason"], batch_size=400)


def _anybody() -> User:
    return User.objects.filter(role__code="rep").order_by("pk")[0]


def _batches(rng: Random, team: list[User], shops: dict[int, list[Customer]], today: dt.date) -> None:
    """Managers plan a batch for the next working day, which fills one rep's beyond a day's work, and two reps to one shop."""
    day = next_working_day(today)
    by_leader: dict[int, list[User]] = defaultdict(list)
    for rep in team:
        by_leader[rep.superior_id or 0].append(rep)
    for leader, reps in by_leader.items():
        actor = User.objects.get(pk=leader)
        wanted = [
            (rep.pk, shop.pk, day)
            for number, rep in enumerate(reps)
            for shop in rng.sample(shops[rep.pk], k=min(len(shops[rep.pk]), 3 if number else 8))
        ]
        create_drafts(actor=actor, wanted=wanted, limit=FULL_DAY, note="新品铺货，带价目表", today=today)
        _together(actor, reps, shops, day, today)


def _together(
    actor: User, reps: list[User], shops: dict[int, list[Customer]], day: dt.date, today: dt.date
) -> None:
    """A colleague joins a rep at his customer: a share, and a task for each on one day."""
    if len(reps) < 2 or not shops[reps[0].pk]:
        return
    shop, later = shops[reps[0].pk][0], next_working_day(day)
    CustomerShare.objects.get_or_create(
        customer=shop,
        user=reps[1],
        defaults={"created_by": actor, "expires_at": timezone.now() + dt.timedelta(days=60)},
    )
    wanted = [(rep.pk, shop.pk, later) for rep in reps[:2]]
    create_drafts(
        actor=actor,
        wanted=wanted,
        chosen=dict.fromkeys(wanted, KEEP),
        limit=FULL_DAY,
        note="两人同访，谈年度合作",
        today=today,
    )


def _moves(team: list[User], today: dt.date) -> None:
    """Each rep has put one stop of the next working day off by a day, the last one that has no other task there."""
    day = next_working_day(today)
    later = next_working_day(day)
    for rep in team:
        busy = VisitTask.objects.filter(rep=rep, date=later).values("customer_id")
        tasks = VisitTask.objects.open().filter(rep=rep, date=day).exclude(customer__in=busy)
        if task := tasks.order_by("position", "pk").last():
            move_tasks(actor=rep, task_ids=[task.pk], date=later)
