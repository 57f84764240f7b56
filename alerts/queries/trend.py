"""How many alerts were open on each of the last days, by kind."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.db.models import CharField, Count, DateField, F, Q, QuerySet, Value

_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class TrendDay:
    """Alerts open at the end of a business day by kind, and how many of all were opened and closed on it."""

    day: dt.date
    open: dict[str, int]
    opened: int
    closed: int

    @property
    def total(self) -> int:
        return sum(self.open.values())


def open_trend(alerts: QuerySet[Any], today: dt.date, days: int) -> list[TrendDay]:
    """The last `days` days up to today, oldest first, from the days on which `alerts` (closed ones among them) were
    opened and closed; one statement. Counted back from what is open now.
    """
    first = today - _DAY * (days - 1)
    # Whatever was opened in the window is open, or was closed in it.
    rows = alerts.order_by()
    since = rows.filter(Q(closed_on__isnull=True) | Q(closed_on__gte=first))
    parts = [
        _counted(rows.filter(closed_on__isnull=True), "now", Value(None, output_field=DateField())),
        _counted(since.filter(opened_on__gte=first), "opened", F("opened_on")),
        _counted(rows.filter(closed_on__gte=first), "closed", F("closed_on")),
    ]
    now: Counter[str] = Counter()
    moves: dict[str, dict[dt.date, Counter[str]]] = {"opened": {}, "closed": {}}
    for what, day, kind, n in parts[0].union(*parts[1:], all=True):
        if what == "now":
            now[kind] += n
        else:
            moves[what].setdefault(day, Counter())[kind] += n
    return _walk_back(now, moves, first, today)


def _walk_back(
    now: Counter[str], moves: dict[str, dict[dt.date, Counter[str]]], first: dt.date, today: dt.date
) -> list[TrendDay]:
    found, at, day = [], Counter(now), today
    # What a run for a later date did (nobody closes ahead otherwise) is taken back first.
    for what, sign in (("opened", -1), ("closed", 1)):
        for later, counts in moves[what].items():
            if later > today:
                for kind, n in counts.items():
                    at[kind] += sign * n
    while day >= first:
        opened, closed = moves["opened"].get(day, Counter()), moves["closed"].get(day, Counter())
        shown = {kind: n for kind, n in at.items() if n > 0}
        found.append(TrendDay(day, shown, opened.total(), closed.total()))
        for kind in {*opened, *closed}:
            at[kind] += closed[kind] - opened[kind]
        day -= _DAY
    found.reverse()
    return found


def _counted(rows: QuerySet[Any], what: str, day: Any) -> QuerySet[Any, Any]:
    named = rows.annotate(what=Value(what, output_field=CharField()), day=day)
    counted: QuerySet[Any, Any] = named.values_list("what", "day", "kind").annotate(n=Count("pk"))
    return counted
