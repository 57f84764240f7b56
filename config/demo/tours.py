"""Tour plans: next week of a team, once as short as can be and once with even days, to compare; nothing is published."""

from __future__ import annotations

import datetime as dt

from accounts.models import User
from common.business_calendar import business_day
from crm.models import Customer
from territory.enums import BalanceWish, SearchEffort
from territory.models import TourPlan, TourPlanShop
from territory.queries.tour_plans import defaults
from territory.services.tour_plan_jobs import ask_for_tours, run_tour_plan
from territory.services.tour_plans import add_shops, save_tour_plan

SHOPS = 20  # of each rep
WAREHOUSE = ("仓库", 31.7862, 117.2874)
OPEN = {0: (dt.time(9), dt.time(12)), 3: (dt.time(13, 30), dt.time(17)), 6: (dt.time(8), dt.time(10, 30))}


def make_tours(team: list[User], now: dt.datetime) -> None:
    """Call it when routes and levels are there."""
    manager = team[0].superior or User.objects.get(username="boss")
    reps = [rep for rep in team if rep.superior_id == manager.pk][:2] or team[:1]
    shops = [
        pk
        for rep in reps
        for pk in Customer.objects.active()
        .filter(owner=rep, latitude__isnull=False)
        .order_by("pk")
        .values_list("pk", flat=True)[:SHOPS]
    ]
    plans = [("下周：每天均衡", BalanceWish.STRONG), ("下周：路程最短", BalanceWish.NONE)]
    for name, balance in plans if len(shops) > SHOPS else plans[:1]:  # a small company is a quick one
        plan = defaults(business_day(now))
        fields = {"name": name, "balance": balance, "frequency": "level", "effort": SearchEffort.QUICK}
        plan = save_tour_plan(actor=manager, plan=plan, reps=reps, **fields)
        place = dict(zip(("name", "latitude", "longitude"), WAREHOUSE, strict=True))
        plan.reps.update(
            **{f"{side}_{part}": value for side in ("start", "end") for part, value in place.items()}
        )
        add_shops(actor=manager, plan=plan, customer_ids=shops)
        _open_some(plan)
        ask_for_tours(actor=manager, plan=plan, now=now)
        run_tour_plan(plan.pk)


def _open_some(plan: TourPlan) -> None:
    """A few shops are open at certain hours only, and some rest on a day."""
    rows = list(plan.shops.order_by("customer_id"))
    for number, row in enumerate(rows):
        row.opens_at, row.closes_at = OPEN.get(number % 9, (None, None))
        row.closed_on = "3" if number % 11 == 5 else ""
    TourPlanShop.objects.bulk_update(rows, ["opens_at", "closes_at", "closed_on"])
