"""What a QR code must say so that a tracker app sets itself up."""

from __future__ import annotations

import base64
import datetime as dt
import json
from urllib.parse import urlencode

_INTERVAL_S = 60
_DISTANCE_M = 50


def traccar_link(address: str, token: str, *, start: dt.time, end: dt.time) -> str:
    """The address Traccar Client reads from a QR code: server, identifier, and the hours in which it records."""
    settings = {
        "id": token,
        "interval": _INTERVAL_S,
        "distance": _DISTANCE_M,
        "buffer": "true",
        "startTime": f"{start:%H:%M}",
        "stopTime": f"{end:%H:%M}",
    }
    return f"{address}?{urlencode(settings)}"


def owntracks_link(address: str, username: str, token: str) -> str:
    """The link OwnTracks opens: a whole configuration for its HTTP mode."""
    configuration = {
        "_type": "configuration",
        "mode": 3,  # HTTP
        "url": address,
        "auth": True,
        "username": username,
        "password": token,
        "deviceId": "phone",
        "tid": username[:2],
        "monitoring": 1,
        "locatorDisplacement": _DISTANCE_M,
        "locatorInterval": _INTERVAL_S,
        "cmd": True,
        "remoteConfiguration": False,
    }
    packed = base64.b64encode(json.dumps(configuration, separators=(",", ":")).encode()).decode()
    return f"owntracks:///config?{urlencode({'inline': packed})}"
