"""Filled-in forms."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from common.business_calendar import business_day
from visits import queries, rules
from visits.models import CustomForm, FormAnswer, Visit
from visits.services.in_store.base import insert_once, made_before
from visits.services.own import own_visit


@transaction.atomic
def record_form_answer(
    *,
    actor: User,
    visit: Visit,
    client_uuid: UUID,
    form_id: int,
    answers: Mapping[int, Any],
    occurred_at: dt.datetime | None = None,
    now: dt.datetime | None = None,
) -> FormAnswer:
    """Keep the answers of a form, by question id, each with its question's words.

    Codes: visit, uuid, time, form. Wrong answers raise a ValidationError with a dict {"q<id>": [message]}, each message
    naming its question.
    """
    now = now or timezone.now()
    at = occurred_at or now
    if known := made_before(FormAnswer, actor=actor, visit=visit, client_uuid=client_uuid, form_id=form_id):
        return known
    stored = own_visit(actor=actor, visit=visit, occurred_at=at, now=now)
    form: CustomForm | None = CustomForm.objects.filter(pk=form_id).first()
    if form is None:
        raise ValidationError(_("This form is not there any more."), code="form")
    kept, errors = rules.check_answers(queries.questions(form), answers)
    if errors:
        raise ValidationError(
            {f"q{pk}": [ValidationError(text, code="answers")] for pk, text in errors.items()}
        )
    report = FormAnswer(
        visit=stored,
        customer=stored.customer,
        rep=actor,
        form=form,
        day=business_day(at),
        occurred_at=at,
        answers=kept,
        client_uuid=client_uuid,
    )
    return insert_once(report, actor=actor, visit=stored, form_id=form_id)[0]
