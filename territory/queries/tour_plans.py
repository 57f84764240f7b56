"""Tour plans (F4): the question for the search out of the rows, and what their pages show."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Count, F, OuterRef, Prefetch, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from accounts.models import SystemOptions, User
from accounts.querysets import scope_user_ids
from common import business_calendar
from crm.enums import CustomerStatus
from crm.models import Customer, CustomerShare
from territory.models import Route, RouteStop, Tour, TourPlan, TourPlanRep, TourPlanShop, TourStop
from territory.queries.maps import place_of
from territory.queries.route_plans import day_second
from territory.rules.plans import dates_on, read_weekdays
from territory.rules.tour_plans import NO_PLACE, Problem, Rep, Shop, Tours
from territory.rules.windows import Hours
from visits.models import VisitPlan, VisitTask
from visits.queries.plans import frequencies, plan_days
from visits.rules.plans import CYCLE_DAYS, frequency_of

GONE = "gone"  # an inactive customer: the other reasons are those of rules.tour_plans
MOST_DAYS = 31
RANKS = {"A": 2, "B": 1}


def tour_dates(plan: TourPlan) -> list[dt.date]:
    """The days that tours are laid on: the plan's weekdays without public holidays, else the working days."""
    days = (plan.ends_on - plan.starts_on).days + 1
    if plan.weekdays:
        named = dates_on(read_weekdays(plan.weekdays), plan.starts_on, plan.ends_on)
        return [day for day in named if not business_calendar.is_public_holiday(day)]
    span = (plan.starts_on + dt.timedelta(days=number) for number in range(days))
    return [day for day in span if business_calendar.is_working_day(day)]


# --- the question
@dataclass(frozen=True)
class Asked:
    """A plan as the rules see it: numbers of reps, days and shops are places in these lists."""

    problem: Problem
    rep_ids: list[int]
    dates: list[dt.date]
    shops: list[TourPlanShop]
    left_out: dict[int, str]  # shop row → why it takes no part

    def tours_of(self, stops: Iterable[TourStop]) -> Tours:
        """The laid tours in numbers; what is no longer asked for is left out."""
        reps = {pk: number for number, pk in enumerate(self.rep_ids)}
        days = {day: number for number, day in enumerate(self.dates)}
        shops = {shop.pk: number for number, shop in enumerate(self.shops)}
        tours: Tours = {key: [] for key in self.problem.rep_days}
        for stop in sorted(stops, key=lambda stop: (stop.position, stop.pk)):
            rep, day = reps.get(stop.tour.rep_id), days.get(stop.tour.date)
            if rep is not None and day is not None and stop.shop_id in shops:
                tours[rep, day].append(shops[stop.shop_id])
        return tours


def stay_minutes(plan: TourPlan, shop: TourPlanShop) -> int:
    """The customer's own minutes, else those of its level, else the plan's."""
    by_level = {"A": plan.stay_a, "B": plan.stay_b, "C": plan.stay_c}.get(shop.customer.level)
    own = shop.stay_minutes if shop.stay_minutes is not None else by_level
    return plan.stay_minutes if own is None else own


def ask(plan: TourPlan, shop_ids: Collection[int] | None = None, pins: Collection[TourStop] = ()) -> Asked:
    """The plan's question, or that of some of its shops; `pins` are stops that stay with their rep and day."""
    reps = list(plan.reps.order_by("rep_id"))
    dates = tour_dates(plan)
    rows = plan.shops.select_related("customer").order_by("pk")
    rows = rows if shop_ids is None else rows.filter(pk__in=shop_ids)
    numbers = {row.rep_id: number for number, row in enumerate(reps)}
    shops, asked, left_out = [], [], {}
    for row in rows:
        place = place_of(row.customer)
        if place is None or row.customer.status != CustomerStatus.ACTIVE:
            left_out[row.pk] = NO_PLACE if place is None else GONE
            continue
        shops.append(row)
        asked.append(_shop(plan, row, place, dates, numbers))
    at = {row.pk: number for number, row in enumerate(shops)}
    days = {day: number for number, day in enumerate(dates)}
    fixed = frozenset(
        (at[stop.shop_id], numbers[stop.tour.rep_id], days[stop.tour.date])
        for stop in pins
        if stop.shop_id in at and stop.tour.rep_id in numbers and stop.tour.date in days
    )
    problem = Problem(
        reps=tuple(Rep(row.start, row.end) for row in reps),
        dates=tuple(dates),
        shops=tuple(asked),
        leaves_s=plan.begins_s,
        work_s=plan.work_minutes * 60,
        speed_ms=plan.speed_kmh / 3.6,
        road_factor=float(plan.road_factor),
        balance=plan.balance,
        pins=fixed,
    )
    return Asked(problem, [row.rep_id for row in reps], dates, shops, left_out)


