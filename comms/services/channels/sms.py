"""SMS through any gateway that takes JSON over HTTP (SMS_URL, SMS_TOKEN, SMS_BODY)."""

import json
from typing import Any

from django.conf import settings

from comms.services.channels import Outgoing, Refused, Unavailable, Unsure

_LONGEST = 140  # letters of text; a link of ours does not open without a login and only costs
_TIMEOUT = (5, 10)  # seconds to connect, and to answer


def send(message: Outgoing) -> None:
    import requests

    headers = {"Content-Type": "application/json", "Idempotency-Key": message.key}
    if settings.SMS_TOKEN:
        headers["Authorization"] = f"Bearer {settings.SMS_TOKEN}"
    try:
        answer = requests.post(
            settings.SMS_URL,
            data=_body(message).encode(),
            headers=headers,
            timeout=_TIMEOUT,
            allow_redirects=False,
        )
    except requests.exceptions.ConnectTimeout as error:
        raise Unavailable("no connection to the SMS gateway") from error
    except requests.exceptions.ConnectionError as error:
        # A refused connection took nothing; one that broke may have.
        raise (Unavailable if _was_refused(error) else Unsure)(str(error)) from error
    except requests.exceptions.RequestException as error:
        raise Unsure(str(error)) from error
    judge(answer.status_code, answer.text)


def judge(status: int, text: str) -> None:
    """Raise what the answer means; a 2xx is a message taken."""
    if 200 <= status < 300:
        return
    reason = f"HTTP {status} {text[:200]}".strip()
    raise (Unavailable if status in (408, 425, 429) or status >= 500 else Refused)(reason)


def _was_refused(error: Exception) -> bool:
    words = str(error)
    return "NewConnectionError" in words or "NameResolutionError" in words or "Failed to establish" in words


def _body(message: Outgoing) -> str:
    """SMS_BODY with {phone}, {text} and {key} filled in wherever a string of it holds them."""
    text = " ".join(f"{message.title} {message.body}".split())[:_LONGEST]
    values = {"{phone}": message.to, "{text}": text, "{key}": message.key}

    def fill(part: Any) -> Any:
        if isinstance(part, dict):
            return {key: fill(value) for key, value in part.items()}
        if isinstance(part, list):
            return [fill(value) for value in part]
        if isinstance(part, str):
            for name, value in values.items():
                part = part.replace(name, value)
        return part

    return json.dumps(fill(json.loads(settings.SMS_BODY)), ensure_ascii=False)
