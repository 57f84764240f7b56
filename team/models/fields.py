"""Fields that several aggregates of team work have."""

from typing import Any

from django.conf import settings
from django.db import models


def person_key(label: Any, related_name: str) -> models.ForeignKey:
    """A reference to somebody who stays in the books when he leaves."""
    return models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=label, on_delete=models.PROTECT, related_name=related_name
    )
