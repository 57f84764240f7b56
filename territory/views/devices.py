"""我的轨迹: what is stored about oneself, who looked, pauses, and the tracker apps that send (F7)."""

import datetime as dt
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import SystemOptions
from common import business_calendar
from common.qr import qr_svg
from territory import queries, services
from territory.enums import TrackerApp
from territory.forms.devices import DeviceForm, PauseForm, PauseLength
from territory.models import TrackingDevice
from territory.rules import owntracks_link, traccar_link
from territory.views import user_of
from territory.views.tracks import read_day

PAGE = 100
LOOKS = 20
_FRESH_TOKEN = "territory.fresh_token"  # noqa: S105 - the session's key, not a token

may_record = permission_required("territory.add_trackpoint", raise_exception=True)


@require_safe
@may_record
def mine(request: HttpRequest) -> HttpResponse:
    """Every stored point of one's own day (`?date=`), who looked, pauses and devices."""
    user, today = user_of(request), business_calendar.today()
    day = min(read_day(request.GET.get("date"), today), today)
    page = Paginator(queries.points_of_day(user, day), PAGE).get_page(request.GET.get("page"))
    options = SystemOptions.load()
    context: dict[str, Any] = {
        "day": day,
        "today": today,
        "yesterday": day - dt.timedelta(days=1),
        "tomorrow": day + dt.timedelta(days=1) if day < today else None,
        "page": page,
        "summary": queries.track_days(day, reps=[user.pk]).get((user.pk, day)),
        "stored": lambda: queries.stored_span(user),  # asked for on an empty day only
        "pauses": queries.pauses_of_day([user.pk], day)[user.pk],
        "pause": queries.pause_now(user, timezone.now()),
        "pause_form": PauseForm(),
        "devices": list(TrackingDevice.objects.filter(rep=user, revoked_at__isnull=True)),
        "looks": user.looked_at.select_related("actor")[:LOOKS],
        "options": options,
        "fresh": _fresh(request, options),
    }
    return TemplateResponse(request, "territory/my_track.html", context)


@require_POST
@may_record
def pause(request: HttpRequest) -> HttpResponse:
    form, now = PauseForm(request.POST), timezone.now()
    if not form.is_valid():
        messages.error(request, _("Choose how long the pause lasts."))
        return redirect("territory:my_track")
    try:
        services.pause_tracking(rep=user_of(request), until=_until(form.cleaned_data["length"], now), now=now)
        messages.success(request, _("Recording is paused. Your superior sees that it is, not where you are."))
    except ValidationError as error:
        messages.error(request, error.message)
    return redirect("territory:my_track")


def _until(length: str, now: dt.datetime) -> dt.datetime | None:
    if length == PauseLength.HOUR:
        return now + dt.timedelta(hours=1)
    if length == PauseLength.TODAY:
        return business_calendar.day_bounds(business_calendar.today(now))[1]
    return None


@require_POST
@may_record
def resume(request: HttpRequest) -> HttpResponse:
    if services.resume_tracking(rep=user_of(request)):
        messages.success(request, _("Recording goes on."))
    return redirect("territory:my_track")


# --- devices
@require_http_methods(["GET", "POST"])
@may_record
def create(request: HttpRequest) -> HttpResponse:
    form = DeviceForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            device, token = services.add_device(rep=user_of(request), **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            return _show(request, device, token)
    context = {
        "form": form,
        "title": _("Set up a tracker app"),
        "intro": _(
            "A tracker app records in working hours while the phone is in the pocket, which a browser cannot."
            " Install Traccar Client or OwnTracks first."
        ),
        "submit_label": _("Go on to the QR code"),
        "cancel_url": reverse("territory:my_track"),
    }
    return TemplateResponse(request, "territory/device_form.html", context)


@require_POST
@may_record
def renew(request: HttpRequest, pk: int) -> HttpResponse:
    device = _own(request, pk)
    return _show(request, device, services.renew_token(device=device))


@require_POST
@may_record
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    device = _own(request, pk)
    services.revoke_device(device=device)
    messages.success(request, _("%(device)s is switched off.") % {"device": device.name})
    return redirect("territory:my_track")


def _own(request: HttpRequest, pk: int) -> TrackingDevice:
    return get_object_or_404(TrackingDevice, pk=pk, rep=user_of(request), revoked_at__isnull=True)


def _show(request: HttpRequest, device: TrackingDevice, token: str) -> HttpResponse:
    """The token is shown once, on the next page, and then forgotten."""
    request.session[_FRESH_TOKEN] = {"device": device.pk, "token": token}
    return redirect(reverse("territory:my_track") + "#device")


def _fresh(request: HttpRequest, options: SystemOptions) -> dict[str, Any] | None:
    """What the page shows of a device that was just set up: QR code, address and token."""
    kept = request.session.pop(_FRESH_TOKEN, None)
    device = kept and TrackingDevice.objects.filter(pk=kept["device"], rep=user_of(request)).first()
    if not device:
        return None
    token = kept["token"]
    if device.app == TrackerApp.OWNTRACKS:
        address = request.build_absolute_uri(reverse("territory:ingest_owntracks"))
        link = owntracks_link(address, user_of(request).username, token)
    else:
        address = request.build_absolute_uri(reverse("territory:ingest_osmand"))
        link = traccar_link(address, token, start=options.work_start, end=options.work_end)
    picture = qr_svg(link).decode().partition("?>")[2]  # within a page, without the head of a document
    # Drawn by our library from black and white squares alone.
    return {"device": device, "token": token, "address": address, "link": link, "qr": mark_safe(picture)}  # noqa: S308
