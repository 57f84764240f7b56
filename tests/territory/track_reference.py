"""Mileage, stops and gaps once more, from domain-rules §7 alone: plain lists, nothing of territory.rules (F5).

Written to be read beside the rules, not to be fast; the distance is the cosine rule on the sphere, not the haversine
of common.geo.
"""

import datetime as dt
import math
import re
from pathlib import Path

RADIUS_M = 6_371_008.8
MINUTE = 60


def apart(a, b):
    """Metres between two points [seconds, latitude, longitude]: the angle between their directions from the centre."""
    vectors = []
    for _time, lat, lng in (a, b):
        phi, theta = math.radians(lat), math.radians(lng)
        vectors.append((math.cos(phi) * math.cos(theta), math.cos(phi) * math.sin(theta), math.sin(phi)))
    chord = math.dist(*vectors)
    return 2 * RADIUS_M * math.asin(min(1.0, chord / 2))


def kept_points(points):
    """Without those that would need over 50 m/s from both neighbours: [[seconds, latitude, longitude], …] by time."""
    kept = []
    for n, point in enumerate(points):
        if 0 < n < len(points) - 1:
            speeds = [
                apart(point, other) / abs(point[0] - other[0]) if point[0] != other[0] else math.inf
                for other in (points[n - 1], points[n + 1])
            ]
            if min(speeds) > 50:
                continue
        kept.append(point)
    return kept


def reckon(points):
    """{mileage_m, gaps, stops: [(arrive, leave), …]} of one day's points, in seconds of the epoch."""
    kept = kept_points(sorted(points))
    mileage, gaps = 0.0, 0
    for n in range(1, len(kept)):
        step = apart(kept[n - 1], kept[n])
        if kept[n][0] - kept[n - 1][0] > 15 * MINUTE and step > 1000:
            gaps += 1
        else:
            mileage += step
    stops, n = [], 0
    while n < len(kept):
        last = n
        for m in range(n + 1, len(kept)):
            if kept[m][0] - kept[m - 1][0] > 15 * MINUTE or apart(kept[n], kept[m]) > 100:
                break
            last = m
        if kept[last][0] - kept[n][0] >= 5 * MINUTE:
            stops.append((kept[n][0], kept[last][0]))
            n = last + 1
        else:
            n += 1
    return {"mileage_m": mileage, "gaps": gaps, "stops": stops}


def read_points(path: Path):
    """[seconds, latitude, longitude] of a GPX or GeoLife PLT file, read by patterns alone; one point a second."""
    text = path.read_text(encoding="utf-8", errors="replace")
    found = {}
    if path.suffix.lower() == ".plt":
        for line in text.splitlines()[6:]:
            lat, lng, _zero, _feet, _days, day, clock = line.split(",")
            moment = dt.datetime.fromisoformat(f"{day} {clock}").replace(tzinfo=dt.UTC)
            found.setdefault(moment.timestamp(), [moment.timestamp(), float(lat), float(lng)])
    else:
        pattern = r'<trkpt lat="([-\d.]+)" lon="([-\d.]+)">.*?<time>([^<]+)</time>'
        for lat, lng, clock in re.findall(pattern, text, re.DOTALL):
            moment = dt.datetime.fromisoformat(clock)
            found.setdefault(moment.timestamp(), [moment.timestamp(), float(lat), float(lng)])
    return list(found.values())


def by_day(points, zone):
    """{local date: points}."""
    days = {}
    for point in points:
        days.setdefault(dt.datetime.fromtimestamp(point[0], zone).date(), []).append(point)
    return days
