"""Photos of visits: prepared by common.photos, stored here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from contextlib import suppress
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from common.photos import MAX_PHOTOS, PreparedPhoto, Upload, looks, prepare_photos
from visits import queries
from visits.enums import PhotoKind, VisitStatus
from visits.models import DisplayReport, Visit, VisitPhoto
from visits.services.evidence import grade_again
from visits.services.own import own_visit


def store_photos(
    *,
    visit: Visit,
    photos: Sequence[PreparedPhoto],
    taken_at: dt.datetime,
    kind: PhotoKind = PhotoKind.STEP,
    display: DisplayReport | None = None,
    uuid: UUID | None = None,
) -> list[VisitPhoto]:
    """Write prepared photos to the storage and the database; the same picture twice at one visit is one photo. `uuid`
    is the phone's own id of the one photo there is.

    Each is compared with the photos of earlier visits (`reuse_of`). Call it last in a transaction. Files of a
    transaction that fails here are taken away again.
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
            row = VisitPhoto(
                visit=visit,
                sha256=photo.sha256,
                taken_at=taken_at,
                kind=kind,
                display=display,
                uuid=uuid,
                looks=looks(photo.content),
            )
            if row.looks is not None:
                row.reuse_of = queries.earlier_photo(looks=row.looks, visit=visit, taken_at=taken_at)
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


def record_photo(
    *,
    actor: User,
    visit: Visit,
    client_uuid: UUID,
    photo: Upload | PreparedPhoto,
    kind: PhotoKind | str = PhotoKind.STEP,
    display: UUID | None = None,
    occurred_at: dt.datetime | None = None,
    now: dt.datetime | None = None,
) -> VisitPhoto:
    """Add one photo to one's own visit, once for each uuid of the phone; `occurred_at` is when it was taken, `display`
    the uuid of the display report that it belongs to.

    It may arrive after the visit is over, when it was taken on its day: then the visit is graded again.
    Codes: visit, uuid, time, photo, kind, display.
    """
    now = now or timezone.now()
    at = occurred_at or now
    if known := _known(actor=actor, visit=visit, client_uuid=client_uuid):
        return known
    [prepared] = prepare_photos([photo])
    if kind not in PhotoKind.values:
        raise ValidationError(_("This kind of photo is not known here."), code="kind")
    try:
        with transaction.atomic():
            stored = own_visit(actor=actor, visit=visit, occurred_at=at, now=now)
            rows = store_photos(
                visit=stored,
                photos=[prepared],
                taken_at=at,
                kind=PhotoKind(kind),
                display=_display(stored, display),
                uuid=client_uuid,
            )
            grade_again(stored)
    except IntegrityError:
        # The same photo came in twice at once and the other one won.
        if known := _known(actor=actor, visit=visit, client_uuid=client_uuid):
            return known
        raise
    # The very same picture stands there already, under another id or from the page.
    return rows[0] if rows else VisitPhoto.objects.filter(visit=stored, sha256=prepared.sha256).earliest("pk")


def _known(*, actor: User, visit: Visit, client_uuid: UUID) -> VisitPhoto | None:
    known = VisitPhoto.objects.filter(uuid=client_uuid).select_related("visit").first()
    if known is not None and (known.visit_id != visit.pk or known.visit.rep_id != actor.pk):
        raise ValidationError(_("This photo was already used for something else."), code="uuid")
    return known


def _display(visit: Visit, uuid: UUID | None) -> DisplayReport | None:
    if uuid is None:
        return None
    report: DisplayReport | None = DisplayReport.objects.filter(client_uuid=uuid, visit=visit).first()
    if report is None:
        raise ValidationError(_("The display report of this photo was not received."), code="display")
    return report


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
