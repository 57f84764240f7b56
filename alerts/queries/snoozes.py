"""Alerts that were put off together."""

from __future__ import annotations

import uuid
from typing import Any

from django.db.models import QuerySet

from accounts.models import User
from alerts.models import Alert, AlertSnooze


def snoozed_together(user: User, batch: uuid.UUID) -> QuerySet[Any]:
    """The alerts of one batch that `user` sees and that nobody took back yet."""
    live = AlertSnooze.objects.live().filter(batch=batch)
    rows: QuerySet[Any] = Alert.objects.visible_to(user).filter(pk__in=live.values("alert_id"))
    return rows


def batch_terms(batch: uuid.UUID) -> AlertSnooze | None:
    """Until when, why and by whom a batch was put off: the same for all of it."""
    return AlertSnooze.objects.filter(batch=batch).select_related("by").first()
