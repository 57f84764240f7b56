"""Sixty days of work: tasks, visits, orders, deliveries, receipts and the way between the shops."""

import datetime as dt
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

from django.conf import settings

from accounts.models import User
from common.business_calendar import is_working_day
from common.geo import distance_m
from common.money import line_amount
from config.demo.city import DEPOT
from config.demo.shops import RoutePlan, place_of
from sales.enums import OrderStatus, PaymentMethod
from sales.models import Delivery, DeliveryLine, OrderLine, Product, Receipt, SalesOrder
from territory.models import TrackPoint
from visits.enums import Fence, TaskSource, TaskStatus, VisitOutcome, VisitStatus
from visits.models import Visit, VisitOrder, VisitTask

SPEED_MS = 5.5  # an electric scooter in traffic
SUMMARIES = (
    "陈列整齐，补货两箱。", "老板不在，约下周再谈。", "竞品在做买十赠一，已回报。", "新品试销一周，反馈不错。",
    "货架第二层换到显眼位置。", "库存还多，这次不订。", "催收货款，答应月底付清。", "临期品已登记，下次带回。",
)  # fmt: skip
OUTSIDE_REASONS = ("店主在仓库见面", "店门口修路，停在路口", "在批发市场碰面")


@dataclass
class History:
    """Unsaved rows; load.py writes them in this order."""

    tasks: list[VisitTask] = field(default_factory=list)
    visits: list[Visit] = field(default_factory=list)
    orders: list[SalesOrder] = field(default_factory=list)
    order_lines: list[OrderLine] = field(default_factory=list)
    visit_orders: list[VisitOrder] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    delivery_lines: list[DeliveryLine] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)
    points: list[TrackPoint] = field(default_factory=list)


@dataclass(frozen=True)
class Habit:
    """How a rep works: share of stops visited, chance of an order, closed shops he meets."""

    visited: float
    ordered: float


