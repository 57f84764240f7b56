"""Rhythm, value and trend for people: in words, for a customer's page, by class, for filters of other lists (E5)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from accounts.models import User
from alerts.enums import RfmClass, Trend
from alerts.models import CustomerRhythm, RhythmState
from alerts.models.rhythm import QUANTILES
from alerts.queries.words import short_day
from alerts.rules.rfm import HIGH
from alerts.rules.rhythm import MIN_ORDERS
from common.business_calendar import holiday_name, is_public_holiday
from crm.models import Customer

SHOWN_GAPS = 8
RFM_COLOURS = (
    (RfmClass.CHAMPION.value, "teal"),
    (RfmClass.DEVELOP.value, "green"),
    (RfmClass.RETAIN.value, "orange"),
    (RfmClass.RESCUE.value, "red"),
    (RfmClass.LOYAL.value, "azure"),
    (RfmClass.NEW.value, "cyan"),
    (RfmClass.SLEEPY.value, "yellow"),
)
TREND_COLOURS = ((Trend.RISING.value, "green"), (Trend.FALLING.value, "red"))


def quantile_words(quantile: int) -> str:
    """ "9 of 10 gaps" """
    return str(dict(QUANTILES).get(quantile, f"{quantile} %"))


def every_words(low: int, high: int) -> str:
    """ "7" or "7–9" """
    return str(low) if low == high else f"{low}–{high}"


def sentence(facts: Mapping[str, Any], today: dt.date) -> str:
    """Why a rhythm is broken, or until when it is in order. `facts`: low, high, gaps (text), last_on, expected_on, limit_on
    (dates or ISO texts), quantile (80, 90, 95)."""
    gaps = str(facts["gaps"]).split(",")[-SHOWN_GAPS:]
    last, expected, limit = (_date(facts[name]) for name in ("last_on", "expected_on", "limit_on"))
    words = {
        "every": every_words(int(facts["low"]), int(facts["high"])),
        "n": len(gaps),
        "gaps": _(", ").join(gaps),
        "last": short_day(last),
        "expected": short_day(expected),
        "limit": short_day(limit),
        "days": (today - limit).days,
        "share": quantile_words(int(facts["quantile"])),
    }
    if today > limit:
        return (
            _(
                "Orders every %(every)s days, last %(n)s gaps: %(gaps)s; last order %(last)s, expected %(expected)s,"
                " now %(days)s days beyond %(share)s"
            )
            % words
        )
    return (
        _(
            "Orders every %(every)s days, last %(n)s gaps: %(gaps)s; last order %(last)s, expected %(expected)s,"
            " in order until %(limit)s"
        )
        % words
    )


def _date(value: dt.date | str) -> dt.date:
    return value if isinstance(value, dt.date) else dt.date.fromisoformat(value)


# --- one customer
@dataclass(frozen=True)
class Bar:
    """A gap as a bar: open days, left edge, top, width and height in a picture 100 wide and 40 high."""

    days: int
    x: float
    y: float
    width: float
    height: float
    is_long: bool  # longer than what is in order now


@dataclass(frozen=True)
class RhythmView:
    """What the customer's page shows; `missing` is how many order days are wanting until there is a rhythm."""

    rhythm: CustomerRhythm | None
    sentence: str
    bars: list[Bar]
    limit_y: float
    silent: int | None  # calendar days since the last order
    days_over: int
    missing: int
    holidays: str  # those that lie in the silence
    closed_on: str  # weekdays that do not count
    quantile: str
    trend_percent: int | None


def rhythm_view(customer: Customer, today: dt.date) -> RhythmView:
    """Three statements at most."""
    rhythm = CustomerRhythm.objects.filter(customer=customer).first()
    state = RhythmState.objects.filter(pk=1).first() or RhythmState()
    if rhythm is None or rhythm.limit_on is None:
        missing = max(1, MIN_ORDERS - (rhythm.orders if rhythm else 0))
        return RhythmView(rhythm, "", [], 0, None, 0, missing, "", "", "", trend_percent(rhythm))
    assert rhythm.last_on is not None
    facts = {
        name: getattr(rhythm, name) for name in ("low", "high", "gaps", "last_on", "expected_on", "limit_on")
    }
    bars, limit_y = _bars(rhythm)
    return RhythmView(
        rhythm=rhythm,
        sentence=sentence(facts | {"quantile": state.quantile}, today),
        bars=bars,
        limit_y=limit_y,
        silent=(today - rhythm.last_on).days,
        days_over=rhythm.days_over(today),
        missing=0,
        holidays=_holidays_between(rhythm.last_on, max(today, rhythm.limit_on)),
        closed_on=_weekdays_off(rhythm.weekdays),
        quantile=quantile_words(state.quantile),
        trend_percent=trend_percent(rhythm),
    )


