"""Tracks as a map and other programs read them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from common.geo import distance_m
from territory.rules.points import SCALE
from territory.rules.tracks import DayTrack, Fix

_SPARSE_M = 15


def thin_out(segment: Sequence[Fix], metres: float = _SPARSE_M) -> list[Fix]:
    """The fixes of a drawn piece that are `metres` or more from the last one taken; its ends always."""
    if len(segment) < 3:
        return list(segment)
    taken = [segment[0]]
    for fix in segment[1:-1]:
        if distance_m(taken[-1].lat, taken[-1].lng, fix.lat, fix.lng) >= metres:
            taken.append(fix)
    return [*taken, segment[-1]]


def pack(segment: Sequence[Fix]) -> dict[str, list[int]]:
    """Columns of a drawn piece: seconds since 1970, and 1/100,000 degree; each the difference to the one before."""
    columns = {
        "t": [int(fix.time.timestamp()) for fix in segment],
        "lat": [round(fix.lat * SCALE) for fix in segment],
        "lng": [round(fix.lng * SCALE) for fix in segment],
    }
    return {
        name: [value - before for before, value in zip([0, *values], values, strict=False)]
        for name, values in columns.items()
    }


def gpx(name: str, track: DayTrack) -> str:
    """A GPX 1.1 file of the fixes that count; each drawn piece is a segment, so that gaps stay gaps."""
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<gpx version="1.1" creator="Paodian" xmlns="http://www.topografix.com/GPX/1/1">',
        f"<metadata><name>{escape(name)}</name></metadata>",
    ]
    for number, stop in enumerate(track.stops, start=1):
        lines.append(
            f"<wpt lat={quoteattr(f'{stop.lat:.6f}')} lon={quoteattr(f'{stop.lng:.6f}')}>"
            f"<time>{_utc(stop.arrive)}</time><name>{number}</name></wpt>"
        )
    lines.append(f"<trk><name>{escape(name)}</name>")
    for segment in track.segments:
        lines.append("<trkseg>")
        lines += [
            f'<trkpt lat="{fix.lat:.6f}" lon="{fix.lng:.6f}"><time>{_utc(fix.time)}</time></trkpt>'
            for fix in segment
        ]
        lines.append("</trkseg>")
    return "\n".join([*lines, "</trk>", "</gpx>", ""])


def _utc(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
