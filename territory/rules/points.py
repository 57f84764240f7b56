"""Positions as phones and files write them.

Coordinates are WGS-84 degrees, times aware datetimes.
"""

from __future__ import annotations

import csv
import datetime as dt
import math
from collections.abc import Collection
from typing import Any, NamedTuple
from xml.etree import ElementTree

from common.geo import valid_coordinates
from territory.rules.tracks import Fix

FUTURE_LIMIT = dt.timedelta(hours=24)
SCALE = 100_000  # what maps are sent: five decimals of a degree, about a metre
_PLT_HEAD = 6
_GPX = "{*}"


class SentPoint(NamedTuple):
    """One entry of POST /tracks/points/, checked."""

    time: dt.datetime
    lat: float
    lng: float
    accuracy_m: float | None
    speed_ms: float | None
    bearing: float | None
    battery: float | None


def read_point(entry: Any) -> SentPoint | None:
    """A point from `{t, lat, lng, acc, spd, brg, bat}`; None when time or place cannot be read."""
    if not isinstance(entry, dict):
        return None
    asked = entry.get
    time = read_time(asked("t"))
    lat, lng = number(asked("lat")), number(asked("lng"))
    if time is None or lat is None or lng is None or not valid_coordinates(lat, lng):
        return None
    battery = number(asked("bat"), 0, 100)
    return SentPoint(
        time,
        lat,
        lng,
        number(asked("acc"), 0),
        number(asked("spd"), 0),
        number(asked("brg"), 0, 360),
        battery / 100 if battery is not None and battery > 1 else battery,
    )


def read_time(value: Any) -> dt.datetime | None:
    """Seconds or milliseconds since 1970 (number or digits), or ISO 8601; without a zone it is UTC."""
    seconds = number(value)
    try:
        if seconds is not None:
            return dt.datetime.fromtimestamp(seconds / 1000 if abs(seconds) > 1e11 else seconds, tz=dt.UTC)
        moment = dt.datetime.fromisoformat(str(value).strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).astimezone(dt.UTC)
    except (ValueError, OverflowError, OSError):
        return None


def number(value: Any, low: float = -math.inf, high: float = math.inf) -> float | None:
    """A finite number within the bounds, from a number or text; None for anything else."""
    if type(value) is not float:
        if isinstance(value, bool) or not isinstance(value, (int, str)):
            return None
        try:
            value = float(value)
        except (ValueError, OverflowError):
            return None
    return value if math.isfinite(value) and low <= value <= high else None


def may_record(time: dt.datetime, *, now: dt.datetime, start: dt.time, end: dt.time, zone: dt.tzinfo) -> bool:
    """Whether a point of this moment is stored: within working hours (both ends count), not over 24 h ahead."""
    return time <= now + FUTURE_LIMIT and start <= time.astimezone(zone).time() <= end


def all_may_record(
    times: Collection[dt.datetime], *, now: dt.datetime, start: dt.time, end: dt.time, zone: dt.tzinfo
) -> bool:
    """Whether `may_record` holds for each: what lies between two moments of one day's hours does too."""
    first, last = min(times), max(times)
    return first.astimezone(zone).date() == last.astimezone(zone).date() and all(
        may_record(time, now=now, start=start, end=end, zone=zone) for time in (first, last)
    )


# --- files


def read_track_file(suffix: str, text: str) -> tuple[list[Fix], int]:
    """The fixes of a GPX or GeoLife PLT file and how many of its points could not be read.

    Raises ValueError when the text is neither.
    """
    if suffix.lower() == ".plt":
        return _read_plt(text)
    return _read_gpx(text)


def _read_gpx(text: str) -> tuple[list[Fix], int]:
    if "<!DOCTYPE" in text[:2000]:
        raise ValueError("a GPX file has no DOCTYPE, and entities can be a bomb")
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 - no DOCTYPE, hence no entities
    except ElementTree.ParseError as error:
        raise ValueError("not XML") from error
    if not root.tag.endswith("gpx"):
        raise ValueError("not GPX")
    points = root.findall(f".//{_GPX}trkpt")
    read = [
        (read_time(p.findtext(f"{_GPX}time")), number(p.get("lat")), number(p.get("lon"))) for p in points
    ]
    fixes = [
        Fix(t, lat, lng) for t, lat, lng in read if t is not None and lat is not None and lng is not None
    ]
    return fixes, len(points) - len(fixes)


def _read_plt(text: str) -> tuple[list[Fix], int]:
    """GeoLife: six lines of head, then latitude, longitude, 0, altitude, days, date, time (GMT)."""
    lines = text.splitlines()
    if len(lines) < _PLT_HEAD or not lines[0].startswith("Geolife"):
        raise ValueError("not PLT")
    fixes: list[Fix] = []
    rows = [row for row in csv.reader(lines[_PLT_HEAD:]) if row]
    for row in rows:
        time = read_time(f"{row[5]} {row[6]}") if len(row) >= 7 else None
        lat, lng = number(row[0]), number(row[1]) if len(row) > 1 else None
        if time is not None and lat is not None and lng is not None:
            fixes.append(Fix(time, lat, lng))
    return fixes, len(rows) - len(fixes)