def _shop(
    plan: TourPlan,
    row: TourPlanShop,
    place: tuple[float, float],
    dates: Sequence[dt.date],
    numbers: dict[int, int],
) -> Shop:
    closed = read_weekdays(row.closed_on)
    owner = numbers.get(row.customer.owner_id or 0)
    own = frozenset() if owner is None else frozenset((owner,))
    return Shop(
        place=place,
        days=frozenset(number for number, day in enumerate(dates) if day.isoweekday() not in closed),
        reps=own if plan.keep_owner else frozenset(numbers.values()),
        visits=row.visits,
        gap_days=row.gap_days or plan.gap_days,
        stay_s=stay_minutes(plan, row) * 60,
        hours=Hours(
            day_second(row.opens_at) if row.opens_at else None,
            day_second(row.closes_at) if row.closes_at else None,
        ),
        rank=RANKS.get(row.customer.level, 0),
    )


# --- what a customer row starts with
def visit_numbers(plan: TourPlan, customers: Collection[Customer]) -> dict[int, int]:
    """Visits in the period by customer, as the plan says: the same for all, by level, or by the visit plan."""
    if plan.frequency == "typed":
        return {customer.pk: plan.visits for customer in customers}
    by_level = frequencies()
    share = ((plan.ends_on - plan.starts_on).days + 1) / CYCLE_DAYS
    numbers = {
        customer.pk: max(1, round(frequency_of(None, customer.level, by_level) * share))
        for customer in customers
    }
    if plan.frequency == "plan":
        plans = VisitPlan.objects.filter(is_active=True, customer__in=numbers).select_related("customer")
        for visit_plan in plans:
            days = len(plan_days(visit_plan, by_level, plan.starts_on, plan.ends_on))
            if days:
                numbers[visit_plan.customer_id] = days
    return {pk: min(MOST_DAYS, number) for pk, number in numbers.items()}


def known_hours(customers: Collection[int]) -> dict[int, tuple[dt.time | None, dt.time | None]]:
    """Hours that a route knows of these customers; of several routes the one in use and newest counts."""
    rows = RouteStop.objects.filter(customer__in=customers).exclude(opens_at=None, closes_at=None)
    ordered = rows.order_by("route__is_active", "pk")
    return {
        customer: (opens, closes)
        for customer, opens, closes in ordered.values_list("customer_id", "opens_at", "closes_at")
    }


def known_places(reps: Collection[int]) -> dict[int, Route]:
    """Of each rep the newest route that says where he starts."""
    routes = Route.objects.filter(rep__in=reps, start_latitude__isnull=False).order_by("is_active", "pk")
    return {route.rep_id: route for route in routes}


# --- pages
def tour_plans_for_list(user: User) -> QuerySet[TourPlan]:
    """Plans in scope with numbers of reps, customers, visits missing, and the seconds and metres of their tours."""
    tours = Tour.objects.filter(plan=OuterRef("pk")).order_by().values("plan")
    shops = TourPlanShop.objects.filter(plan=OuterRef("pk")).order_by().values("plan")
    reps = TourPlanRep.objects.filter(plan=OuterRef("pk")).order_by().values("plan")
    rows: QuerySet[TourPlan] = TourPlan.objects.visible_to(user)
    return rows.select_related("created_by").annotate(
        rep_count=Coalesce(Subquery(reps.annotate(n=Count("pk")).values("n")), 0),
        shop_count=Coalesce(Subquery(shops.annotate(n=Count("pk")).values("n")), 0),
        missing=Coalesce(Subquery(shops.annotate(n=Sum("missing")).values("n")), 0),
        metres=Coalesce(Subquery(tours.annotate(n=Sum("metres")).values("n")), 0.0),
        work_s=Coalesce(Subquery(tours.annotate(n=Sum(F("travel_s") + F("stay_s"))).values("n")), 0),
    )


@dataclass(frozen=True)
class Figures:
    """What a laid plan comes to. `spread` is the difference between the longest and the shortest of reps' totals,
    as a share of their mean; `changed` counts visits that today's tasks do not have, and tasks that it does not."""

    visits: int
    missing: int
    metres: float
    travel_s: int
    work_s: int
    late_stops: int
    over_s: int
    longest_s: int
    shortest_s: int
    spread: float
    changed: int
    kept: int


@dataclass(frozen=True)
class RepLine:
    """A rep's row of the table: his tours by date; None on a day without one."""

    rep: User
    tours: list[tuple[dt.date, Tour | None]]
    stops: int
    metres: float
    work_s: int


