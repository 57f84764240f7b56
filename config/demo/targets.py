"""Targets of this year and the last: near to what the reps really sell, so that the boards have green and red."""

import datetime as dt
from decimal import Decimal
from random import Random

from django.utils import timezone

from accounts.models import Department, User
from sales.enums import TargetMeasure
from sales.models import ProductCategory, Target
from sales.queries.actuals import actuals

# What a month brings beside an even one: the feast before 春节, beer and water in the hot months.
SEASON = ("1.25", "0.75", "0.9", "0.95", "1.05", "1.1", "1.2", "1.2", "1.05", "0.95", "0.85", "0.75")
STEPS = {TargetMeasure.NEW_CUSTOMERS: 1, TargetMeasure.VISITS: 10}
NEW_SHOPS = Decimal(3)


def make_targets(rng: Random, team: list[User], now: dt.datetime) -> None:
    today = timezone.localtime(now).date()
    measures: list[tuple[TargetMeasure, int | None]] = [
        (m, None) for m in TargetMeasure if m != TargetMeasure.CATEGORY_AMOUNT
    ]
    measures += [(TargetMeasure.CATEGORY_AMOUNT, c.pk) for c in ProductCategory.objects.all()[:2]]
    keenness = {rep.pk: Decimal(rng.randrange(92, 125)) / 100 for rep in team}
    rows: list[Target] = []
    for measure, category in measures:
        usual = _usual(measure, category, today)
        for year, growth in ((today.year - 1, Decimal("0.85")), (today.year, Decimal(1))):
            for month, season in enumerate(SEASON, start=1):
                values = {
                    rep.pk: _round(
                        usual.get(rep.pk, Decimal(0)) * keenness[rep.pk] * Decimal(season) * growth, measure
                    )
                    for rep in team
                }
                rows += _month(year, month, measure, category, team, values)
    Target.objects.bulk_create(rows, batch_size=1000)


def _usual(measure: TargetMeasure, category: int | None, today: dt.date) -> dict[int, Decimal]:
    """What each rep does in thirty days, from the last sixty; new shops came all at once and get a plain number."""
    if measure == TargetMeasure.NEW_CUSTOMERS:
        return dict.fromkeys(User.objects.reps().values_list("pk", flat=True), NEW_SHOPS)
    found: dict[int, Decimal] = {}
    for actual in actuals(measure, today - dt.timedelta(days=60), today, category_id=category):
        if actual.rep_id:
            found[actual.rep_id] = found.get(actual.rep_id, Decimal(0)) + actual.value / 2
    return found


def _round(value: Decimal, measure: TargetMeasure) -> Decimal:
    step = STEPS.get(measure, 100)
    return max(Decimal(1), (value / step).to_integral_value()) * step


def _month(
    year: int,
    month: int,
    measure: TargetMeasure,
    category: int | None,
    team: list[User],
    values: dict[int, Decimal],
) -> list[Target]:
    """The reps' targets, their departments' sums, and the company's, a little above what its people have."""
    about = {"year": year, "month": month, "measure": measure, "category_id": category}
    rows = [Target(rep_id=rep, value=value, **about) for rep, value in values.items()]
    departments: dict[Department, Decimal] = {}
    for rep in team:
        if rep.department is not None:
            departments[rep.department] = departments.get(rep.department, Decimal(0)) + values[rep.pk]
    rows += [Target(department=department, value=value, **about) for department, value in departments.items()]
    company = _round(sum(values.values(), Decimal(0)) * Decimal("1.03"), measure)
    return [*rows, Target(value=company, **about)]
