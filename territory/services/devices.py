"""Tracker apps of a rep (F7): set up with a token that is shown once, switched off, and heard from."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from territory.enums import TrackerApp
from territory.models import TrackingDevice

MOST_DEVICES = 5  # of one person, switched off ones apart
HEARD_EVERY = dt.timedelta(minutes=1)


def token_hash(token: str) -> str:
    """What is kept of a token: 32 random characters need no slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()


def add_device(
    *, rep: User, name: str, app: TrackerApp, sends_waypoints: bool = False
) -> tuple[TrackingDevice, str]:
    """Set up a device for oneself; (device, token). The token cannot be read again.

    Raises ValidationError for somebody who was not told about recording, or has MOST_DEVICES.
    """
    if rep.tracking_notice_at is None:
        raise ValidationError(_("Location recording is off for you: you have not been told about it yet."))
    if TrackingDevice.objects.filter(rep=rep, revoked_at__isnull=True).count() >= MOST_DEVICES:
        raise ValidationError(_("At most %(n)s devices. Switch one off first.") % {"n": MOST_DEVICES})
    token = _new_token()
    device = TrackingDevice.objects.create(
        rep=rep,
        name=name.strip(),
        app=app,
        sends_waypoints=sends_waypoints,
        token_hash=token_hash(token),
        token_hint=token[:4],
    )
    return device, token


def renew_token(*, device: TrackingDevice) -> str:
    """A new token for a device; the old one stops at once."""
    token = _new_token()
    device.token_hash, device.token_hint, device.revoked_at = token_hash(token), token[:4], None
    device.save(update_fields=["token_hash", "token_hint", "revoked_at"])
    return token


def revoke_device(*, device: TrackingDevice, now: dt.datetime | None = None) -> None:
    """Switch a device off: what it sends from now on is refused. What it sent stays."""
    device.revoked_at = now or timezone.now()
    device.save(update_fields=["revoked_at"])


def device_of(token: str) -> TrackingDevice | None:
    """The device in use with this token, with its rep; None for a token that is unknown, off, or of somebody who left."""
    found = TrackingDevice.objects.select_related("rep").filter(
        token_hash=token_hash(token), revoked_at__isnull=True, rep__is_active=True
    )
    return found.first()


def heard_from(*, device: TrackingDevice, battery: float | None, now: dt.datetime) -> None:
    """Note that a device is alive, once a minute at most: a phone that catches up sends hundreds at once."""
    if device.seen_at is not None and now - device.seen_at < HEARD_EVERY:
        return
    fields = {"seen_at": now} | ({} if battery is None else {"battery": battery})
    TrackingDevice.objects.filter(pk=device.pk).update(**fields)


def claim_waypoints(*, device: TrackingDevice, day: dt.date) -> bool:
    """Whether today's customers are to be sent to this device now: once a day."""
    if not device.sends_waypoints or device.waypoints_sent_on == day:
        return False
    waiting = Q(waypoints_sent_on__isnull=True) | Q(waypoints_sent_on__lt=day)
    return bool(TrackingDevice.objects.filter(waiting, pk=device.pk).update(waypoints_sent_on=day))


def _new_token() -> str:
    return secrets.token_urlsafe(24)
