"""Attachments and signed scans of agreements: checked before anything is stored, pictures written anew (G3)."""

from __future__ import annotations

import io
import uuid
import zipfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import PurePath

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from common.photos import Upload, prepare_photo
from sales.enums import AgreementFileKind, AgreementStatus
from sales.models import Agreement, AgreementFile
from sales.rules import agreements as rules
from sales.services import common


@dataclass(frozen=True, slots=True)
class PreparedFile:
    """A file that is ready to store: its shown name, its kind by its bytes, its content."""

    name: str
    suffix: str
    content: bytes


def prepare_file(upload: Upload) -> PreparedFile:
    """Check one upload: pictures become JPEG without metadata, documents must be what their name says.

    Raises ValidationError for what is too big, empty, of another kind, or not what it pretends to be.
    """
    name = PurePath(str(getattr(upload, "name", "") or "").replace("\\", "/")).name.strip()[:200]
    suffix = rules.suffix_of(name)
    if suffix in rules.PICTURES:
        photo = prepare_photo(upload)
        return PreparedFile(f"{PurePath(name).stem}.jpg", "jpg", photo.content)
    if suffix not in rules.DOCUMENTS:
        raise ValidationError(
            _("%(name)s: choose a picture (JPEG, PNG, WebP), a PDF, or a Word or Excel file.")
            % {"name": name},
            code="file",
        )
    upload.seek(0)
    content: bytes = upload.read(rules.MAX_FILE_BYTES + 1)
    if len(content) > rules.MAX_FILE_BYTES:
        raise ValidationError(
            _("%(name)s is larger than %(size)s MB.")
            % {"name": name, "size": rules.MAX_FILE_BYTES // 1024 // 1024},
            code="file",
        )
    if not rules.is_document(suffix, content[:16]) or not _is_office(suffix, content):
        raise ValidationError(
            _("%(name)s is damaged, or not the kind of file its name says.") % {"name": name}, code="file"
        )
    return PreparedFile(name, suffix, content)


def prepare_files(uploads: Sequence[Upload]) -> list[PreparedFile]:
    """All uploads of one request, before its transaction begins."""
    if len(uploads) > rules.MAX_FILES:
        raise ValidationError(_("At most %(n)s files.") % {"n": rules.MAX_FILES}, code="file")
    return [prepare_file(upload) for upload in uploads]


@transaction.atomic
def add_files(
    *, actor: User, agreement: Agreement, files: Sequence[PreparedFile], kind: AgreementFileKind
) -> list[AgreementFile]:
    """Store prepared files at an agreement that has not ended early. What fails leaves no file behind."""
    agreement = Agreement.objects.select_for_update(of=("self",)).get(pk=agreement.pk)
    if agreement.status == AgreementStatus.ENDED:
        raise ValidationError(
            _("%(number)s has ended; nothing is added any more.") % {"number": agreement.number}, code="state"
        )
    if agreement.files.count() + len(files) > rules.MAX_FILES:
        raise ValidationError(
            _("An agreement has at most %(n)s files.") % {"n": rules.MAX_FILES}, code="file"
        )
    rows: list[AgreementFile] = []
    try:
        for prepared in files:
            row = AgreementFile(
                agreement=agreement,
                kind=kind,
                name=prepared.name,
                size=len(prepared.content),
                created_by=actor,
            )
            row.file.save(f"{uuid.uuid4().hex}.{prepared.suffix}", ContentFile(prepared.content), save=False)
            rows.append(row)
            row.save(force_insert=True)
            common.audit(actor=actor, row=agreement, changes={"file added": ["None", row.name]})
    except Exception:
        remove_stored([str(row.file.name) for row in rows])
        raise
    return rows


@transaction.atomic
def remove_file(*, actor: User, file: AgreementFile) -> None:
    """Remove a file that was added wrongly; the signed scan of an agreement in force stays."""
    agreement = file.agreement
    if file.kind == AgreementFileKind.SIGNATURE and agreement.status != AgreementStatus.DRAFT:
        raise ValidationError(_("The signed scan of an agreement in force stays."), code="state")
    name = str(file.file.name)
    common.audit(actor=actor, row=agreement, changes={"file removed": [file.name, "None"]})
    file.delete()
    transaction.on_commit(lambda: remove_stored([name]))


def delete_files(agreement: Agreement) -> None:
    """The files of a draft that is deleted; call it in its transaction."""
    names = [str(file.file.name) for file in agreement.files.all()]
    agreement.files.all().delete()
    transaction.on_commit(lambda: remove_stored(names))


def remove_stored(names: Sequence[str]) -> None:
    """Delete files of the storage by name; one that is gone already is no reason to fail."""
    for name in names:
        with suppress(OSError):
            default_storage.delete(name)


def _is_office(suffix: str, content: bytes) -> bool:
    """Whether a docx or xlsx is a package of such parts, and not any zip with another name."""
    part = {"docx": "word/", "xlsx": "xl/"}.get(suffix)
    if part is None:
        return True
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            return any(name.startswith(part) for name in package.namelist())
    except zipfile.BadZipFile:
        return False
