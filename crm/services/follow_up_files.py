"""Photos and voice notes of follow-ups: checked before the transaction, stored in it, removed when it fails."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils.translation import gettext as _

from common.photos import PreparedPhoto, Upload
from crm.models import FollowUp, FollowUpPhoto
from crm.rules.follow_ups import MAX_VOICE_BYTES, MAX_VOICE_SECONDS, voice_kind


@dataclass(frozen=True, slots=True)
class PreparedVoice:
    """A recording that is ready to store; `suffix` comes from its bytes."""

    content: bytes
    suffix: str
    seconds: int | None


def prepare_voice(upload: Upload, seconds: int | None) -> PreparedVoice:
    """Check a voice note by its size, length (seconds, as the recorder measured) and first bytes.

    Raises ValidationError for what is too big, too long, empty, or no WebM, Ogg or MP4.
    """
    upload.seek(0)
    data: bytes = upload.read(MAX_VOICE_BYTES + 1)
    if len(data) > MAX_VOICE_BYTES:
        raise ValidationError(
            {
                "voice": _("The voice note is larger than %(size)s MB.")
                % {"size": MAX_VOICE_BYTES // 1024 // 1024}
            }
        )
    # The recorder stops itself after two minutes, a moment late at times.
    if seconds is not None and not 0 <= seconds <= MAX_VOICE_SECONDS + 2:
        raise ValidationError({"voice": _("A voice note lasts two minutes at most.")})
    kind = voice_kind(data)
    if kind is None:
        raise ValidationError({"voice": _("This file is no voice note. Record it in this page.")})
    return PreparedVoice(data, kind.suffix, None if seconds is None else min(seconds, MAX_VOICE_SECONDS))


def store_files(row: FollowUp, *, photos: Sequence[PreparedPhoto], voice: PreparedVoice | None) -> None:
    """Write the files and their rows; the same picture twice is one photo. Takes its files away when it fails.

    Call it late in the transaction: what fails afterwards leaves files that nothing points to.
    """
    written: list[str] = []
    try:
        unique = {photo.sha256: photo for photo in photos}
        for position, photo in enumerate(unique.values()):
            picture = FollowUpPhoto(follow_up=row, sha256=photo.sha256, position=position)
            picture.image.save(
                f"{row.uuid.hex}-{photo.sha256[:12]}.jpg", ContentFile(photo.content), save=False
            )
            written.append(str(picture.image.name))
            picture.save(force_insert=True)
        if voice is not None:
            row.voice.save(f"{row.uuid.hex}.{voice.suffix}", ContentFile(voice.content), save=False)
            written.append(str(row.voice.name))
            row.voice_seconds = voice.seconds
            # Not save(): the recording belongs to the creation that is on record already, it is no change of it.
            FollowUp.objects.filter(pk=row.pk).update(voice=row.voice.name, voice_seconds=voice.seconds)
    except Exception:
        remove_files(written)
        raise


def remove_files(names: Iterable[str]) -> None:
    """Delete files of the storage by name; one that is gone already is no reason to fail."""
    for name in names:
        with suppress(OSError):
            default_storage.delete(name)
