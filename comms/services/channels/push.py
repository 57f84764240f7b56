"""Web Push to a phone's browser (RFC 8030).

The notice's tag is the message's key, so a phone that gets it twice shows it once: it may be handed over again.
"""

import json
import os
from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone

from comms.queries.channels import push_key
from comms.rules import webpush
from comms.services.channels import Gone, Outgoing, Refused, SendError, Unavailable

_TIMEOUT = (5, 10)
_KEPT = timedelta(days=2)  # how long a push service keeps it for a phone that is off


def send(message: Outgoing) -> None:
    import requests

    device = message.device
    if device is None:
        raise Gone("the phone is not known any more")
    try:
        answer = requests.post(
            device.endpoint,
            data=_body(message),
            headers=_headers(device.endpoint),
            timeout=_TIMEOUT,
            allow_redirects=False,
        )
    except requests.exceptions.RequestException as error:
        raise Unavailable(type(error).__name__) from error  # no address in a log: it is as good as a key
    if not 200 <= answer.status_code < 300:
        raise _refusal(answer.status_code)


def _refusal(status: int) -> SendError:
    reason = f"HTTP {status}"
    if status in (404, 410):
        return Gone(reason)
    passes = status in (408, 425, 429) or status >= 500
    return Unavailable(reason) if passes else Refused(reason)


def _headers(endpoint: str) -> dict[str, str]:
    expires = int((timezone.now() + timedelta(hours=12)).timestamp())
    return {
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(int(_KEPT.total_seconds())),
        "Urgency": "normal",
        "Authorization": webpush.authorization(
            endpoint=endpoint,
            key=webpush.private_key(push_key()),
            subject=settings.VAPID_SUBJECT,
            expires=expires,
        ),
    }


def _body(message: Outgoing) -> bytes:
    from cryptography.hazmat.primitives.asymmetric import ec

    assert message.device is not None
    parts = urlsplit(message.url)
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    said = {
        "title": message.title,
        "body": message.body[:500],
        "url": path or "/messages/",
        "tag": message.key,
    }
    try:
        return webpush.encrypt(
            json.dumps(said, ensure_ascii=False).encode(),
            p256dh=message.device.p256dh,
            auth=message.device.auth,
            key=ec.generate_private_key(ec.SECP256R1()),
            salt=os.urandom(16),
        )
    except ValueError as error:
        raise Refused(str(error)) from error
