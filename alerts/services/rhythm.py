"""The writer of rhythm, customer value and trend: nightly for whoever's orders changed, at once for one customer (E5).

The nightly run looks once over all orders for the customers whose row was computed from other ones, and computes those
in batches, each a transaction: killed in the middle, what is done is done, and the next run does the rest. A row has a
version, so that what an order wrote meanwhile is not overwritten by what a batch read before.
"""

from __future__ import annotations

import datetime as dt
import logging
import time
from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from alerts.models import CustomerRhythm, RhythmState
from alerts.queries import rhythm_source as source
from alerts.rules.order_history import Company, row_of
from alerts.services.rhythm_scores import score_everybody
from common.copy_text import copy_lines

# Raised when the rules say something else of the same orders: everybody is then computed anew.
RULES = 1
EVERYBODY_AFTER = dt.timedelta(days=30)  # levels and peers change slowly
STALE_AFTER = dt.timedelta(minutes=30)
BATCH = 5_000
logger = logging.getLogger(__name__)
Progress = Callable[[int, int], None]

_DATES = ("last_on", "expected_on", "limit_on")
_COLUMNS = (
    "customer_id",
    "orders",
    "cents",
    "day_sum",
    "version",
    "last_on",
    "gaps",
    "usual",
    "low",
    "high",
    "limit_gap",
    "weekdays",
    "expected_on",
    "limit_on",
    "confidence",
    "frequency",
    "money",
    "recent",
    "before",
    "recent_top",
    "before_top",
    "trend_orders",
    "recency_score",
    "frequency_score",
    "money_score",
    "rfm",
    "trend",
)
_INSERT = f"INSERT INTO {source.RHYTHM} AS t ({', '.join(_COLUMNS)})"
_KEEP_NEWER = (
    f"ON CONFLICT (customer_id) DO UPDATE SET {', '.join(f'{name} = EXCLUDED.{name}' for name in _COLUMNS[1:])}"
    " WHERE t.version = EXCLUDED.version - 1"
)


@dataclass(frozen=True)
class Refreshed:
    """What a run did: customers computed, customers whose scores or trend moved, whether everybody was computed."""

    computed: int
    rescored: int
    everybody: bool
    seconds: float


def refresh_rhythms(
    *, today: dt.date, everybody: bool = False, progress: Progress | None = None
) -> Refreshed:
    """Bring all rows up to date as of business day `today`; a second run changes nothing.

    Everybody is computed when asked for, when quantile, rules or calendar changed, and once a month. Raises
    ValidationError while another run is on its way.
    """
    state = _begin()
    began = time.monotonic()
    try:
        result = _refresh(state, today, everybody, progress, began)
    except BaseException as error:
        _end(state, message=f"{type(error).__name__}: {error}"[:400])
        raise
    _end(state, computed=result.computed, seconds=result.seconds, message="")
    logger.info(
        "rhythms of %s: %s computed, %s rescored in %.1f s",
        today,
        result.computed,
        result.rescored,
        result.seconds,
    )
    return result


def _begin() -> RhythmState:
    """Take the run; one that has been silent for half an hour was killed."""
    source.rhythm_state()
    now = timezone.now()
    free = (
        Q(started_at__isnull=True) | Q(finished_at__gte=F("started_at")) | Q(started_at__lt=now - STALE_AFTER)
    )
    if not RhythmState.objects.filter(free, pk=1).update(started_at=now):
        raise ValidationError(_("The reorder rhythms are being computed already."), code="busy")
    return RhythmState.objects.get(pk=1)


def _end(state: RhythmState, **fields: Any) -> None:
    RhythmState.objects.filter(pk=state.pk).update(finished_at=timezone.now(), **fields)


