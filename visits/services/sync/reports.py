"""Kinds of what a rep reports from a store: counts, sell-out, displays, competitors, forms, follow-ups."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from crm.enums import DictionaryKind
from crm.models import Dictionary
from crm.services.competitors import record_sighting
from crm.services.follow_ups import record_follow_up
from visits.models.in_store import StoreReport
from visits.rules import CountInput, FacingInput, SoldInput
from visits.services.in_store import (
    record_display,
    record_form_answer,
    record_sell_out,
    record_shelf_count,
)
from visits.services.own import own_visit
from visits.services.sync.reading import (
    Answer,
    Call,
    decimal,
    integer,
    moment,
    optional_date,
    optional_decimal,
)


def _made(report: StoreReport) -> Answer:
    return {"report": report.pk}


def _stock_count(call: Call) -> Answer:
    """{visit, lines: [{product, quantity, best_before?}], note?}"""
    call.need("visits.change_visit")
    return _made(
        record_shelf_count(
            actor=call.actor,
            visit=call.visit(),
            client_uuid=call.uuid,
            lines=[
                CountInput(
                    integer(line, "product"), decimal(line, "quantity"), optional_date(line, "best_before")
                )
                for line in call.lines()
            ],
            occurred_at=call.occurred_at,
            note=call.text("note"),
            now=call.now,
        )
    )


def _sell_out(call: Call) -> Answer:
    """{visit, lines: [{product, quantity, price?}], note?}"""
    call.need("visits.change_visit")
    return _made(
        record_sell_out(
            actor=call.actor,
            visit=call.visit(),
            client_uuid=call.uuid,
            lines=[
                SoldInput(
                    integer(line, "product"), decimal(line, "quantity"), optional_decimal(line, "price")
                )
                for line in call.lines()
            ],
            occurred_at=call.occurred_at,
            note=call.text("note"),
            now=call.now,
        )
    )


def _display(call: Call) -> Answer:
    """{visit, place?, lines: [{product, facings}], photos?: [uuids of photos that follow], note?}"""
    call.need("visits.change_visit")
    return _made(
        record_display(
            actor=call.actor,
            visit=call.visit(),
            client_uuid=call.uuid,
            lines=[FacingInput(integer(line, "product"), integer(line, "facings")) for line in call.lines()],
            place=call.text("place"),
            occurred_at=call.occurred_at,
            note=call.text("note"),
            photos_follow=bool(call.payload.get("photos")),
            now=call.now,
        )
    )


def _competitor(call: Call) -> Answer:
    """{visit, competitor, product, price?, unit?, person?, notes?}"""
    call.need("crm.add_competitorsighting")
    visit = own_visit(actor=call.actor, visit=call.visit(), occurred_at=call.occurred_at, now=call.now)
    sighting = record_sighting(
        actor=call.actor,
        customer=visit.customer,
        competitor=call.text("competitor"),
        product=call.text("product"),
        price=call.optional_decimal("price"),
        unit=call.text("unit"),
        person=call.text("person"),
        notes=call.text("notes"),
        seen_on=call.day,
        now=call.now,
    )
    return {"sighting": sighting.pk}


def _form(call: Call) -> Answer:
    """{visit, form: id, answers: {id of the question: answer}}"""
    call.need("visits.change_visit")
    answers = call.payload.get("answers")
    if not isinstance(answers, Mapping) or not all(str(key).isdecimal() for key in answers):
        raise ValidationError(_("answers must be an object by ids of questions."))
    return _made(
        record_form_answer(
            actor=call.actor,
            visit=call.visit(),
            client_uuid=call.uuid,
            form_id=call.integer("form"),
            answers={int(key): value for key, value in answers.items()},
            occurred_at=call.occurred_at,
            now=call.now,
        )
    )


def _follow_up(call: Call) -> Answer:
    """{customer, text, method?: id, next_at?}"""
    call.need("crm.add_followup")
    method = call.optional_integer("method")
    row = record_follow_up(
        actor=call.actor,
        customer=call.customer(),
        text=call.text("text"),
        at=call.occurred_at,
        method=Dictionary.objects.filter(pk=method, kind=DictionaryKind.FOLLOW_METHOD).first()
        if method is not None
        else None,
        next_at=moment(call.payload.get("next_at")),
        uuid=call.uuid,
        now=call.now,
    )
    return {"follow_up": row.pk}


HANDLERS: dict[str, Callable[[Call], Answer]] = {
    "stock_count": _stock_count,
    "sell_out": _sell_out,
    "display": _display,
    "competitor": _competitor,
    "form": _form,
    "follow_up": _follow_up,
}