class Simulation:
    """Walks through the days once and fills a History. `now` is the moment after which nothing has happened yet."""

    def __init__(
        self,
        rng: Random,
        plans: list[RoutePlan],
        products: list[Product],
        office: User,
        days: int,
        now: dt.datetime,
    ) -> None:
        self.rng, self.products, self.office, self.now = rng, products, office, now
        self.zone = ZoneInfo(settings.TIME_ZONE)
        self.today = now.astimezone(self.zone).date()
        self.first = self.today - dt.timedelta(days=days)
        self.track_from = self.today - dt.timedelta(days=30)
        self.plans = plans
        self.history = History()
        self.habits = self._habits()
        # Level A shops order more often and more; each shop has its own taste.
        self.taste = {
            stop.pk: rng.sample(products, k=min(len(products), rng.randrange(3, 8)))
            for plan in plans
            for stop in plan.stops
        }
        self.numbers: dict[str, int] = {}

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
        """One rep's day: plan, ride, visit, sell."""
        habit = self.habits[plan.rep.pk]
        clock = dt.datetime.combine(day, dt.time(8, 30), self.zone) + dt.timedelta(
            minutes=self.rng.randrange(0, 25)
        )
        trail = Trail(self, plan.rep, clock) if self.track_from <= day <= self.today else None
        place = DEPOT
        for position, stop in enumerate(plan.stops, start=1):
            task = VisitTask(
                rep=plan.rep,
                customer=stop,
                date=day,
                position=position,
                source=TaskSource.ROUTE,
                source_id=plan.route_id,
                created_by=self.office,
            )
            self.history.tasks.append(task)
            if day > self.today or self.rng.random() > habit.visited:
                continue
            ride = distance_m(*place, *place_of(stop)) * 1.3 / SPEED_MS + self.rng.randrange(40, 200)
            arrive, place = clock + dt.timedelta(seconds=ride), place_of(stop)
            leave = arrive + dt.timedelta(minutes=max(2.5, self.rng.gauss(11, 4)))
            if leave > self.now:
                break
            if trail:
                trail.ride(place, arrive)
                trail.stay(leave)
            clock = leave
            self._visit(task, arrive, leave, habit)

    def _visit(self, task: VisitTask, arrive: dt.datetime, leave: dt.datetime, habit: Habit) -> None:
        stop, rng = task.customer, self.rng
        closed = rng.random() < 0.03
        fence, accuracy, off = Fence.INSIDE, rng.uniform(6, 35), abs(rng.gauss(0, 28))
        flags, reason = [], ""
        if rng.random() < 0.03:
            fence, off, flags, reason = (
                Fence.OUTSIDE,
                rng.uniform(420, 1500),
                ["outside"],
                rng.choice(OUTSIDE_REASONS),
            )
        elif rng.random() < 0.02:
            fence, accuracy, flags = Fence.UNVERIFIED, rng.uniform(1100, 3000), ["unverified"]
        angle = rng.random() * 2 * math.pi
        latitude, longitude = place_of(stop)
        visit = Visit(
            rep=task.rep,
            customer=stop,
            task=task,
            day=task.date,
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
            check_out_at=arrive + dt.timedelta(minutes=1) if closed else leave,
            check_out_received_at=leave,
            outcome=VisitOutcome.CLOSED_SHOP if closed else VisitOutcome.VISITED,
            summary="" if closed or rng.random() < 0.3 else rng.choice(SUMMARIES),
        )
        task.status = TaskStatus.DONE
        self.history.visits.append(visit)
        keen = {"A": 1.35, "B": 1.1}.get(stop.level, 0.85)
        if not closed and rng.random() < habit.ordered * keen:
            self._order(visit, leave)

    # --- sales
    def _number(self, prefix: str, day: dt.date) -> str:
        key = f"{prefix}{day:%Y%m%d}"
        self.numbers[key] = self.numbers.get(key, 0) + 1
        return f"{key}-{self.numbers[key]:04}"

    def _order(self, visit: Visit, at: dt.datetime) -> None:
        rng, day, rep = self.rng, visit.day, visit.rep
        order = SalesOrder(
            number=self._number("SO", day),
            customer=visit.customer,
            rep=rep,
            ordered_on=day,
            status=OrderStatus.SUBMITTED,
            submitted_at=at,
            created_by=rep,
        )
        taste = self.taste[visit.customer.pk]
        chosen = rng.sample(taste, k=min(len(taste), rng.randrange(1, 5)))
        lines = []
        for position, product in enumerate(chosen, start=1):
            boxes = rng.randrange(1, {"A": 9, "B": 6}.get(visit.customer.level, 4))
            quantity = Decimal(boxes * product.box_quantity)
            amount = line_amount(quantity, product.price, Decimal(0))
            lines.append(
                OrderLine(
                    order=order,
                    product=product,
                    position=position,
                    quantity=quantity,
                    price=product.price,
                    amount=amount,
                )
            )
        order.total = sum((line.amount for line in lines), Decimal(0))
        self.history.orders.append(order)
        self.history.order_lines += lines
        self.history.visit_orders.append(VisitOrder(visit=visit, order=order))
        chance = rng.random()
        issued = day + dt.timedelta(days=1 if chance < 0.8 else 2)
        if chance < 0.02:
            order.status = OrderStatus.CANCELLED
        elif issued <= self.today:
            self._deliver(order, lines, issued)
        elif chance < 0.6:
            order.status = OrderStatus.APPROVED

    def _deliver(self, order: SalesOrder, lines: list[OrderLine], day: dt.date) -> None:
        rng = self.rng
        order.status = OrderStatus.DELIVERED
        delivery = Delivery(
            number=self._number("CK", day),
            order=order,
            customer=order.customer,
            rep=order.rep,
            issued_on=day,
            due_on=day + dt.timedelta(days=30),
            amount=order.total,
            created_by=self.office,
        )
        self.history.deliveries.append(delivery)
        for line in lines:
            line.delivered = line.quantity
            self.history.delivery_lines.append(
                DeliveryLine(
                    delivery=delivery,
                    order_line=line,
                    product=line.product,
                    quantity=line.quantity,
                    amount=line.amount,
                )
            )
        # Two thirds pay at the door or within two weeks, some only a part, the rest owes.
        chance, paid_on = rng.random(), day + dt.timedelta(days=rng.choice((0, 0, 3, 7, 14)))
        if chance < 0.72 and paid_on <= self.today and order.total:
            amount = order.total if chance < 0.62 else (order.total / 2).quantize(Decimal("0.01"))
            self.history.receipts.append(
                Receipt(
                    number=self._number("SK", paid_on),
                    customer=order.customer,
                    rep=order.rep,
                    received_on=paid_on,
                    amount=max(amount, Decimal("0.01")),
                    method=rng.choice(
                        [
                            PaymentMethod.WECHAT,
                            PaymentMethod.WECHAT,
                            PaymentMethod.CASH,
                            PaymentMethod.TRANSFER,
                        ]
                    ),
                    created_by=order.rep,
                )
            )


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
