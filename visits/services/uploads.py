"""Files that a phone sends in pieces (D8): taken up again where the line broke off, used by an action, then gone.

Each piece is a file of its own, so that any storage will do, also one that cannot append.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
from contextlib import suppress
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from common.photos import MAX_BYTES
from visits.models import Upload
from visits.services.own import NotYet

CHUNK = 256 * 1024
KEEP_DAYS = 30  # as long as an action may be late


def receive_chunk(
    *, actor: User, uuid: UUID, offset: int, size: int, content: bytes, sha256: str = ""
) -> Upload:
    """Take the bytes from `offset` on of a file of `size` bytes; all pieces but the last have CHUNK bytes.

    A piece that is not the next one changes nothing: the answer's `received` says where to go on. `sha256` (hex) of the
    whole file is checked with the last piece; a file that differs is thrown away and starts anew.
    Raises ValidationError, its `code` one of owner, size, chunk, hash.
    """
    if not 0 < size <= MAX_BYTES:
        raise ValidationError(
            _("The photo is larger than %(size)s MB.") % {"size": MAX_BYTES >> 20}, code="size"
        )
    upload, _made = Upload.objects.get_or_create(
        uuid=uuid, defaults={"user": actor, "size": size, "file": f"uploads/{timezone.now():%Y/%m/%d}/{uuid}"}
    )
    if upload.user_id != actor.pk:
        raise ValidationError(_("This upload is somebody else's."), code="owner")
    if upload.size != size:
        raise ValidationError(_("This upload was begun as another file."), code="size")
    if offset != upload.received:
        return upload
    if len(content) != min(CHUNK, size - offset):
        raise ValidationError(_("A piece of the upload is incomplete. Send it again."), code="chunk")
    _write(upload, offset, content)
    # Of two that send the same piece at once one counts it; both wrote the same bytes.
    Upload.objects.filter(pk=uuid, received=offset).update(received=offset + len(content))
    upload.refresh_from_db()
    if upload.received == size and sha256 and hashlib.sha256(_read(upload)).hexdigest() != sha256.lower():
        remove(actor=actor, uuid=uuid)
        raise ValidationError(_("The upload was damaged on its way. It starts anew."), code="hash")
    return upload


def complete_file(*, actor: User, uuid: UUID) -> io.BytesIO:
    """The whole file of the actor's upload; NotYet while pieces are missing."""
    upload = Upload.objects.filter(pk=uuid, user=actor).first()
    if upload is None or upload.received != upload.size:
        raise NotYet(_("The photo has not arrived completely."), code="upload")
    try:
        return io.BytesIO(_read(upload))
    except FileNotFoundError as error:
        raise ValidationError(_("The photo was lost on the server. Send it again."), code="upload") from error


def remove(*, actor: User, uuid: UUID) -> None:
    """Forget one's own upload with its pieces; nothing happens when it is gone."""
    upload = Upload.objects.filter(pk=uuid, user=actor).first()
    if upload is not None:
        _forget(upload)


def purge_uploads(*, now: dt.datetime | None = None) -> int:
    """Uploads that no action used in 30 days; answers how many. Safe to run twice at once."""
    limit = (now or timezone.now()) - dt.timedelta(days=KEEP_DAYS)
    old = list(Upload.objects.filter(created_at__lt=limit))
    for upload in old:
        _forget(upload)
    return len(old)


# --- pieces
def _parts(upload: Upload, until: int) -> list[str]:
    return [f"{upload.file.name}.{number:03}" for number in range(-(-until // CHUNK))]


def _write(upload: Upload, offset: int, content: bytes) -> None:
    name = _parts(upload, offset + len(content))[-1]
    default_storage.delete(name)  # what a broken attempt left there
    default_storage.save(name, ContentFile(content))


def _read(upload: Upload) -> bytes:
    pieces = []
    for name in _parts(upload, upload.size):
        with default_storage.open(name, "rb") as piece:
            pieces.append(piece.read())
    return b"".join(pieces)


def _forget(upload: Upload) -> None:
    names = _parts(upload, upload.size)
    with transaction.atomic():
        Upload.objects.filter(pk=upload.pk).delete()
    for name in names:
        with suppress(OSError):
            default_storage.delete(name)
