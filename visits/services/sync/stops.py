"""Kinds of the stop itself: check-in and check-out, tasks, photos, what the rep says of the visit."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from visits.enums import PhotoKind, VisitOutcome
from visits.models import VisitTask
from visits.services import uploads
from visits.services.check_in import check_in
from visits.services.check_out import check_out
from visits.services.in_store import record_maturity, record_summary
from visits.services.photos import record_photo
from visits.services.sync.reading import Answer, Call, moment, optional_date, read_uuid
from visits.services.tasks import move_task, skip_task


def _check_in(call: Call) -> Answer:
    """{customer, fix?: {lat, lng, acc}, outside_reason?, photos?: [base64], uploads?: [uuid], online?}"""
    call.need("visits.add_visit")
    named = call.payload.get("uploads") or []
    wanted = [read_uuid(value, "uploads") for value in named] if isinstance(named, list) else []
    files = [uploads.complete_file(actor=call.actor, uuid=uuid) for uuid in wanted]
    visit = check_in(
        actor=call.actor,
        customer_id=call.integer("customer"),
        fix=call.fix,
        occurred_at=call.occurred_at,
        now=call.now,
        outside_reason=call.text("outside_reason", 200),
        photos=[*call.photos, *files],
        uuid=call.uuid,
        online=call.online,
    )
    for uuid in wanted:
        _used(call, uuid)
    return {"visit": visit.pk, "fence": visit.fence, "flags": visit.flags}


def _check_out(call: Call) -> Answer:
    """{visit: id, or uuid of the check-in, fix?, summary?, outcome?}"""
    call.need("visits.change_visit")
    visit = check_out(
        actor=call.actor,
        visit=call.visit(),
        fix=call.fix,
        occurred_at=call.occurred_at,
        now=call.now,
        summary=call.text("summary"),
        outcome=call.text("outcome") or VisitOutcome.VISITED,
        online=call.online,
    )
    return {"visit": visit.pk, "flags": visit.flags}


def _task(call: Call) -> VisitTask:
    call.need("visits.change_visittask")
    tasks = VisitTask.objects.visible_to(call.actor).select_related("customer")
    task: VisitTask | None = tasks.filter(pk=call.integer("task")).first()
    if task is None:
        raise ValidationError(_("This task is not there any more, or is not yours."), code="task")
    return task


def _skip_task(call: Call) -> Answer:
    """{task: id, reason}"""
    task = skip_task(actor=call.actor, task=_task(call), reason=call.text("reason"))
    return {"task": task.pk}


def _move_task(call: Call) -> Answer:
    """{task: id, date}"""
    date = optional_date(call.payload, "date")
    if date is None or date < call.day:
        raise ValidationError(_("Choose a day that is not over."), code="date")
    return {"task": move_task(actor=call.actor, task=_task(call), date=date).pk}


def _summary(call: Call) -> Answer:
    """{visit, text}"""
    call.need("visits.change_visit")
    visit = record_summary(
        actor=call.actor,
        visit=call.visit(),
        text=call.text("text"),
        occurred_at=call.occurred_at,
        now=call.now,
    )
    return {"visit": visit.pk}


def _maturity(call: Call) -> Answer:
    """{visit, value: id of a maturity}"""
    call.need("visits.change_visit")
    visit = record_maturity(
        actor=call.actor,
        visit=call.visit(),
        value=call.integer("value"),
        occurred_at=call.occurred_at,
        now=call.now,
    )
    return {"visit": visit.pk}


def _photo(call: Call) -> Answer:
    """{visit, upload: uuid of a complete upload, kind?, taken_at?, display?: uuid of its report}"""
    call.need("visits.change_visit")
    upload = read_uuid(call.payload.get("upload"), "upload")
    display = call.payload.get("display")
    photo = record_photo(
        actor=call.actor,
        visit=call.visit(),
        client_uuid=call.uuid,
        photo=uploads.complete_file(actor=call.actor, uuid=upload),
        kind=call.text("kind") or PhotoKind.STEP,
        display=read_uuid(display, "display") if display else None,
        occurred_at=moment(call.payload.get("taken_at")) or call.occurred_at,
        now=call.now,
    )
    _used(call, upload)
    return {"photo": photo.pk}


def _used(call: Call, upload: UUID) -> None:
    # After the commit: a file cannot be taken back, and an upload that outlives its photo is only purged later.
    transaction.on_commit(lambda: uploads.remove(actor=call.actor, uuid=upload), robust=True)


HANDLERS: dict[str, Callable[[Call], Answer]] = {
    "check_in": _check_in,
    "check_out": _check_out,
    "skip_task": _skip_task,
    "move_task": _move_task,
    "summary": _summary,
    "maturity": _maturity,
    "photo": _photo,
}
