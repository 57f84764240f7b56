"""Doors for tracker apps (F7, interfaces.md "HTTP"). No login: the device's token says whose positions they are.

An app repeats what was not answered with 2xx, for ever. So whatever a known device sends and we do not keep (outside
working hours, in a pause, no valid fix) is answered like the rest, with a word about it in the body.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from common import business_calendar
from common.throttle import remote_address, wait_seconds
from territory import queries, services
from territory.enums import PointSource
from territory.models import TrackingDevice
from territory.rules import SentPoint, osmand_device, read_osmand, read_osmand_json, read_owntracks

BODY_LIMIT = 256 * 1024
A_MINUTE = 600  # of one device: it may have a day's positions to catch up with
STRANGERS_A_MINUTE = 30  # wrong tokens from one address
_FENCE_M = 100


@csrf_exempt
@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def osmand(request: HttpRequest) -> HttpResponse:
    """Traccar Client: a query, a form or JSON; 200, 400 for an unknown id in query or form and 404 in JSON."""
    if refusal := _too_large(request):
        return refusal
    if request.method == "POST" and "json" in (request.content_type or ""):
        try:
            device_id, point = read_osmand_json(json.loads(request.body))
        except (ValueError, RecursionError):
            return JsonResponse({"error": _("This is not JSON.")}, status=400)
        unknown = 404
    else:
        fields = {**request.GET.dict(), **(request.POST.dict() if request.method == "POST" else {})}
        device_id, point = osmand_device(fields), read_osmand(fields)
        unknown = 400
    device = _known(request, device_id)
    if isinstance(device, HttpResponse):
        device.status_code = unknown if device.status_code == 404 else device.status_code
        return device
    return _store(device, point)


@csrf_exempt
@login_not_required
@never_cache
@require_POST
def owntracks(request: HttpRequest) -> HttpResponse:
    """OwnTracks in HTTP mode: Basic auth with user name and token; `[]`, or today's customers as waypoints once a day.

    Only messages of type location hold a position to keep; all others are answered so that they are not sent again.
    """
    if refusal := _too_large(request):
        return refusal
    username, token = _basic(request)
    device = _known(request, token)
    if isinstance(device, HttpResponse):
        return _ask_for_login(device)
    if device.rep.username != username:
        return _ask_for_login(_stranger(request))
    if not request.body:
        return _answer([])
    try:
        message = json.loads(request.body)
    except (ValueError, RecursionError):
        return JsonResponse({"error": _("This is not JSON.")}, status=400)
    if not isinstance(message, Mapping) or message.get("_type") != "location":
        return _answer([])
    stored = _store(device, read_owntracks(message))
    return stored if stored.status_code == 429 else _answer(_waypoints(device))


# --- who sends
def _too_large(request: HttpRequest) -> HttpResponse | None:
    length = request.META.get("CONTENT_LENGTH") or "0"
    if length.isdecimal() and int(length) <= BODY_LIMIT:
        return None
    return JsonResponse({"error": _("The message is too large.")}, status=413)


def _basic(request: HttpRequest) -> tuple[str, str]:
    scheme, _space, coded = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        name, _colon, token = base64.b64decode(coded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return name, token


def _known(request: HttpRequest, token: str) -> TrackingDevice | HttpResponse:
    device = services.device_of(token) if token else None
    return device or _stranger(request)


def _stranger(request: HttpRequest) -> HttpResponse:
    """404, or 429 for an address that tries tokens."""
    wait = wait_seconds(f"ingest-{remote_address(request)}", a_minute=STRANGERS_A_MINUTE, now=timezone.now())
    if wait:
        return _later(wait)
    return JsonResponse({"error": _("This device is not known or was switched off.")}, status=404)


def _ask_for_login(refusal: HttpResponse) -> HttpResponse:
    if refusal.status_code == 404:
        refusal.status_code = 401
        refusal["WWW-Authenticate"] = 'Basic realm="Paodian"'
    return refusal


def _later(seconds: int) -> HttpResponse:
    answer = JsonResponse(
        {"error": _("Too many requests. Try again in %(n)s s.") % {"n": seconds}}, status=429
    )
    answer["Retry-After"] = str(seconds)
    return answer


# --- what is sent
def _store(device: TrackingDevice, point: SentPoint | None) -> HttpResponse:
    """Keep one position and say what became of it; 429 when the device sends too many."""
    now = timezone.now()
    if wait := wait_seconds(f"device-{device.pk}", a_minute=A_MINUTE, now=now):
        return _later(wait)
    services.heard_from(device=device, battery=point.battery if point else None, now=now)
    if device.rep.tracking_notice_at is None:
        return JsonResponse({"accepted": 0, "duplicate": 0, "refused": 1})
    stored = services.store_sent(rep=device.rep, points=[point], source=PointSource.DEVICE, now=now)
    return JsonResponse(
        {"accepted": stored.accepted, "duplicate": stored.duplicate, "refused": stored.refused}
    )


def _answer(content: list[Any]) -> HttpResponse:
    return JsonResponse(content, safe=False)


def _waypoints(device: TrackingDevice) -> list[dict[str, Any]]:
    """Today's customers with a location, as a command of OwnTracks; nothing when they were sent today."""
    today = business_calendar.today()
    if not device.sends_waypoints or device.waypoints_sent_on == today:
        return []
    customers = queries.customers_of_day(device.rep, today)
    if not customers or not services.claim_waypoints(device=device, day=today):
        return []
    points = [
        # `tst` is what the app knows a waypoint by: the same customer replaces his own.
        {
            "_type": "waypoint",
            "desc": name,
            "lat": lat,
            "lon": lng,
            "rad": _FENCE_M,
            "tst": 1_000_000_000 + pk,
        }
        for pk, name, lat, lng in customers
    ]
    return [
        {"_type": "cmd", "action": "setWaypoints", "waypoints": {"_type": "waypoints", "waypoints": points}}
    ]
