"""Photos and voice notes for tests of follow-ups."""

import io

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

WEBM = (
    b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\xf7\x81\x01\x42\xf2\x81\x04\x42\xf3\x81\x08\x42\x82\x84webm"
    + b"\0" * 400
)


def photo(name="a.jpg", colour="teal", *, exif=True):
    """A JPEG as a phone takes it: with the place it was taken at in its EXIF."""
    image = Image.new("RGB", (80, 60), colour)
    data = image.getexif()
    if exif:
        data[0x010F] = "SecretPhone"
        data.get_ifd(0x8825)[2] = (31.0, 49.0, 14.0)
    target = io.BytesIO()
    image.save(target, "JPEG", exif=data)
    return SimpleUploadedFile(name, target.getvalue(), "image/jpeg")


def voice(data=WEBM, name="note.webm"):
    return SimpleUploadedFile(name, data, "audio/webm")
