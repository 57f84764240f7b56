"""The offline queue: each action of a phone happens once and answers the same ever after (domain-rules §2)."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import io
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from accounts.models import User
from common.photos import Upload
from visits.enums import SyncResult, VisitOutcome
from visits.models import ClientAction, Visit, VisitTask
from visits.rules import Fix
from visits.services.check_in import check_in
from visits.services.check_out import check_out
from visits.services.tasks import skip_task

Answer = dict[str, Any]


def run_actions(*, actor: User, actions: Sequence[object], now: dt.datetime | None = None) -> list[Answer]:
    """Carry out queued actions in order, each in a transaction of its own; one answer for each.

    An action is {uuid, kind, occurred_at, payload}; an answer {uuid, status: "done" | "refused", kind, reason?, …}.
    An action that was received before is not carried out again and gets the stored answer.
    """
    received_at = now or timezone.now()
    return [_run(actor=actor, action=action, now=received_at) for action in actions]


def _run(*, actor: User, action: object, now: dt.datetime) -> Answer:
    if not isinstance(action, Mapping):
        return _refused("", "", _("An action must be a JSON object."))
    kind = str(action.get("kind", ""))[:20]
    try:
        uuid = UUID(str(action.get("uuid", "")))
    except ValueError:
        return _refused(str(action.get("uuid", "")), kind, _("The action has no valid uuid."))
    occurred_at = _moment(action.get("occurred_at"))
    if occurred_at is None:
        # Nothing is stored: the client may mend the time and send the same uuid.
        return _refused(str(uuid), kind, _("occurred_at must be an ISO 8601 time with its zone."))
    try:
        with transaction.atomic():
            return _once(actor=actor, uuid=uuid, kind=kind, occurred_at=occurred_at, action=action, now=now)
    except IntegrityError:
        # The same action came in twice at once and the other one won; its answer is there now.
        if (answer := _stored(actor, uuid, kind)) is None:
            raise
        return answer


def _once(
    *,
    actor: User,
    uuid: UUID,
    kind: str,
    occurred_at: dt.datetime,
    action: Mapping[str, Any],
    now: dt.datetime,
) -> Answer:
    if (answer := _stored(actor, uuid, kind)) is not None:
        return answer
    # Inserted before anything happens: a second request with this uuid waits here, or fails, until we are through.
    row = ClientAction.objects.create(
        uuid=uuid, user=actor, kind=kind, occurred_at=occurred_at, result=SyncResult.REFUSED, answer={}
    )
    payload = action.get("payload")
    try:
        with transaction.atomic():
            if (handler := _HANDLERS.get(kind)) is None:
                raise ValidationError(_("This kind of action is not known here: %(kind)s.") % {"kind": kind})
            if not isinstance(payload, Mapping):
                raise ValidationError(_("The payload must be a JSON object."))
            facts = handler(actor, uuid, payload, occurred_at, now)
            row.answer = {"uuid": str(uuid), "status": str(SyncResult.DONE), "kind": kind, **facts}
            row.result = SyncResult.DONE
    except ValidationError as error:
        row.answer = _refused(str(uuid), kind, " ".join(error.messages), getattr(error, "code", None))
    except PermissionDenied:
        row.answer = _refused(str(uuid), kind, _("You are not allowed to do this. Ask your administrator."))
    row.save(update_fields=["result", "answer"])
    return dict(row.answer)


def _stored(actor: User, uuid: UUID, kind: str) -> Answer | None:
    row = ClientAction.objects.filter(pk=uuid).first()
    if row is None:
        return None
    if row.user_id != actor.pk:
        return _refused(str(uuid), kind, _("This action was sent by somebody else."))
    return dict(row.answer)


def _refused(uuid: str, kind: str, reason: str, code: str | None = None) -> Answer:
    answer = {"uuid": uuid, "status": str(SyncResult.REFUSED), "kind": kind, "reason": reason}
    return {**answer, "code": code} if code else answer


# --- the kinds: (actor, uuid, payload, occurred_at, now) → facts of the answer
def _check_in(
    actor: User, uuid: UUID, payload: Mapping[str, Any], occurred_at: dt.datetime, now: dt.datetime
) -> Answer:
    """{customer, fix?: {lat, lng, acc}, outside_reason?, photos?: [base64], online?}"""
    _need(actor, "visits.add_visit")
    visit = check_in(
        actor=actor,
        customer_id=_integer(payload, "customer"),
        fix=_fix(payload.get("fix")),
        occurred_at=occurred_at,
        now=now,
        outside_reason=str(payload.get("outside_reason") or "")[:200],
        photos=_photos(payload.get("photos")),
        uuid=uuid,
        online=payload.get("online") is True,
    )
    return {"visit": visit.pk, "fence": visit.fence, "flags": visit.flags}


def _check_out(
    actor: User, uuid: UUID, payload: Mapping[str, Any], occurred_at: dt.datetime, now: dt.datetime
) -> Answer:
    """{visit: id, or uuid of the check-in, fix?, summary?, outcome?}"""
    _need(actor, "visits.change_visit")
    visit = check_out(
        actor=actor,
        visit=_visit(actor, payload.get("visit")),
        fix=_fix(payload.get("fix")),
        occurred_at=occurred_at,
        now=now,
        summary=str(payload.get("summary") or ""),
        outcome=str(payload.get("outcome") or VisitOutcome.VISITED),
        online=payload.get("online") is True,
    )
    return {"visit": visit.pk}


def _skip_task(
    actor: User, uuid: UUID, payload: Mapping[str, Any], occurred_at: dt.datetime, now: dt.datetime
) -> Answer:
    """{task: id, reason}"""
    _need(actor, "visits.change_visittask")
    task = VisitTask.objects.visible_to(actor).filter(pk=_integer(payload, "task")).first()
    if task is None:
        raise ValidationError(_("This task is not there any more, or is not yours."))
    skip_task(actor=actor, task=task, reason=str(payload.get("reason") or ""))
    return {"task": task.pk}


_HANDLERS: dict[str, Callable[[User, UUID, Mapping[str, Any], dt.datetime, dt.datetime], Answer]] = {
    "check_in": _check_in,
    "check_out": _check_out,
    "skip_task": _skip_task,
}


# --- reading what a phone sent
def _need(actor: User, permission: str) -> None:
    if not actor.has_perm(permission):
        raise PermissionDenied


def _moment(value: object) -> dt.datetime | None:
    if not isinstance(value, str):
        return None
    try:
        moment = parse_datetime(value)
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None


def _integer(payload: Mapping[str, Any], name: str) -> int:
    value = payload.get(name)
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**63:
        return value
    raise ValidationError(_("%(name)s must be a number.") % {"name": name})


def _fix(value: object) -> Fix | None:
    """A fix or None; anything but three finite numbers is an error, since it would silently become "unverified"."""
    if value is None:
        return None
    if isinstance(value, Mapping):
        numbers = [value.get(name) for name in ("lat", "lng", "acc")]
        if all(isinstance(n, (int, float)) and not isinstance(n, bool) and math.isfinite(n) for n in numbers):
            return Fix(*(float(n) for n in numbers if n is not None))
    raise ValidationError(_("fix must have the numbers lat, lng and acc."))


def _visit(actor: User, value: object) -> Visit:
    """By id, or by the uuid of the check-in: a phone that was offline knows no ids."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**63:
        wanted = Q(pk=value)
    else:
        try:
            wanted = Q(uuid=UUID(str(value)))
        except ValueError as error:
            raise ValidationError(_("visit must be an id or the uuid of the check-in.")) from error
    visit: Visit | None = Visit.objects.filter(wanted, rep=actor).first()
    if visit is None:
        raise ValidationError(_("The check-in of this visit was not received, or is not yours."))
    return visit


def _photos(value: object) -> list[Upload]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise ValidationError(_("photos must be a list of base64 texts."))
    photos: list[Upload] = []
    for text in value:
        try:
            # "data:image/jpeg;base64,…" and the bare text are both common.
            photos.append(io.BytesIO(base64.b64decode(str(text).rpartition(",")[2], validate=True)))
        except (binascii.Error, ValueError) as error:
            raise ValidationError(_("photos must be a list of base64 texts.")) from error
    return photos
