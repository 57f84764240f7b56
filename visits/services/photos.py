"""Photos of visits: checked, turned upright, made small and stripped before anything is stored."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, Any, TypeAlias

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile, File
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

from accounts.models import User
from visits.enums import VisitStatus
from visits.models import Visit, VisitPhoto

MAX_BYTES = 15 * 1024 * 1024
MAX_PIXELS = 50_000_000  # a 48-megapixel phone is fine; a small file that unfolds to gigabytes is not
MAX_SIDE = 1600
MAX_PHOTOS = 12
_FORMATS = ("JPEG", "PNG", "WEBP")
_HEIC_BRANDS = (b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"heim", b"heis")

Upload: TypeAlias = "File[Any] | IO[bytes]"


@dataclass(frozen=True, slots=True)
class PreparedPhoto:
    """A JPEG that is ready to store; `sha256` is the hex digest of `content`."""

    content: bytes
    sha256: str


def prepare_photo(upload: Upload) -> PreparedPhoto:
    """Decode, turn by EXIF, shrink to 1,600 px and write anew as JPEG without metadata.

    Raises ValidationError for a file that is too big, no picture, damaged, or a decompression bomb.
    """
    data = _read(upload)
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as source:
            # The header names the size before a single pixel is unpacked.
            if source.width * source.height > MAX_PIXELS:
                raise ValidationError(
                    _("The photo has too many pixels. Take it with a lower resolution."), code="photo"
                )
            source.draft("RGB", (MAX_SIDE, MAX_SIDE))
            picture = _flatten(ImageOps.exif_transpose(source))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ValidationError(
            _("The photo has too many pixels. Take it with a lower resolution."), code="photo"
        ) from error
    except UnidentifiedImageError as error:
        raise ValidationError(_no_picture(data), code="photo") from error
    except ValidationError:
        raise
    except Exception as error:
        # Decoders answer hostile and broken files with every kind of exception; none of them is our defect.
        raise ValidationError(
            _("The photo is damaged and cannot be read. Take it again."), code="photo"
        ) from error
    picture.thumbnail((MAX_SIDE, MAX_SIDE))
    target = io.BytesIO()
    picture.save(target, "JPEG", quality=82, optimize=True)
    content = target.getvalue()
    return PreparedPhoto(content, hashlib.sha256(content).hexdigest())


def prepare_photos(uploads: Sequence[Upload | PreparedPhoto]) -> list[PreparedPhoto]:
    """All photos of one request, before its transaction begins: decoding is slow and must hold no lock."""
    if len(uploads) > MAX_PHOTOS:
        raise ValidationError(_("At most %(count)s photos at once.") % {"count": MAX_PHOTOS}, code="photo")
    return [upload if isinstance(upload, PreparedPhoto) else prepare_photo(upload) for upload in uploads]


def store_photos(*, visit: Visit, photos: Sequence[PreparedPhoto], taken_at: dt.datetime) -> list[VisitPhoto]:
    """Write prepared photos to the storage and the database; the same picture twice at one visit is one photo.

    Call it last in a transaction. Files of a transaction that fails here are taken away again.
    """
    known = set(visit.photos.values_list("sha256", flat=True))
    if len(known) + len(photos) > MAX_PHOTOS * 2:
        raise ValidationError(
            _("A visit holds at most %(count)s photos.") % {"count": MAX_PHOTOS * 2}, code="photo"
        )
    stored: list[VisitPhoto] = []
    try:
        for photo in photos:
            if photo.sha256 in known:
                continue
            known.add(photo.sha256)
            row = VisitPhoto(visit=visit, sha256=photo.sha256, taken_at=taken_at)
            row.image.save(
                f"{visit.uuid.hex}-{photo.sha256[:12]}.jpg", ContentFile(photo.content), save=False
            )
            stored.append(row)
            row.save(force_insert=True)
    except Exception:
        remove_files(stored)
        raise
    return stored


def remove_files(photos: Sequence[VisitPhoto]) -> None:
    """Delete the files of photos whose rows were rolled back."""
    for photo in photos:
        with suppress(OSError):
            photo.image.storage.delete(str(photo.image.name))


def add_photos(
    *, actor: User, visit: Visit, photos: Sequence[Upload], now: dt.datetime | None = None
) -> list[VisitPhoto]:
    """Add photos to one's own open visit. Raises ValidationError otherwise, or for a bad file; then nothing is kept."""
    prepared = prepare_photos(photos)
    if not prepared:
        raise ValidationError(_("Choose a photo first."), code="photo")
    with transaction.atomic():
        # The row is locked (PostgreSQL), so that a check-out at the same moment comes before or after, not between.
        locked = (
            Visit.objects.select_for_update().filter(pk=visit.pk, rep=actor, status=VisitStatus.OPEN).first()
        )
        if locked is None:
            raise ValidationError(
                _("Photos can be added to your own visit until you check out."), code="photo"
            )
        return store_photos(visit=locked, photos=prepared, taken_at=now or timezone.now())


def _read(upload: Upload) -> bytes:
    upload.seek(0)
    data: bytes = upload.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise ValidationError(
            _("The photo is larger than %(size)s MB.") % {"size": MAX_BYTES // 1024 // 1024}, code="photo"
        )
    if not data:
        raise ValidationError(_("The photo is empty. Take it again."), code="photo")
    return data


def _flatten(picture: Image.Image) -> Image.Image:
    """On white where it was transparent; JPEG knows no transparency."""
    if picture.mode not in ("RGBA", "LA", "P", "PA"):
        return picture.convert("RGB")
    layer = picture.convert("RGBA")
    ground = Image.new("RGB", layer.size, "white")
    ground.paste(layer, mask=layer.getchannel("A"))
    return ground


def _no_picture(data: bytes) -> str:
    if data[4:8] == b"ftyp" and data[8:12] in _HEIC_BRANDS:
        return _(
            "HEIC photos cannot be read here. Set the camera to JPEG (Most Compatible) or take it in this page."
        )
    return _("The file is not a photo. Choose a JPEG, PNG or WebP picture.")
