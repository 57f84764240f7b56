"""The secret address of one's schedule for calendar apps, and what they read under it."""

from __future__ import annotations

import hashlib

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required, permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from common.qr import qr_svg
from common.throttle import remote_address, wait_seconds
from team.models import ScheduleFeed
from team.services import schedule_feed as services
from team.views.schedule import VIEW, me

A_MINUTE = 30  # readings of one feed
STRANGERS_A_MINUTE = 30  # wrong tokens from one address


@require_http_methods(["GET", "POST"])
@permission_required(VIEW, raise_exception=True)
def feed_page(request: HttpRequest) -> HttpResponse:
    """GET: whether there is an address. POST: a new one, which is shown this once."""
    user = me(request)
    address, code = "", ""
    if request.method == "POST":
        token = services.make_feed(actor=user)
        address = settings.SITE_URL + reverse("team:schedule_feed", args=[token])
        svg = qr_svg(address).decode().partition("?>")[2]
        code = mark_safe(svg)  # noqa: S308 - made by us of an address of ours
    feed = ScheduleFeed.objects.filter(person=user, revoked_at__isnull=True).first()
    context = {
        "feed": feed,
        "address": address,
        "webcal": address.replace("https://", "webcal://").replace("http://", "webcal://"),
        "code": code,
    }
    response = TemplateResponse(request, "team/schedule_feed.html", context)
    if address:
        patch_cache_control(response, no_store=True)
    return response


@require_POST
@permission_required(VIEW, raise_exception=True)
def feed_revoke(request: HttpRequest) -> HttpResponse:
    if services.revoke_feed(actor=me(request)):
        messages.success(request, _("The address is switched off; calendar apps read nothing any more."))
    return redirect("team:schedule_feed_page")


@login_not_required
@require_safe
def feed(request: HttpRequest, token: str) -> HttpResponse:
    """The calendar of a token's person as text/calendar; 304 for who has it, 404 for a wrong token, 429 for too many."""
    now = timezone.now()
    found = services.feed_of(token)
    if found is None:
        stranger = f"schedule-feed-{remote_address(request)}"
        if wait := wait_seconds(stranger, a_minute=STRANGERS_A_MINUTE, now=now):
            return _later(wait)
        raise Http404
    if wait := wait_seconds(f"schedule-feed-of-{found.pk}", a_minute=A_MINUTE, now=now):
        return _later(wait)
    services.note_reading(feed=found, now=now)
    text = services.feed_text(person=found.person, now=now)
    etag = f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'
    response = HttpResponse(text, content_type="text/calendar; charset=utf-8")
    response["ETag"] = etag
    response["Content-Disposition"] = 'inline; filename="schedule.ics"'
    patch_cache_control(response, private=True, no_cache=True)
    answer: HttpResponse = get_conditional_response(request, etag=etag, response=response)
    return answer


def _later(seconds: int) -> HttpResponse:
    answer = HttpResponse(_("Too many requests. Try again in %(n)s s.") % {"n": seconds}, status=429)
    answer["Retry-After"] = str(seconds)
    return answer
