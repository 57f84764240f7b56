"""Sixty days of work: tasks, visits, what was sold at them, and the way between the shops."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from zoneinfo import ZoneInfo

from django.conf import settings

from accounts.models import User
from common.business_calendar import is_working_day
from common.geo import distance_m
from config.demo.city import DEPOT
from config.demo.selling import History, Seller
from config.demo.shops import RoutePlan, place_of
from crm.models import Customer
from territory.models import TrackPoint
from visits.enums import Fence, TaskSource, TaskStatus, VisitOutcome, VisitStatus
from visits.models import Visit, VisitTask

SPEED_MS = 5.5  # an electric scooter in traffic
SUMMARIES = (
    "陈列整齐，补货两箱。", "老板不在，约下周再谈。", "竞品在做买十赠一，已回报。", "新品试销一周，反馈不错。",
    "货架第二层换到显眼位置。", "库存还多，这次不订。", "催收货款，答应月底付清。", "临期品已登记，下次带回。",
)  # fmt: skip
DROPS_IN = 0.4  # share of the days on which a rep sees a shop that nobody planned
FORGETS = 0.006  # share of the visits without a check-out
OUTSIDE_REASONS = ("店主在仓库见面", "店门口修路，停在路口", "在批发市场碰面")


@dataclass(frozen=True)
class Habit:
    """How a rep works: share of stops visited, chance of an order, closed shops he meets."""

    visited: float
    ordered: float


class Simulation:
    """Walks through the days once and fills a History. `now` is the moment after which nothing has happened yet."""

    def __init__(
        self, rng: Random, plans: list[RoutePlan], seller: Seller, office: User, days: int, now: dt.datetime
    ) -> None:
        self.rng, self.seller, self.office, self.now = rng, seller, office, now
        self.zone = ZoneInfo(settings.TIME_ZONE)
        self.today = now.astimezone(self.zone).date()
        self.first = self.today - dt.timedelta(days=days)
        self.track_from = self.today - dt.timedelta(days=30)
        self.plans = plans
        self.history: History = seller.history
        self.habits = self._habits()

    def _habits(self) -> dict[int, Habit]:
        """Most reps are good, every fifth is not; so that the rep alerts have something to say."""
        reps = list(dict.fromkeys(plan.rep.pk for plan in self.plans))
        return {
            pk: Habit(0.45, 0.18)
            if n % 5 == 3
            else Habit(self.rng.uniform(0.84, 0.96), self.rng.uniform(0.34, 0.5))
            for n, pk in enumerate(reps)
        }

    def run(self) -> History:
        for offset in range((self.today - self.first).days + 7):
            day = self.first + dt.timedelta(days=offset)
            for plan in self._plans_of(day):
                self._work(day, plan)
        return self.history

    def _plans_of(self, day: dt.date) -> Iterator[RoutePlan]:
        """The routes walked on a day; on the day of loading there is always work, so that the pages have a today."""
        weekday = day.isoweekday()
        if day == self.today and weekday > 5:
            weekday = 1
        if day != self.today and not is_working_day(day):
            return
        reps = list(self.habits)
        for plan in self.plans:
            away = reps.index(plan.rep.pk) == len(reps) - 1 and 0 < (self.today - day).days <= 9
            if plan.weekday == weekday and not away:  # the last rep was ill for a week
                yield plan

    def _work(self, day: dt.date, plan: RoutePlan) -> None:
        """One rep's day: plan, ride, visit, sell; now and then a shop on the way that nobody planned."""
        habit = self.habits[plan.rep.pk]
        tasks = [self._task(day, plan, n, stop) for n, stop in enumerate(plan.stops, start=1)]
        tasks = [task for task in tasks if task.customer.created_on <= day]
        self.history.tasks += tasks
        if day > self.today:
            return
        start = dt.datetime.combine(day, dt.time(8, 30), self.zone)
        road = Road(self, plan.rep, start + dt.timedelta(minutes=self.rng.randrange(0, 25)))
        for task in tasks:
            if self.rng.random() > habit.visited:
                continue
            if not self._call(road, day, task.customer, habit, task):
                return
        if self.rng.random() < DROPS_IN and (stop := self._on_the_way(day, plan)):
            self._call(road, day, stop, habit, None)

    def _task(self, day: dt.date, plan: RoutePlan, position: int, stop: Customer) -> VisitTask:
        return VisitTask(
            rep=plan.rep,
            customer=stop,
            date=day,
            position=position,
            source=TaskSource.ROUTE,
            source_id=plan.route_id,
            created_by=self.office,
        )

    def _on_the_way(self, day: dt.date, plan: RoutePlan) -> Customer | None:
        """A shop of another day's route of the same rep."""
        others = [
            stop
            for other in self.plans
            if other.rep == plan.rep and other.weekday != plan.weekday
            for stop in other.stops
            if stop.created_on <= day
        ]
        return self.rng.choice(others) if others else None

    def _call(self, road: Road, day: dt.date, stop: Customer, habit: Habit, task: VisitTask | None) -> bool:
        """Ride there, visit and sell; False when that would end after now."""
        ride = distance_m(*road.place, *place_of(stop)) * 1.3 / SPEED_MS + self.rng.randrange(40, 200)
        arrive = road.clock + dt.timedelta(seconds=ride)
        leave = arrive + dt.timedelta(minutes=max(2.5, self.rng.gauss(11, 4)))
        if leave > self.now:
            return False
        road.go(place_of(stop), arrive, leave)
        self._visit(road.rep, day, stop, arrive, leave, habit, task)
        return True

    def _visit(
        self,
        rep: User,
        day: dt.date,
        stop: Customer,
        arrive: dt.datetime,
        leave: dt.datetime,
        habit: Habit,
        task: VisitTask | None,
    ) -> None:
        rng = self.rng
        outcome = VisitOutcome.CLOSED_SHOP if rng.random() < 0.03 else VisitOutcome.VISITED
        if day < self.today and rng.random() < FORGETS:
            outcome = VisitOutcome.NOT_CHECKED_OUT
        fence, accuracy, off = Fence.INSIDE, rng.uniform(6, 35), abs(rng.gauss(0, 28))
        flags, reason = [], ""
        if rng.random() < 0.03:
            fence, off, flags = Fence.OUTSIDE, rng.uniform(420, 1500), ["outside"]
            reason = rng.choice(OUTSIDE_REASONS)
        elif rng.random() < 0.02:
            fence, accuracy, flags = Fence.UNVERIFIED, rng.uniform(1100, 3000), ["unverified"]
        angle = rng.random() * 2 * math.pi
        latitude, longitude = place_of(stop)
        left = {
            VisitOutcome.CLOSED_SHOP: arrive + dt.timedelta(minutes=1),
            VisitOutcome.VISITED: leave,
            VisitOutcome.NOT_CHECKED_OUT: None,
        }[outcome]
        met = outcome == VisitOutcome.VISITED
        visit = Visit(
            rep=rep,
            customer=stop,
            task=task,
            day=day,
            status=VisitStatus.CLOSED,
            check_in_at=arrive,
            check_in_received_at=arrive + dt.timedelta(seconds=2),
            check_in_lat=latitude + off * math.sin(angle) / 111_195,
            check_in_lng=longitude + off * math.cos(angle) / 94_500,
            check_in_accuracy_m=round(accuracy, 1),
            store_lat=latitude,
            store_lng=longitude,
            distance_m=round(off, 1),
            radius_m=300,
            fence=fence,
            outside_reason=reason,
            flags=flags,
            check_out_at=left,
            check_out_received_at=left,
            outcome=outcome,
            summary="" if not met or rng.random() < 0.3 else rng.choice(SUMMARIES),
        )
        if task is not None and left is not None:
            task.status = TaskStatus.DONE
        self.history.visits.append(visit)
        keen = {"A": 1.35, "B": 1.1}.get(stop.level, 0.85)
        if met and rng.random() < habit.ordered * keen:
            self.seller.order(visit, leave)


