import datetime as dt
import io
import random

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from accounts.models import SystemOptions
from tests.factories import CustomerFactory
from visits.rules import Fix

# 11:00 in Shanghai, on a Monday
NOW = dt.datetime(2026, 3, 2, 3, 0, tzinfo=dt.UTC)
DAY = dt.date(2026, 3, 2)
STORE = (31.8206, 117.2290)
# One degree of latitude is 111,195 m on the sphere of domain-rules §2.
METRE = 1 / 111_195.08


def url(name, *args, **query):
    return reverse(f"visits:{name}", args=args, query=query or None)


def fix_at(metres: float = 0, accuracy: float = 10) -> Fix:
    """A fix that many metres north of the store."""
    return Fix(STORE[0] + metres * METRE, STORE[1], accuracy)


def photo(
    *, size=(64, 48), name="shop.jpg", format="JPEG", exif: bytes = b"", noise: int | None = None
) -> SimpleUploadedFile:
    """A real picture; `noise` seeds its content, so that two differ."""
    picture = Image.new("RGB", size, "teal")
    if noise is not None:
        picture.putpixel((0, 0), tuple(random.Random(noise).randbytes(3)))
        picture = picture.resize(size)
    target = io.BytesIO()
    picture.save(target, format, **({"exif": exif} if exif else {}))
    return SimpleUploadedFile(name, target.getvalue(), f"image/{format.lower()}")


@pytest.fixture
def options(db):
    """options(allow_multiple_visits=True) sets the company's switches."""

    def _set(**values) -> SystemOptions:
        row = SystemOptions.load()
        for name, value in values.items():
            setattr(row, name, value)
        row.save()
        return row

    return _set


@pytest.fixture
def today():
    return timezone.localdate()


@pytest.fixture
def shop(people):
    """A customer of people.owner, at STORE."""
    return CustomerFactory(owner=people.owner, name="百佳超市", latitude=STORE[0], longitude=STORE[1])


@pytest.fixture(autouse=True)
def _fresh_cache():
    cache.clear()
