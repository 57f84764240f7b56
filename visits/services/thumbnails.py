"""Small pictures for the photo wall, made when somebody first looks, kept in the storage beside the photos.

A photo's number gives it one of `SLOTS` folders, and a folder keeps one picture: so there are never many more than
that, whatever the number of photos, and no job has to tidy up.
"""

from __future__ import annotations

import io
from contextlib import suppress

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image, UnidentifiedImageError

from common.photos import PreparedPhoto, smaller
from visits.models import VisitPhoto

SIDE = 360  # pixels; a wall's tile on a phone with two pixels a point
SLOTS = 50_000  # of some 20 kB each: a gigabyte at most
FOLDER = "visits/small"


def thumbnail(*, photo: VisitPhoto) -> bytes:
    """The photo as a small JPEG. Raises FileNotFoundError when its file is gone or is no picture any more."""
    folder = f"{FOLDER}/{photo.pk % SLOTS:05}"
    name = f"{photo.pk}-{photo.sha256[:16]}.jpg"
    with suppress(FileNotFoundError), default_storage.open(f"{folder}/{name}", "rb") as kept:
        return bytes(kept.read())
    content = _shrink(photo)
    _keep(folder, name, content)
    return content


def _shrink(photo: VisitPhoto) -> bytes:
    with photo.image.open("rb") as file:
        full = file.read()
    try:
        with Image.open(io.BytesIO(full)) as picture:
            picture.verify()
        return smaller(PreparedPhoto(full, photo.sha256), side=SIDE).content
    except (UnidentifiedImageError, OSError, SyntaxError) as error:
        raise FileNotFoundError(photo.image.name) from error


def _keep(folder: str, name: str, content: bytes) -> None:
    """Take the folder's place. Of two at once both may write; the next one that comes by clears both away."""
    with suppress(FileNotFoundError):
        for other in default_storage.listdir(folder)[1]:
            with suppress(FileNotFoundError):
                default_storage.delete(f"{folder}/{other}")
    default_storage.save(f"{folder}/{name}", ContentFile(content))