class Road:
    """Where a rep is on one day and when; tracked only in the last weeks."""

    def __init__(self, world: Simulation, rep: User, start: dt.datetime) -> None:
        self.rep, self.clock, self.place = rep, start, DEPOT
        tracked = start.date() >= world.track_from
        self.trail = Trail(world, rep, start) if tracked else None

    def go(self, place: tuple[float, float], arrive: dt.datetime, leave: dt.datetime) -> None:
        self.place, self.clock = place, leave
        if self.trail:
            self.trail.ride(place, arrive)
            self.trail.stay(leave)


class Trail:
    """The points a phone sends on one day: one a minute on the road, one every three minutes in a shop."""

    def __init__(self, world: Simulation, rep: User, start: dt.datetime) -> None:
        self.world, self.rep, self.clock, self.place = world, rep, start, DEPOT
        self.battery = 0.98
        self.sent: dt.datetime | None = None

    def ride(self, target: tuple[float, float], arrive: dt.datetime) -> None:
        """Along two legs like streets, not as the crow flies."""
        corner = (target[0], self.place[1])
        total = max((arrive - self.clock).total_seconds(), 1.0)
        start, origin = self.clock, self.place
        first = distance_m(*origin, *corner)
        length = first + distance_m(*corner, *target) or 1.0
        while (elapsed := (self.clock - start).total_seconds()) < total:
            done = elapsed / total * length
            if done <= first:
                where = _between(origin, corner, done / (first or 1.0))
            else:
                where = _between(corner, target, (done - first) / ((length - first) or 1.0))
            self._point(where, length / total)
            self.clock += dt.timedelta(seconds=60)
        self.clock, self.place = arrive, target

    def stay(self, until: dt.datetime) -> None:
        while self.clock < until:
            self._point(self.place, 0.0)
            self.clock += dt.timedelta(seconds=180)
        self.clock = until

    def _point(self, where: tuple[float, float], speed: float) -> None:
        rng, second = self.world.rng, self.clock.replace(microsecond=0)
        if second == self.sent:
            return
        self.sent = second
        self.battery = max(0.08, self.battery - 0.0016)
        self.world.history.points.append(
            TrackPoint(
                rep=self.rep,
                time=second,
                latitude=round(where[0] + rng.gauss(0, 0.00006), 6),
                longitude=round(where[1] + rng.gauss(0, 0.00006), 6),
                accuracy_m=round(rng.uniform(5, 30), 1),
                speed_ms=round(speed, 2),
                battery=round(self.battery, 2),
            )
        )


def _between(a: tuple[float, float], b: tuple[float, float], share: float) -> tuple[float, float]:
    return a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share
