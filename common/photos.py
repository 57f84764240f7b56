"""Photos that people send: checked, turned upright, made small and stripped before anything is stored."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO, Any, TypeAlias

from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

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
    picture.info.pop("comment", None)  # Pillow would write it again
    target = io.BytesIO()
    picture.save(target, "JPEG", quality=82, optimize=True)
    content = target.getvalue()
    return PreparedPhoto(content, hashlib.sha256(content).hexdigest())


def smaller(photo: PreparedPhoto, *, side: int) -> PreparedPhoto:
    """The same picture with `side` pixels at most either way, for lists."""
    with Image.open(io.BytesIO(photo.content), formats=("JPEG",)) as source:
        source.draft("RGB", (side, side))
        picture = source.convert("RGB")
    picture.thumbnail((side, side))
    target = io.BytesIO()
    picture.save(target, "JPEG", quality=80, optimize=True)
    content = target.getvalue()
    return PreparedPhoto(content, hashlib.sha256(content).hexdigest())


def prepare_photos(
    uploads: Sequence[Upload | PreparedPhoto], *, most: int = MAX_PHOTOS
) -> list[PreparedPhoto]:
    """All photos of one request, before its transaction begins: decoding is slow and must hold no lock.

    Raises ValidationError for more than `most` of them, or a bad one.
    """
    if len(uploads) > most:
        raise ValidationError(_("At most %(count)s photos at once.") % {"count": most}, code="photo")
    return [upload if isinstance(upload, PreparedPhoto) else prepare_photo(upload) for upload in uploads]


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


# --- what a picture looks like
_LOOKS = (9, 8)
# A covered lens or a white wall has hardly a gradient: such pictures all look alike and prove nothing against anybody.
_PLAIN_BITS = 6


def looks(content: bytes) -> int | None:
    """64 bits of what a JPEG looks like (difference hash), signed as databases keep them; None for a plain surface.

    The picture is shrunk to 9 × 8 grey pixels; a bit says whether a pixel is brighter than its right neighbour. Copies
    that were scaled, recompressed or slightly touched up differ in a few bits only (`distance_of_looks`).
    """
    with Image.open(io.BytesIO(content), formats=("JPEG",)) as source:
        source.draft("L", (64, 64))
        small = source.convert("L").resize(_LOOKS, Image.Resampling.LANCZOS)
    width, height = _LOOKS
    pixels = small.tobytes()
    bits = 0
    for row in range(height):
        for column in range(width - 1):
            at = row * width + column
            bits = bits << 1 | (pixels[at] > pixels[at + 1])
    if bits.bit_count() < _PLAIN_BITS:
        return None
    return bits - (1 << 64) if bits >> 63 else bits


def distance_of_looks(one: int, other: int) -> int:
    """Number of bits in which two hashes differ, 0 to 64."""
    return ((one ^ other) & (1 << 64) - 1).bit_count()


def bands(value: int) -> tuple[int, int, int, int]:
    """The four 16-bit parts of a hash, the lowest first."""
    first, second, third, fourth = ((value >> shift) & 0xFFFF for shift in (0, 16, 32, 48))
    return first, second, third, fourth


def near_bands(band: int) -> list[int]:
    """A band and the sixteen that differ from it in one bit."""
    return [band, *(band ^ 1 << bit for bit in range(16))]
