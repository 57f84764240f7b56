"""How I want to be told (E6): hours, choices, phones, and a test of each way."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from common.throttle import wait_seconds
from comms import queries
from comms.enums import Channel, OutboxState
from comms.forms.settings import SettingsForm
from comms.models import NotifySettings, PushDevice
from comms.queries.channels import push_key
from comms.rules import webpush
from comms.services import outbox, reach, sending
from comms.views.common import keys_of, me

_TESTS_A_MINUTE = 6
_LONGEST = 4000  # bytes of a browser's subscription


@require_http_methods(["GET", "POST"])
def notice_settings(request: HttpRequest) -> HttpResponse:
    user = me(request)
    found = queries.installed()
    channels = [channel for channel in Channel if channel in found]
    row = NotifySettings.objects.filter(user=user).first()
    form = SettingsForm(request.POST or None, user=user, row=row, channels=channels)
    if request.method == "POST" and form.is_valid():
        try:
            reach.save_settings(user=user, **form.wishes())
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("Your settings are saved."))
            return redirect("comms:settings")
    return TemplateResponse(request, "comms/settings.html", _context(user, form, channels))


def _context(user: Any, form: SettingsForm, channels: list[Channel]) -> dict[str, Any]:
    person = queries.reach(user)
    key = push_key()
    return {
        "form": form,
        "ways": [(channel, channel in person.addresses) for channel in channels],
        "devices": PushDevice.objects.filter(user=user),
        "push_key": webpush.b64(webpush.public_of(webpush.private_key(key))) if key else "",
    }


@require_POST
def send_test(request: HttpRequest) -> HttpResponse:
    """POST channel: send me a message over it now, whatever the hours, and say what became of it."""
    channel = request.POST.get("channel", "")
    if channel not in queries.installed():
        messages.error(request, _("This channel does not exist here."))
        return redirect("comms:settings")
    if wait := wait_seconds(f"notice-test-{me(request).pk}", a_minute=_TESTS_A_MINUTE, now=timezone.now()):
        messages.error(request, _("Please wait %(n)s seconds.") % {"n": wait})
        return redirect("comms:settings")
    rows = outbox.add_test(user=me(request), channel=Channel(channel))
    if not rows:
        messages.error(request, _("You have no address for this channel yet."))
    for row in rows:
        _say(request, Channel(channel), sending.deliver(row, in_quiet_hours=True))
    return redirect("comms:settings")


def _say(request: HttpRequest, channel: Channel, outcome: sending.Outcome | None) -> None:
    if outcome is not None and outcome.state == OutboxState.SENT:
        messages.success(
            request, _("%(channel)s: the test message is on its way.") % {"channel": channel.label}
        )
        return
    reason = outcome.error if outcome else _("another worker has it")
    messages.error(request, _("%(channel)s: %(reason)s") % {"channel": channel.label, "reason": reason})


@require_POST
def device_add(request: HttpRequest) -> HttpResponse:
    """POST a browser's PushSubscription as JSON: {endpoint, keys: {p256dh, auth}, name}. 201, or 422 with a reason."""
    try:
        said = json.loads(request.body[:_LONGEST])
        keys = said["keys"]
        texts = [str(said["endpoint"]), str(keys["p256dh"]), str(keys["auth"]), str(said.get("name", ""))]
    except (ValueError, KeyError, TypeError, AttributeError):
        return JsonResponse({"errors": [_("This is not what a browser sends.")]}, status=422)
    if "\0" in "".join(texts) or not push_key():
        return JsonResponse({"errors": [_("Phones are not set up here.")]}, status=422)
    try:
        endpoint, p256dh, auth, name = texts
        reach.add_device(user=me(request), endpoint=endpoint, p256dh=p256dh, auth=auth, name=name)
    except ValidationError as error:
        return JsonResponse({"errors": error.messages}, status=422)
    return JsonResponse({"ok": True}, status=201)


@require_POST
def device_remove(request: HttpRequest) -> HttpResponse:
    """POST pk, or endpoint from the browser itself: show nothing there any more."""
    keys = keys_of(request)
    if keys:
        reach.remove_device(user=me(request), pk=keys[0])
        messages.success(request, _("This phone shows nothing any more."))
        return redirect("comms:settings")
    gone = reach.remove_device(user=me(request), endpoint=request.POST.get("endpoint", "")[:600])
    return JsonResponse({"removed": gone})
