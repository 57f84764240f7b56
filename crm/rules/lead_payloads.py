"""What a channel sends, as a flat list of named texts: JSON or a form, whatever its shape. Pure, never raises but
`Unreadable`."""

import hashlib
import hmac
import json
import math
from collections.abc import Mapping
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any
from urllib.parse import parse_qsl

from django.utils.translation import gettext as _

BODY_LIMIT = 64 * 1024
# A real lead has some dozen values; more is somebody trying out how much we take.
MAX_VALUES = 300
MAX_DEPTH = 8
VALUE_LIMIT = 4000
_PATH_LIMIT = 200
_LABEL_KEYS = ("name", "label", "title", "key", "field")
_VALUE_KEYS = ("value", "val", "content", "answer")
_UNSTORABLE = {code: None for code in range(32) if code not in (9, 10, 13)} | dict.fromkeys(
    range(0xD800, 0xE000)
)


class Unreadable(Exception):
    """A body that is neither JSON nor a form; the text says why, in the active language."""


def storable(text: str) -> str:
    """The text without what a database or a page cannot take: control characters, halves of surrogate pairs."""
    return text.translate(_UNSTORABLE)


def body_text(body: bytes) -> str:
    """The body as it is kept in the log; bytes that are no UTF-8 are replaced."""
    return storable(body.decode("utf-8", "replace"))


def signature(secret: str, body: bytes) -> str:
    """The header value a sender has to give: sha256=<hex of the HMAC-SHA256 of the raw body>."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def signature_fits(secret: str, body: bytes, given: str) -> bool:
    """Compare in constant time; upper-case hex and a missing "sha256=" are forgiven."""
    wanted = signature(secret, body)
    clean = given.strip().lower()
    if not clean.startswith("sha256="):
        clean = f"sha256={clean}"
    return hmac.compare_digest(wanted.encode(), clean.encode("utf-8", "replace"))


# --- reading
def read_payload(text: str, content_type: str = "") -> Any:
    """The body as dicts, lists and texts. Raises Unreadable with a reason for the sender.

    What looks like JSON is read as JSON whatever the header says: several platforms send it as text/plain or as a
    form.
    """
    bare = text.strip()
    if not bare:
        raise Unreadable(_("The body is empty."))
    kind = content_type.split(";")[0].strip().lower()
    if kind == "multipart/form-data":
        return _multipart(text, content_type)
    if bare[0] in "{[" or kind.endswith("json"):
        try:
            payload = json.loads(bare)
        except (ValueError, RecursionError) as error:
            raise Unreadable(_("The body is not valid JSON.")) from error
        if not isinstance(payload, dict | list):
            raise Unreadable(_("The body must be a JSON object."))
        return payload
    return _form(bare)


def _form(text: str) -> dict[str, Any]:
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_VALUES)
    except ValueError as error:
        raise Unreadable(_("The body is neither JSON nor a form.")) from error
    if not pairs or "=" not in text:
        raise Unreadable(_("The body is neither JSON nor a form."))
    return _joined(pairs)


def _multipart(text: str, content_type: str) -> dict[str, Any]:
    head = f"Content-Type: {' '.join(content_type.split())}\r\n\r\n".encode("utf-8", "replace")
    try:
        message = BytesParser(policy=HTTP).parsebytes(head + text.encode("utf-8", "replace"))
        pairs = [
            (
                str(part.get_param("name", "", "content-disposition")),
                bytes(part.get_payload(decode=True) or b"").decode("utf-8", "replace").strip("\r\n"),
            )
            for part in message.walk()
            if not part.is_multipart() and part.get_filename() is None
        ]
    except (ValueError, LookupError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise Unreadable(_("The body is neither JSON nor a form.")) from error
    pairs = [(name, value) for name, value in pairs if name]
    if not pairs:
        raise Unreadable(_("The body is neither JSON nor a form."))
    return _joined(pairs[:MAX_VALUES])


def _joined(pairs: list[tuple[str, str]]) -> dict[str, Any]:
    """A field that stands several times has several values."""
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return {name: values[0] if len(values) == 1 else "、".join(values) for name, values in found.items()}


# --- flattening
def flatten(payload: Any) -> dict[str, str]:
    """{dotted path: text} of every filled value, in order, at most MAX_VALUES of them.

    Lists count from 0 (phones.0); a list of {name, value} pairs, as form builders send it, is named by the names
    (formDetail.姓名). A text that itself holds JSON is opened. What is empty, true or false is left out.
    """
    found: dict[str, str] = {}
    _walk(payload, "", 0, found)
    return found


def _walk(value: Any, path: str, depth: int, found: dict[str, str]) -> None:
    if len(found) >= MAX_VALUES or depth > MAX_DEPTH:
        return
    if isinstance(value, Mapping):
        for key, inner in value.items():
            _walk(inner, _join(path, str(key)), depth + 1, found)
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            pair = _named(inner)
            if pair is not None:
                _walk(pair[1], _join(path, pair[0]), depth + 1, found)
            else:
                _walk(inner, _join(path, str(index)), depth + 1, found)
    elif isinstance(value, str):
        _text(value, path, depth, found)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        _number(value, path, found)


def _named(item: Any) -> tuple[str, Any] | None:
    """(name, value) of one entry of a form builder's list."""
    if not isinstance(item, Mapping):
        return None
    label = next(
        (item[key] for key in _LABEL_KEYS if isinstance(item.get(key), str) and item[key].strip()), ""
    )
    value_key = next((key for key in _VALUE_KEYS if key in item), "")
    return (label, item[value_key]) if label and value_key else None


def _text(value: str, path: str, depth: int, found: dict[str, str]) -> None:
    text = storable(value).strip()
    if text[:1] in ("{", "[") and len(text) > 2:
        try:
            inner = json.loads(text)
        except (ValueError, RecursionError):
            inner = None
        if isinstance(inner, dict | list):
            _walk(inner, path, depth + 1, found)
            return
    if text and path:
        found.setdefault(path, text[:VALUE_LIMIT])


def _number(value: int | float, path: str, found: dict[str, str]) -> None:
    if not path or (isinstance(value, float) and not math.isfinite(value)):
        return
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    try:
        found.setdefault(path, str(value)[:VALUE_LIMIT])
    except ValueError:  # an integer of more than 4,300 digits
        return


def _join(path: str, key: str) -> str:
    clean = " ".join(storable(key).split())
    return (f"{path}.{clean}" if path else clean)[:_PATH_LIMIT]


def holds_several(payload: Any) -> bool:
    """Whether a call brings several leads at once; taking only the first would lose the others."""
    rows = payload.get("data") if isinstance(payload, Mapping) else payload
    if not isinstance(rows, list):
        return False
    return sum(isinstance(row, Mapping) and _named(row) is None for row in rows) > 1
