"""One record for each uuid of a phone."""

from __future__ import annotations

from typing import Any, TypeVar
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from visits.models import Visit
from visits.models.in_store import StoreReport
from visits.services.evidence import grade_again

Report = TypeVar("Report", bound=StoreReport)


def made_before(
    model: type[Report], *, actor: User, visit: Visit, client_uuid: UUID, **same: object
) -> Report | None:
    """The report that this uuid made; ValidationError "uuid" when it was something else."""
    rows: Any = model._default_manager.filter(client_uuid=client_uuid)
    known: Report | None = rows.first()
    if known is None:
        return None
    fits = known.rep_id == actor.pk and known.visit_id == visit.pk
    if not fits or any(getattr(known, name) != value for name, value in same.items()):
        raise ValidationError(_("This report was already used for something else."), code="uuid")
    return known


def insert_once(report: Report, *, actor: User, visit: Visit, **same: object) -> tuple[Report, bool]:
    """Insert the report, or answer the one that the same uuid made meanwhile; the unique uuid decides every race."""
    try:
        with transaction.atomic():
            report.save(force_insert=True)
    except IntegrityError:
        known = made_before(type(report), actor=actor, visit=visit, client_uuid=report.client_uuid, **same)
        if known is None:
            raise
        return known, False
    grade_again(visit)
    return report, True
