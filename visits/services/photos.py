"""Photos of visits: prepared by common.photos, stored here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from contextlib import suppress

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from common.photos import MAX_PHOTOS, PreparedPhoto, Upload, prepare_photos
from visits.enums import VisitStatus
from visits.models import Visit, VisitPhoto


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
