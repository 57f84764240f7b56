"""What a person says about how he wants to be told."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import update_profile
from comms.enums import Channel, Frequency, NoticeKind
from comms.models import NotifySettings, PushDevice
from comms.queries.channels import forget_push_key, is_personal_bot
from comms.rules import webpush
from comms.rules.preferences import name_of, usual

MAX_DEVICES = 10  # of one person


@transaction.atomic
def save_settings(
    *,
    user: User,
    choices: Mapping[tuple[NoticeKind, Channel], Frequency],
    email: str,
    quiet_start: dt.time | None,
    quiet_end: dt.time | None,
    quiet_days_off: bool | None,
    chat_url: str,
) -> NotifySettings:
    """Keep one's own wishes; what is as usual is not kept, so that it follows when the usual changes.

    Channels that `choices` does not name keep what was chosen for them before. Raises ValidationError for half a pair of
    hours and for a bot of a service we do not call.
    """
    if (quiet_start is None) != (quiet_end is None):
        raise ValidationError({"quiet_end": _("Give both times, or leave both empty.")})
    if chat_url and not is_personal_bot(chat_url):
        raise ValidationError(
            {"chat_url": _("Only bots of WeCom, DingTalk and Feishu: wecombot://, dingtalk://, feishu://.")}
        )
    row, _made = NotifySettings.objects.get_or_create(user=user)
    kept = dict(row.choices)
    for (kind, channel), frequency in choices.items():
        kept.pop(name_of(kind, channel), None)
        if frequency != usual(kind, channel):
            kept[name_of(kind, channel)] = frequency.value
    row.choices, row.chat_url = kept, chat_url
    row.quiet_start, row.quiet_end, row.quiet_days_off = quiet_start, quiet_end, quiet_days_off
    row.save()
    if email != user.email:
        update_profile(user=user, email=email)
    return row


@transaction.atomic
def add_device(*, user: User, endpoint: str, p256dh: str, auth: str, name: str = "") -> PushDevice:
    """Show this person's notices on the browser that asks, and on it nobody else's any more.

    Raises ValidationError when it is not a subscription of a push service we know (PUSH_HOSTS).
    """
    try:
        point, secret = webpush.public_key(p256dh), webpush.unb64(auth)
    except ValueError:
        point, secret = None, b""
    if (
        point is None
        or len(secret) != 16
        or len(endpoint) > 600
        or len(p256dh) > 120
        or not webpush.is_push_service(endpoint, settings.PUSH_HOSTS)
    ):
        raise ValidationError(_("This browser's push service is not known here; ask the administrator."))
    mark = hashlib.sha256(endpoint.encode()).hexdigest()
    device, made = PushDevice.objects.update_or_create(
        endpoint_hash=mark,
        defaults={"user": user, "endpoint": endpoint, "p256dh": p256dh, "auth": auth, "name": name[:80]},
    )
    if made:
        old = PushDevice.objects.filter(user=user).order_by("-pk").values_list("pk", flat=True)
        PushDevice.objects.filter(pk__in=list(old[MAX_DEVICES:])).delete()
    return device


def remove_device(*, user: User, endpoint: str = "", pk: int | None = None) -> bool:
    """Forget one of one's own phones, by its row or by what its browser calls itself."""
    mine = PushDevice.objects.filter(user=user)
    if pk is not None:
        return bool(mine.filter(pk=pk).delete()[0])
    mark = hashlib.sha256(endpoint.encode()).hexdigest()
    return bool(mine.filter(endpoint_hash=mark).delete()[0])


def make_push_key(path: Path) -> str:
    """Write a new private key for Web Push, readable by this user only; answers the public one.

    Raises FileExistsError: with another key every phone would have to be asked again.
    """
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    secret = key.private_numbers().private_value.to_bytes(32, "big")
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(base64.urlsafe_b64encode(secret).rstrip(b"=") + b"\n")
    forget_push_key()
    return webpush.b64(webpush.public_of(key))
