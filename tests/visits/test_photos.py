"""Photos: what is taken in, what is left of it, what is refused."""

import hashlib
import io
import struct
import zlib

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from common.photos import prepare_photo
from tests.visits.conftest import photo
from visits.services import photos as service


def refused(data: bytes, name="shop.jpg") -> str:
    with pytest.raises(ValidationError) as caught:
        prepare_photo(SimpleUploadedFile(name, data))
    assert caught.value.code == "photo"
    return caught.value.messages[0]


def result(upload):
    prepared = prepare_photo(upload)
    assert prepared.sha256 == hashlib.sha256(prepared.content).hexdigest()
    return Image.open(io.BytesIO(prepared.content))


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
def test_formats_become_jpeg_of_at_most_1600_pixels(format):
    picture = result(photo(size=(4000, 1000), format=format))
    assert picture.format == "JPEG"
    assert picture.size == (1600, 400)


def test_a_small_photo_is_not_blown_up():
    assert result(photo(size=(320, 200))).size == (320, 200)


def test_exif_is_dropped_after_turning_by_it():
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90°
    exif[0x010F] = "SECRET-MAKER"
    exif.get_ifd(0x8825)[2] = (31.0, 49.0, 14.0)  # GPS
    upload = photo(size=(200, 100), exif=exif.tobytes())
    assert b"SECRET-MAKER" in upload.read()
    picture = result(upload)
    assert picture.size == (100, 200)
    assert not picture.getexif()
    assert b"SECRET" not in prepare_photo(upload).content


def test_transparency_becomes_white():
    target = io.BytesIO()
    Image.new("RGBA", (8, 8), (255, 0, 0, 0)).save(target, "PNG")
    assert result(io.BytesIO(target.getvalue())).getpixel((4, 4)) == (255, 255, 255)


@pytest.mark.parametrize("mode", ["L", "P", "LA", "CMYK", "I;16", "1"])
def test_any_mode(mode):
    target = io.BytesIO()
    Image.new(mode, (8, 8)).save(target, "JPEG" if mode == "CMYK" else "PNG")
    assert result(io.BytesIO(target.getvalue())).mode == "RGB"


def bomb(side: int) -> bytes:
    """A PNG of a few kilobytes that unfolds to side² pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    rows = zlib.compress(b"\0" * 4096)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [7_100, 9_500, 13_400, 60_000])
def test_a_bomb_is_refused_before_it_unfolds(side, monkeypatch):
    """Over our limit, over Pillow's warning, over Pillow's error."""

    def load(*args, **kwargs):
        raise AssertionError("pixels were unpacked")

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", load)
    assert "MB" not in refused(bomb(side), "bomb.png")


def test_files_that_are_no_photo():
    messages = {
        refused(b"GIF89a" + b"\0" * 40),
        refused(b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        refused(b"PK\x03\x04 zip"),
    }
    assert len(messages) == 1
    assert refused(b"\0\0\0\x18ftypheic" + b"\0" * 40) not in messages
    assert refused(b"") not in messages


def test_a_truncated_photo_is_refused():
    data = photo(size=(800, 600)).read()
    refused(data[: len(data) // 2] if len(data) > 2000 else data[:400])


def test_too_large_a_file_is_refused(monkeypatch):
    monkeypatch.setattr("common.photos.MAX_BYTES", 1000)
    refused(photo(size=(2000, 2000)).read())


def test_too_many_photos():
    with pytest.raises(ValidationError):
        service.prepare_photos([photo()] * (service.MAX_PHOTOS + 1))


def test_the_name_of_the_upload_never_reaches_the_disk(people, shop, db):
    from visits import services

    visit = services.check_in(
        actor=people.owner,
        customer_id=shop.pk,
        fix=None,
        photos=[photo(name="../../etc/passwd.php"), photo()],
    )
    row = visit.photos.get()  # the same picture twice is one photo
    assert row.image.name.endswith(".jpg")
    assert "passwd" not in row.image.name


def test_files_of_a_failed_request_are_taken_away(people, shop, db, monkeypatch, settings):
    from pathlib import Path

    from visits import services
    from visits.models import VisitPhoto

    real = VisitPhoto.save
    calls = []

    def fail_second(self, *args, **kwargs):
        calls.append(1)
        if len(calls) == 2:
            raise RuntimeError("the database went away")
        return real(self, *args, **kwargs)

    monkeypatch.setattr(VisitPhoto, "save", fail_second)
    with pytest.raises(RuntimeError):
        services.check_in(
            actor=people.owner, customer_id=shop.pk, fix=None, photos=[photo(noise=1), photo(noise=2)]
        )
    assert not [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]