def _refresh(
    state: RhythmState, today: dt.date, everybody: bool, progress: Progress | None, began: float
) -> Refreshed:
    computed_with = f"{RULES}|{state.quantile}|{source.open_days(today.year).fingerprint()}"
    everybody = everybody or state.as_of is None or state.computed_with != computed_with
    everybody = everybody or state.everybody_on is None or today - state.everybody_on >= EVERYBODY_AFTER
    state.company_trend = source.company_trend(today)
    if everybody:
        state.spreads = dict(source.measure_spreads(state.quantile / 100, today))
        state.everybody_on = today
        keys = source.everybody()
    else:
        assert state.as_of is not None
        keys = source.changed_customers(state.as_of, today)
    _compute(keys, today, source.company_of(state, today), progress)
    state.as_of, state.computed_with = today, computed_with
    rescored = score_everybody(state)  # saves the state too, in the same transaction
    return Refreshed(len(keys), rescored, everybody, round(time.monotonic() - began, 2))


def _compute(keys: array[int], today: dt.date, company: Company, progress: Progress | None) -> None:
    for start in range(0, len(keys), BATCH):
        part = keys[start : start + BATCH]
        with transaction.atomic():
            _write(_rows(part, today, company))
        if progress:
            progress(start + len(part), len(keys))


def refresh_customers(*, customer_ids: Iterable[int], today: dt.date) -> None:
    """Compute a few customers at once, in the caller's transaction: an order was submitted or cancelled."""
    keys = array("q", sorted(set(customer_ids)))
    if keys:
        _write(_rows(keys, today, source.company_of(source.rhythm_state(), today)))


def _rows(keys: array[int], today: dt.date, company: Company) -> list[dict[str, Any]]:
    """The versions are read first: whoever writes after that keeps his row."""
    versions, levels = source.versions_of(keys), source.levels_of(keys)
    day, rows, seen = today.toordinal(), [], set()
    for customer, orders in source.orders_of(keys):
        rows.append(_row(customer, versions, row_of(orders, levels.get(customer, ""), day, company)))
        seen.add(customer)
    # Whoever has a row but no order left keeps an empty one.
    gone = [key for key in keys if key in versions and key not in seen]
    return rows + [_row(key, versions, row_of([], "", day, company)) for key in gone]


def _row(customer: int, versions: dict[int, int], values: dict[str, Any]) -> dict[str, Any]:
    values["customer_id"], values["version"] = customer, versions.get(customer, 0) + 1
    for name in _DATES:
        if values[name] is not None:
            values[name] = dt.date.fromordinal(values[name])
    return values


def _write(rows: Sequence[dict[str, Any]]) -> None:
    if connection.vendor == "postgresql" and len(rows) > 50:
        _copy(rows)
    elif rows:
        _insert(rows)


def _copy(rows: Sequence[dict[str, Any]]) -> None:
    """By COPY into a table of this connection's own, and from there in one statement."""
    lines = copy_lines([[row[name] for row in rows] for name in _COLUMNS])
    names = ", ".join(_COLUMNS)
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TEMPORARY TABLE IF NOT EXISTS rhythm_new AS SELECT {names} FROM {source.RHYTHM} LIMIT 0"  # noqa: S608
        )
        cursor.execute("TRUNCATE rhythm_new")
        with cursor.copy(f"COPY rhythm_new ({names}) FROM STDIN") as copy:
            copy.write(b"\n".join(lines) + b"\n")
        cursor.execute(f"{_INSERT} SELECT {names} FROM rhythm_new {_KEEP_NEWER}")  # noqa: S608


def _insert(rows: Sequence[dict[str, Any]]) -> None:
    known = {field.attname: field for field in CustomerRhythm._meta.concrete_fields}
    values = [[known[name].get_db_prep_save(row[name], connection) for name in _COLUMNS] for row in rows]
    sql = f"{_INSERT} VALUES ({', '.join(['%s'] * len(_COLUMNS))}) {_KEEP_NEWER}"
    with connection.cursor() as cursor:
        cursor.executemany(sql, values)
