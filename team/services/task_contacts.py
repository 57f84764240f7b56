"""The contact log inside a customer task (H1), with its attachments."""

from __future__ import annotations

import datetime as dt
import uuid as uuids
from collections.abc import Iterable, Sequence

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from common.photos import Upload
from crm.enums import DictionaryKind
from crm.models import Contact, Dictionary
from crm.rules.follow_ups import is_too_early, is_too_late
from sales.services.agreement_files import PreparedFile, prepare_file, remove_stored
from team.enums import TaskContactResult
from team.models import CustomerTask, TaskContact, TaskContactFile
from team.models.tasks import MAX_NOTES
from team.rules import tasks as rules
from team.services.task_basics import locked
from team.services.tasks import begin


def record_contact(
    *,
    actor: User,
    task: CustomerTask,
    text: str,
    result: TaskContactResult,
    at: dt.datetime | None = None,
    contact: Contact | None = None,
    method: Dictionary | None = None,
    materials: Iterable[Dictionary] = (),
    next_step: str = "",
    files: Sequence[Upload] = (),
    uuid: uuids.UUID | None = None,
    now: dt.datetime | None = None,
) -> TaskContact:
    """Write down one contact with the customer; it begins a task that was not begun.

    Pictures are written anew, documents checked. A `uuid` that came before answers the entry it made. Raises
    ValidationError by field; then nothing is kept, no file either.
    """
    now = now or timezone.now()
    row = TaskContact(
        uuid=uuid or uuids.uuid4(),
        task=task,
        author=actor,
        at=at or now,
        contact=contact,
        method=method,
        text=text.replace("\r\n", "\n").strip(),
        result=result,
        next_step=next_step.strip(),
        created_at=now,
    )
    chosen = list(materials)
    _check(row, chosen, now)
    if len(files) > rules.MAX_FILES:
        raise ValidationError({"files": _("At most %(n)s files.") % {"n": rules.MAX_FILES}})
    # Decoding is slow and must hold no lock, so it comes before the transaction.
    prepared = [prepare_file(upload) for upload in files]
    try:
        return _record(actor, row, chosen, prepared, now)
    except IntegrityError as error:
        raise ValidationError(_("This contact is being saved already.")) from error


def _check(row: TaskContact, materials: Sequence[Dictionary], now: dt.datetime) -> None:
    if not row.text:
        raise ValidationError({"text": _("Write what was said and agreed.")})
    if len(row.text) > MAX_NOTES:
        raise ValidationError({"text": _("At most %(n)s characters.") % {"n": MAX_NOTES}})
    if is_too_late(row.at, now):
        raise ValidationError({"at": _("The contact lies in the future.")})
    if is_too_early(row.at, now):
        raise ValidationError({"at": _("The contact is more than a year ago.")})
    if row.contact is not None and row.contact.customer_id != row.task.customer_id:
        raise ValidationError({"contact": _("This person belongs to another customer.")})
    if row.method is not None and row.method.kind != DictionaryKind.FOLLOW_METHOD:
        raise ValidationError({"method": _("Choose one of the list.")})
    if any(entry.kind != DictionaryKind.MATERIAL for entry in materials):
        raise ValidationError({"materials": _("Choose one of the list.")})


@transaction.atomic
def _record(
    actor: User,
    row: TaskContact,
    materials: Sequence[Dictionary],
    files: Sequence[PreparedFile],
    now: dt.datetime,
) -> TaskContact:
    task = locked(actor, row.task)
    if known := TaskContact.objects.filter(uuid=row.uuid, author=actor, task=task).first():
        return known
    if not task.is_live:
        raise ValidationError(_("The task is finished; take it up again first."), code="state")
    row.save(force_insert=True)
    if materials:
        row.materials.set(materials)
    begin(actor, task, now)
    _refresh_last(task)
    _store(row, files)  # last: what failed after it would leave files that nothing points to
    return row


def _store(row: TaskContact, files: Sequence[PreparedFile]) -> None:
    stored: list[TaskContactFile] = []
    try:
        for prepared in files:
            kept = TaskContactFile(contact=row, name=prepared.name, size=len(prepared.content))
            kept.file.save(
                f"{uuids.uuid4().hex}.{prepared.suffix}", ContentFile(prepared.content), save=False
            )
            stored.append(kept)
            kept.save(force_insert=True)
    except Exception:
        remove_stored([str(kept.file.name) for kept in stored])
        raise


def may_remove(user: User, contact: TaskContact, now: dt.datetime) -> bool:
    """Its author within a day: after that it is part of what happened."""
    return contact.author_id == user.pk and now - contact.created_at <= rules.DELETE_WITHIN


@transaction.atomic
def remove_contact(*, actor: User, contact: TaskContact, now: dt.datetime | None = None) -> None:
    """Remove an entry that was written wrongly, with its files. Raises ValidationError when it is too late."""
    now = now or timezone.now()
    task = locked(actor, contact.task)
    if not may_remove(actor, contact, now):
        raise ValidationError(_("An entry is removed by its author within a day."))
    names = [str(file.file.name) for file in contact.files.all()]
    contact.delete()
    _refresh_last(task)
    transaction.on_commit(lambda: remove_stored(names))


def _refresh_last(task: CustomerTask) -> None:
    last = task.contacts.aggregate(last=Max("at"))["last"]
    CustomerTask.objects.filter(pk=task.pk).update(last_contact_at=last)
