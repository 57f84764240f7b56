"""The door: an action is stored with its answer before anything happens, so that it happens once."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from visits.enums import SyncResult
from visits.models import ClientAction
from visits.services.own import NotYet
from visits.services.sync import reports, slips, stops
from visits.services.sync.reading import Answer, Call, moment

log = logging.getLogger(__name__)
# Answers that are not stored: the phone keeps the action and sends it again, with the same uuid.
WAITING, FAILED = "waiting", "failed"

_HANDLERS: dict[str, Callable[[Call], Answer]] = {**stops.HANDLERS, **slips.HANDLERS, **reports.HANDLERS}


def run_actions(*, actor: User, actions: Sequence[object], now: dt.datetime | None = None) -> list[Answer]:
    """Carry out queued actions in order, each in a transaction of its own; one answer for each.

    An action is {uuid, kind, occurred_at, payload}; an answer {uuid, status, kind, reason?, code?, …}. "done" and
    "refused" are final: an action that was received before is not carried out again and gets the stored answer.
    "waiting" (what it builds on is not here) and "failed" (our fault) are not: it may come again.
    """
    received_at = now or timezone.now()
    known = _received(actions)
    return [_run(actor=actor, action=action, now=received_at, known=known) for action in actions]


def _received(actions: Sequence[object]) -> dict[UUID, ClientAction]:
    """What came before of these, in one statement."""
    uuids = {_uuid(action) for action in actions if isinstance(action, Mapping)} - {None}
    return ClientAction.objects.in_bulk(uuids) if uuids else {}


def _uuid(action: Mapping[str, Any]) -> UUID | None:
    try:
        return UUID(str(action.get("uuid", "")))
    except ValueError:
        return None


def _run(*, actor: User, action: object, now: dt.datetime, known: Mapping[UUID, ClientAction]) -> Answer:
    if not isinstance(action, Mapping):
        return _refused("", "", _("An action must be a JSON object."))
    kind = str(action.get("kind", ""))[:20]
    uuid = _uuid(action)
    if uuid is None:
        return _refused(str(action.get("uuid", "")), kind, _("The action has no valid uuid."))
    occurred_at = moment(action.get("occurred_at"))
    if occurred_at is None:
        # Nothing is stored: the client may mend the time and send the same uuid.
        return _refused(str(uuid), kind, _("occurred_at must be an ISO 8601 time with its zone."))
    if (row := known.get(uuid)) is not None:
        return _stored(actor, row, kind)
    call = Call(actor, uuid, kind, action.get("payload"), occurred_at, now)  # type: ignore[arg-type]
    try:
        with transaction.atomic():
            return _once(call)
    except NotYet as error:
        return _answer(call, WAITING, " ".join(error.messages), error.code)
    except Exception as error:
        if isinstance(error, IntegrityError) and (row := ClientAction.objects.filter(pk=uuid).first()):
            # The same action came in twice at once and the other one won; its answer is there now.
            return _stored(actor, row, kind)
        # One action that we cannot digest must not keep the rest of a day on the phone.
        log.exception("Action %s %s of user %s failed", kind, uuid, actor.pk)
        text = _(
            "The server failed at this. It stays on the phone and is sent again; tell your administrator."
        )
        return _answer(call, FAILED, text)


def _once(call: Call) -> Answer:
    # Inserted before anything happens: a second request with this uuid waits here, or fails, until we are through.
    row = ClientAction(
        uuid=call.uuid,
        user=call.actor,
        kind=call.kind,
        occurred_at=call.occurred_at,
        result=SyncResult.REFUSED,
        answer={},
    )
    row.save(force_insert=True)
    try:
        with transaction.atomic():
            facts = _handle(call)
            row.answer = {"uuid": str(call.uuid), "status": str(SyncResult.DONE), "kind": call.kind, **facts}
            row.result = SyncResult.DONE
    except NotYet:
        raise
    except ValidationError as error:
        row.answer = _refused(
            str(call.uuid), call.kind, " ".join(error.messages), getattr(error, "code", None)
        )
    except PermissionDenied:
        text = _("You are not allowed to do this. Ask your administrator.")
        row.answer = _refused(str(call.uuid), call.kind, text)
    row.save(update_fields=["result", "answer"])
    return dict(row.answer)


def _handle(call: Call) -> Answer:
    if (handler := _HANDLERS.get(call.kind)) is None:
        raise ValidationError(_("This kind of action is not known here: %(kind)s.") % {"kind": call.kind})
    if not isinstance(call.payload, Mapping):
        raise ValidationError(_("The payload must be a JSON object."))
    return handler(call)


def _stored(actor: User, row: ClientAction, kind: str) -> Answer:
    if row.user_id != actor.pk:
        return _refused(str(row.uuid), kind, _("This action was sent by somebody else."))
    return dict(row.answer)


def _refused(uuid: str, kind: str, reason: str, code: str | None = None) -> Answer:
    answer = {"uuid": uuid, "status": str(SyncResult.REFUSED), "kind": kind, "reason": reason}
    return {**answer, "code": code} if code else answer


def _answer(call: Call, status: str, reason: str, code: str | None = None) -> Answer:
    return {**_refused(str(call.uuid), call.kind, reason, code), "status": status}
