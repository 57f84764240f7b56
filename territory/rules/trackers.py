"""What tracker apps send (interfaces.md, "HTTP"): Traccar's OsmAnd protocol in its three forms, and OwnTracks.

Each message is one position. Speeds come in knots (OsmAnd's query and form), m/s (its JSON) or km/h (OwnTracks) and
leave in m/s; batteries leave as a share of 1. -1 means unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from common.geo import valid_coordinates
from territory.rules.points import SentPoint, number, read_time

KNOT_MS = 1852 / 3600
KMH_MS = 1 / 3.6


def osmand_device(fields: Mapping[str, Any]) -> str:
    """The device a query or form names."""
    return str(fields.get("id") or fields.get("deviceid") or fields.get("device_id") or "").strip()


def read_osmand(fields: Mapping[str, Any]) -> SentPoint | None:
    """A position of a query or form; None when time or place cannot be read, or the phone had no valid fix."""
    if str(fields.get("valid", "")).strip().lower() in ("0", "false"):
        return None
    lat, lng = fields.get("lat"), fields.get("lon")
    if lat is None and "," in str(fields.get("location", "")):
        lat, lng = str(fields["location"]).split(",", 1)
    return _point(
        time=fields.get("timestamp"),
        lat=lat,
        lng=lng,
        accuracy=fields.get("accuracy"),
        speed=fields.get("speed"),
        speed_factor=KNOT_MS,
        bearing=fields.get("bearing", fields.get("heading")),
        battery=fields.get("batt"),
        battery_factor=0.01,
    )


def read_osmand_json(message: Any) -> tuple[str, SentPoint | None]:
    """(device, position) of the JSON form."""
    if not isinstance(message, dict):
        return "", None
    location = message.get("location")
    location = location if isinstance(location, dict) else {}
    coords = location.get("coords")
    coords = coords if isinstance(coords, dict) else {}
    battery = location.get("battery")
    point = _point(
        time=location.get("timestamp"),
        lat=coords.get("latitude"),
        lng=coords.get("longitude"),
        accuracy=coords.get("accuracy"),
        speed=coords.get("speed"),
        bearing=coords.get("heading"),
        battery=battery.get("level") if isinstance(battery, dict) else None,
    )
    return str(message.get("device_id") or "").strip(), point


def read_owntracks(message: Mapping[str, Any]) -> SentPoint | None:
    """A position of a message of type location."""
    return _point(
        time=message.get("tst"),
        lat=message.get("lat"),
        lng=message.get("lon"),
        accuracy=message.get("acc"),
        speed=message.get("vel"),
        speed_factor=KMH_MS,
        bearing=message.get("cog"),
        battery=message.get("batt"),
        battery_factor=0.01,
    )


def _point(
    *,
    time: Any,
    lat: Any,
    lng: Any,
    accuracy: Any,
    speed: Any,
    bearing: Any,
    battery: Any,
    speed_factor: float = 1,
    battery_factor: float = 1,
) -> SentPoint | None:
    moment, latitude, longitude = read_time(time), number(lat), number(lng)
    if moment is None or latitude is None or longitude is None or not valid_coordinates(latitude, longitude):
        return None
    metres_a_second = number(speed, low=0)
    share = number(battery, low=0)
    share = None if share is None or share * battery_factor > 1 else share * battery_factor
    return SentPoint(
        time=moment,
        lat=latitude,
        lng=longitude,
        accuracy_m=number(accuracy, low=0),
        speed_ms=None if metres_a_second is None else metres_a_second * speed_factor,
        bearing=number(bearing, low=0, high=360),
        battery=share,
    )