def _bars(rhythm: CustomerRhythm) -> tuple[list[Bar], float]:
    gaps, limit = rhythm.gap_list, rhythm.limit_gap or 0
    # An outlier is cut, or all others would be flat.
    top = max(limit, min(max(gaps), 2 * max(limit, *sorted(gaps)[:-1])))
    step = 100 / max(len(gaps), 6)
    bars = []
    for place, gap in enumerate(gaps):
        height = max(2.0, min(gap, top) * 38 / top)
        bars.append(
            Bar(
                gap,
                round(place * step, 2),
                round(40 - height, 2),
                round(step * 0.7, 2),
                round(height, 2),
                gap > limit,
            )
        )
    return bars, round(40 - limit * 38 / top, 2)


def trend_percent(rhythm: CustomerRhythm | None) -> int | None:
    """The last 90 days against the 90 before, in percent more or less."""
    if rhythm is None or not rhythm.before:
        return None
    return round((rhythm.recent / rhythm.before - 1) * 100)


def _holidays_between(start: dt.date, end: dt.date) -> str:
    days = ((start + dt.timedelta(days=n)) for n in range(1, min((end - start).days, 400) + 1))
    return _(", ").join(dict.fromkeys(holiday_name(day) for day in days if is_public_holiday(day)))


def _weekdays_off(mask: int) -> str:
    names = [
        _("Monday"),
        _("Tuesday"),
        _("Wednesday"),
        _("Thursday"),
        _("Friday"),
        _("Saturday"),
        _("Sunday"),
    ]
    return _(", ").join(name for day, name in enumerate(names) if not mask >> day & 1)


# --- classes
@dataclass(frozen=True)
class ClassLine:
    """One class of customer value among those a person sees: customers, their share, what they ordered in a year."""

    rfm: RfmClass
    customers: int
    share: float
    money: Decimal
    money_share: float
    falling: int
    broken: int


@dataclass(frozen=True)
class ValueBoard:
    """The classes, and the grid of recency and frequency scores with counts; `total` customers with a score."""

    lines: list[ClassLine]
    grid: list[list[int]]  # rows: frequency 5 … 1, columns: recency 1 … 5
    total: int
    money: Decimal
    unscored: int  # ordered before, but not within a year


def value_board(today: dt.date, rows: QuerySet[CustomerRhythm]) -> ValueBoard:
    """The classes among `rows`; three statements."""
    scored = rows.filter(frequency__gt=0).order_by()
    counted = {
        row["rfm"]: row
        for row in scored.values("rfm").annotate(
            n=Count("pk"),
            money=Sum("money"),
            falling=Count("pk", filter=Q(trend=Trend.FALLING)),
            broken=Count("pk", filter=Q(limit_on__lt=today)),
        )
    }
    cells = {
        (row["frequency_score"], row["recency_score"]): row["n"]
        for row in scored.values("frequency_score", "recency_score").annotate(n=Count("pk"))
    }
    total = sum(row["n"] for row in counted.values())
    money = sum((row["money"] for row in counted.values()), Decimal(0))
    lines = [_class_line(rfm, counted.get(rfm.value, {}), total, money) for rfm in RfmClass]
    grid = [[cells.get((often, recent), 0) for recent in range(1, 6)] for often in range(5, 0, -1)]
    return ValueBoard(lines, grid, total, money, rows.filter(frequency=0).count())


def _class_line(rfm: RfmClass, row: Mapping[str, Any], total: int, money: Decimal) -> ClassLine:
    own = row.get("money") or Decimal(0)
    return ClassLine(
        rfm=rfm,
        customers=row.get("n", 0),
        share=row.get("n", 0) / total if total else 0.0,
        money=own,
        money_share=float(own / money) if money else 0.0,
        falling=row.get("falling", 0),
        broken=row.get("broken", 0),
    )


def visible_rhythms(user: User) -> QuerySet[CustomerRhythm]:
    """Rows of active customers that answer to somebody, as far as the person sees them."""
    rows: QuerySet[CustomerRhythm] = CustomerRhythm.objects.visible_to(user)
    return rows.filter(customer__status="active", customer__owner__isnull=False)


def high_limits(state: RhythmState) -> dict[str, Any]:
    """What is exceeded by who is high: recency (date), frequency (order days), money (CNY); {} before the first run."""
    limits = {name: values[HIGH - 2] for name, values in state.limits.items() if values}
    if "recency" in limits:
        limits["recency"] = dt.date.fromisoformat(limits["recency"])
        limits["money"] = Decimal(limits["money"])
    return limits


# --- for other lists
def rhythm_of(customer: Customer) -> CustomerRhythm | None:
    """The row of a customer read with select_related("rhythm"); None where he has none."""
    return getattr(customer, "rhythm", None)


def by_value(name: str, value: str, customer: str = "customer") -> Q:
    """A condition on rows that point to their customer by `customer`: his `rfm` or `trend`; "" is who has none."""
    path = f"{customer}__rhythm__{name}"
    return Q(**{path: value}) if value else Q(**{path: ""}) | Q(**{f"{customer}__rhythm__isnull": True})
