"""Attachments and pictures of documents: checked by their content, stored, and read by a job."""

from __future__ import annotations

import datetime as dt
import tempfile
import uuid
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from common.file_text import Unreadable, file_text
from common.photos import Upload, prepare_photo
from common.sheets.archive import check_archive
from common.sheets.encoding import detect_encoding
from common.sheets.errors import SheetError
from team.enums import TextState
from team.models import Document, DocumentFile, DocumentPicture
from team.queries.documents import may_change
from team.rules.document_files import KINDS, MB, begins_as, kind_of
from team.rules.documents import MAX_FILES
from team.services.document_index import reindex
from team.signals import document_files_added

STALE_AFTER = dt.timedelta(minutes=5)
MAX_ATTEMPTS = 3  # of workers that died
LOOSE_FOR = dt.timedelta(days=2)  # a picture of a text that nobody saved


@dataclass(frozen=True, slots=True)
class PreparedFile:
    """A file that is ready to store: its shown name, its kind by its content, its content."""

    name: str
    suffix: str
    size: int
    content: File[Any]


def prepare_file(upload: Upload) -> PreparedFile:
    """Check one upload: pictures become JPEG without metadata, everything else must be what its name says.

    Raises ValidationError for what is too large, empty, of another kind, damaged, or unpacks to far too much.
    """
    name = PurePath(str(getattr(upload, "name", "") or "").replace("\\", "/")).name.strip()[-200:]
    suffix = kind_of(name)
    if not suffix:
        raise _refusal(
            _("%(name)s: choose a Word, Excel, PowerPoint, PDF or text file, a picture or an MP4 video."),
            name,
        )
    if suffix == "jpg":
        photo = prepare_photo(upload)
        shown = f"{PurePath(name).stem}.jpg"
        return PreparedFile(shown, suffix, len(photo.content), ContentFile(photo.content))
    file = upload if isinstance(upload, File) else File(upload)
    size = file.size
    most = KINDS[suffix].most_bytes
    if size > most:
        raise ValidationError(
            _("%(name)s is larger than %(size)s MB.") % {"name": name, "size": most // MB}, code="file"
        )
    if size == 0:
        raise _refusal(_("%(name)s is empty."), name)
    _check_content(suffix, file, name)
    return PreparedFile(name, suffix, size, file)


def _check_content(suffix: str, file: File[Any], name: str) -> None:
    damaged = _("%(name)s is damaged, or not the kind of file its name says.")
    file.seek(0)
    head = file.read(16)
    if not begins_as(suffix, head):
        raise _refusal(damaged, name)
    if suffix not in ("docx", "xlsx", "pptx", "txt"):
        return
    with _on_disk(file) as path:
        if suffix == "txt":
            if detect_encoding(path) is None:
                raise _refusal(damaged, name)
            return
        try:
            names = check_archive(path)
        except (SheetError, zipfile.BadZipFile) as error:
            raise _refusal(
                _("%(name)s is damaged or unpacks to far too much; it was not taken."), name
            ) from error
        if not any(part.startswith(KINDS[suffix].folder) for part in names):
            raise _refusal(damaged, name)


def _refusal(text: str, name: str) -> ValidationError:
    return ValidationError(text % {"name": name}, code="file")


@contextmanager
def _on_disk(file: File[Any]) -> Iterator[Path]:
    """The content as a file of its own, for readers that want a path; gone afterwards."""
    with tempfile.NamedTemporaryFile(prefix="document-") as copy:
        file.seek(0)
        for piece in file.chunks():
            copy.write(piece)
        copy.flush()
        yield Path(copy.name)


@transaction.atomic
def add_files(*, actor: User, document: Document, uploads: Sequence[Upload]) -> list[DocumentFile]:
    """Attach files; their text is read by a job. Raises ValidationError: then none of them is kept, no file either."""
    if not may_change(actor, document):
        raise PermissionDenied
    if not uploads:
        raise ValidationError(_("Choose a file first."), code="file")
    prepared = [prepare_file(upload) for upload in uploads]
    stored = Document.objects.select_for_update().only("pk").get(pk=document.pk)
    if stored.files.count() + len(prepared) > MAX_FILES:
        raise ValidationError(_("A document has at most %(n)s attachments.") % {"n": MAX_FILES}, code="file")
    rows: list[DocumentFile] = []
    try:
        for file in prepared:
            row = DocumentFile(
                document=stored,
                name=file.name,
                suffix=file.suffix,
                size=file.size,
                created_by=actor,
                state=TextState.WAITING if KINDS[file.suffix].has_text else TextState.NONE,
            )
            file.content.seek(0)
            row.file.save(f"{uuid.uuid4().hex}.{file.suffix}", file.content, save=False)
            rows.append(row)
            row.save(force_insert=True)
    except Exception:
        remove_stored([str(row.file.name) for row in rows])
        raise
    reindex(document_id=stored.pk)  # their names can be found at once
    document_files_added.send(
        DocumentFile, file_ids=[row.pk for row in rows if row.state == TextState.WAITING]
    )
    return rows


@transaction.atomic
def remove_file(*, actor: User, file: DocumentFile) -> None:
    """Take an attachment away, its words from the search too."""
    if not may_change(actor, file.document):
        raise PermissionDenied
    name, document_id = str(file.file.name), file.document_id
    file.delete()
    reindex(document_id=document_id)
    transaction.on_commit(lambda: remove_stored([name]))


def remove_stored(names: Sequence[str]) -> None:
    """Delete files of the storage by name; one that is gone already is no reason to fail."""
    for name in names:
        with suppress(OSError):
            default_storage.delete(name)


# --- pictures within the text
def store_picture(*, actor: User, upload: Upload, document: Document | None = None) -> DocumentPicture:
    """A picture for the text of this document, or of one that is not saved yet. Raises ValidationError."""
    if not actor.has_perm("team.add_document") or (document is not None and not may_change(actor, document)):
        raise PermissionDenied
    photo = prepare_photo(upload)
    row = DocumentPicture(document=document, sha256=photo.sha256, created_by=actor)
    row.image.save(f"{uuid.uuid4().hex}.jpg", ContentFile(photo.content), save=False)
    try:
        row.save(force_insert=True)
    except Exception:
        remove_stored([str(row.image.name)])
        raise
    return row


def purge_pictures(*, now: dt.datetime | None = None) -> int:
    """Pictures of texts that were never saved go after two days; answers how many."""
    loose = DocumentPicture.objects.filter(
        document__isnull=True, created_at__lt=(now or timezone.now()) - LOOSE_FOR
    )
    rows = list(loose.values_list("pk", "image"))
    with transaction.atomic():
        DocumentPicture.objects.filter(pk__in=[pk for pk, _name in rows], document__isnull=True).delete()
        transaction.on_commit(lambda: remove_stored([str(name) for _pk, name in rows]))
    return len(rows)


# --- the job that reads their text
def read_file(file_id: int, *, now: dt.datetime | None = None) -> bool:
    """Take the text out of one attachment; False when another worker has it or it is done.

    The row is claimed by a conditional UPDATE, read outside any transaction, and written by another one: a worker that
    was given up writes nothing over its successor.
    """
    at = now or timezone.now()
    waiting = DocumentFile.objects.filter(pk=file_id, state=TextState.WAITING)
    row = waiting.first()
    if row is None or not waiting.filter(attempts=row.attempts).update(
        state=TextState.RUNNING, attempts=row.attempts + 1, heartbeat_at=at
    ):
        return False
    mine = DocumentFile.objects.filter(pk=file_id, state=TextState.RUNNING, attempts=row.attempts + 1)
    try:
        with row.file.open("rb") as content, _on_disk(content) as path:
            text = file_text(row.suffix, path)
    except (Unreadable, FileNotFoundError) as error:
        mine.update(state=TextState.FAILED, error=str(error)[:200], heartbeat_at=timezone.now())
        return True
    with transaction.atomic():
        state = TextState.DONE if text.strip() else TextState.NONE
        if mine.update(state=state, text=text, error="", heartbeat_at=timezone.now()):
            reindex(document_id=row.document_id)
    return True


def sweep_files(*, now: dt.datetime | None = None) -> list[int]:
    """Keys of attachments whose message was lost, or whose worker died: these wait again, or have failed too often."""
    at = now or timezone.now()
    stuck = DocumentFile.objects.filter(state=TextState.RUNNING, heartbeat_at__lt=at - STALE_AFTER)
    stuck.filter(attempts__gte=MAX_ATTEMPTS).update(
        state=TextState.FAILED, error=_("Reading it stopped several times.")
    )
    stuck.update(state=TextState.WAITING, heartbeat_at=at)
    return list(
        DocumentFile.objects.filter(state=TextState.WAITING).order_by("pk").values_list("pk", flat=True)[:200]
    )