def laid_tours(plan: TourPlan) -> list[Tour]:
    """The plan's tours with their stops, shops and customers: two statements."""
    stops = TourStop.objects.select_related("shop__customer").order_by("position", "pk")
    return list(
        plan.tours.select_related("rep")
        .prefetch_related(Prefetch("stops", queryset=stops))
        .order_by("date", "rep_id")
    )


def rep_lines(plan: TourPlan, tours: Sequence[Tour]) -> list[RepLine]:
    dates = tour_dates(plan)
    by_key = {(tour.rep_id, tour.date): tour for tour in tours}
    lines = []
    for row in plan.reps.select_related("rep__role"):
        mine = [(day, by_key.get((row.rep_id, day))) for day in dates]
        laid = [tour for _day, tour in mine if tour]
        lines.append(
            RepLine(
                row.rep,
                mine,
                sum(len(tour.stops.all()) for tour in laid),
                sum(tour.metres for tour in laid),
                sum(tour.work_s for tour in laid),
            )
        )
    return lines


def plan_figures(plan: TourPlan, tours: Sequence[Tour], lines: Sequence[RepLine]) -> Figures:
    planned = {(tour.rep_id, stop.shop.customer_id, tour.date) for tour in tours for stop in tour.stops.all()}
    customers = plan.shops.values("customer_id")
    tasks = set(
        VisitTask.objects.filter(date__range=(plan.starts_on, plan.ends_on), customer__in=customers)
        .exclude(status="skipped")
        .values_list("rep_id", "customer_id", "date")
    )
    work = [line.work_s for line in lines]
    mean = sum(work) / len(work) if work else 0
    return Figures(
        visits=len(planned),
        missing=plan.shops.aggregate(n=Coalesce(Sum("missing"), 0))["n"],
        metres=sum(tour.metres for tour in tours),
        travel_s=sum(tour.travel_s for tour in tours),
        work_s=sum(work),
        late_stops=sum(1 for tour in tours for stop in tour.stops.all() if stop.late_s),
        over_s=sum(tour.over_s for tour in tours),
        longest_s=max(work, default=0),
        shortest_s=min(work, default=0),
        spread=(max(work) - min(work)) / mean if mean else 0.0,
        changed=len(planned ^ tasks),
        kept=len(planned & tasks),
    )


def missing_shops(plan: TourPlan) -> QuerySet[TourPlanShop]:
    rows: QuerySet[TourPlanShop] = plan.shops.filter(missing__gt=0).select_related("customer__owner")
    return rows


def hidden_customers(plan: TourPlan, user: User) -> set[int]:
    """Customers of the plan that this user may not see (any more)."""
    rows = plan.shops.exclude(customer__in=Customer.objects.visible_to(user))
    return set(rows.values_list("customer_id", flat=True))


def tour_shop_candidates(plan: TourPlan, user: User) -> QuerySet[Customer]:
    """Customers that may be put into the plan: active, in the user's sight, not in it yet; with owners to keep, those
    of the plan's reps."""
    rows: QuerySet[Customer] = Customer.objects.visible_to(user).active()
    rows = rows.exclude(pk__in=plan.shops.values("customer_id"))
    return rows.filter(owner__in=plan.reps.values("rep")) if plan.keep_owner else rows


def unseen_by_reps(lines: Sequence[RepLine], now: dt.datetime) -> Counter[int]:
    """How many customers of each rep's tours he does not see: he gets no tasks for them until they are his or
    shared with him."""
    shared = set(
        CustomerShare.objects.filter(user__in=[line.rep for line in lines])
        .exclude(expires_at__lte=now)
        .values_list("user_id", "customer_id")
    )
    found: set[tuple[int, int]] = set()
    for line in lines:
        scope = scope_user_ids(line.rep)
        customers = (stop.shop.customer for _day, tour in line.tours if tour for stop in tour.stops.all())
        found |= {
            (line.rep.pk, customer.pk)
            for customer in customers
            if scope is not None
            and customer.owner_id not in scope
            and (line.rep.pk, customer.pk) not in shared
        }
    return Counter(rep for rep, _customer in found)


def defaults(today: dt.date) -> TourPlan:
    """A new plan as its form shows it: next week from Monday on, with the company's hours, speed and roads."""
    options = SystemOptions.load()
    monday = today + dt.timedelta(days=7 - today.weekday())
    minutes = (day_second(options.work_end) - day_second(options.work_start)) // 60
    return TourPlan(
        starts_on=monday,
        ends_on=monday + dt.timedelta(days=4),
        leaves_at=options.work_start,
        work_minutes=min(minutes, 540),
        speed_kmh=options.travel_speed_kmh,
        road_factor=options.road_factor,
    )
