"""Counts of the shelf, what the shop sold, how our goods stand there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import TypeVar
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from common.business_calendar import business_day
from common.photos import PreparedPhoto, Upload, prepare_photos
from sales.models import Product
from visits import queries, rules
from visits.enums import PhotoKind
from visits.models import (
    DisplayLine,
    DisplayReport,
    SellOut,
    SellOutLine,
    ShelfCount,
    ShelfCountLine,
    Visit,
)
from visits.rules import CountInput, FacingInput, Refusal, SoldInput
from visits.services.in_store.base import insert_once, made_before
from visits.services.own import own_visit, refuse
from visits.services.photos import store_photos

NOTE_LENGTH = 300
PLACE_LENGTH = 60
Value = TypeVar("Value")


@transaction.atomic
def record_shelf_count(
    *,
    actor: User,
    visit: Visit,
    client_uuid: UUID,
    lines: Sequence[CountInput],
    occurred_at: dt.datetime | None = None,
    note: str = "",
    now: dt.datetime | None = None,
) -> ShelfCount:
    """Note what stands at the customer; each line keeps the order that was suggested for it.

    Codes: visit, uuid, time, empty, lines, double, product, quantity, note.
    """
    now = now or timezone.now()
    at = occurred_at or now
    if known := made_before(ShelfCount, actor=actor, visit=visit, client_uuid=client_uuid):
        return known
    stored = own_visit(actor=actor, visit=visit, occurred_at=at, now=now)
    refuse(rules.lines_refusal(lines))
    products = _products({line.product_id for line in lines})
    counted = {line.product_id: _checked(rules.checked_quantity(line.quantity)) for line in lines}
    report = ShelfCount(**_head(actor, stored, client_uuid, at, note))
    report, is_new = insert_once(report, actor=actor, visit=stored)
    if not is_new:
        return report
    suggestions = queries.suggestions(
        customer_id=stored.customer_id, rep=actor, counted=counted, products=products, day=report.day
    )
    ShelfCountLine.objects.bulk_create(
        ShelfCountLine(
            report=report,
            product_id=line.product_id,
            quantity=counted[line.product_id],
            best_before=line.best_before,
            suggested=suggestions[line.product_id].order if line.product_id in suggestions else None,
        )
        for line in lines
    )
    return report


@transaction.atomic
def record_sell_out(
    *,
    actor: User,
    visit: Visit,
    client_uuid: UUID,
    lines: Sequence[SoldInput],
    occurred_at: dt.datetime | None = None,
    note: str = "",
    now: dt.datetime | None = None,
) -> SellOut:
    """Note what the customer sold since the last report. Codes: visit, uuid, time, empty, lines, double, product,
    quantity, price, note."""
    now = now or timezone.now()
    at = occurred_at or now
    if known := made_before(SellOut, actor=actor, visit=visit, client_uuid=client_uuid):
        return known
    stored = own_visit(actor=actor, visit=visit, occurred_at=at, now=now)
    refuse(rules.lines_refusal(lines))
    _products({line.product_id for line in lines})
    checked = [(line, _checked(rules.checked_quantity(line.quantity)), _price(line.price)) for line in lines]
    report = SellOut(**_head(actor, stored, client_uuid, at, note))
    report, is_new = insert_once(report, actor=actor, visit=stored)
    if is_new:
        SellOutLine.objects.bulk_create(
            SellOutLine(report=report, product_id=line.product_id, quantity=quantity, price=price)
            for line, quantity, price in checked
        )
    return report


def record_display(
    *,
    actor: User,
    visit: Visit,
    client_uuid: UUID,
    lines: Sequence[FacingInput] = (),
    photos: Sequence[Upload | PreparedPhoto] = (),
    place: str = "",
    occurred_at: dt.datetime | None = None,
    note: str = "",
    photos_follow: bool = False,
    now: dt.datetime | None = None,
) -> DisplayReport:
    """Note how our goods stand on the shelf: facings, photos, or both. A phone whose photos come afterwards
    (`record_photo` with `display`) says `photos_follow`.

    Codes: visit, uuid, time, empty, lines, double, product, facings, place, note, photo.
    """
    now = now or timezone.now()
    at = occurred_at or now
    if known := made_before(DisplayReport, actor=actor, visit=visit, client_uuid=client_uuid):
        return known
    prepared = prepare_photos(photos)  # decoding is slow and must hold no lock
    with transaction.atomic():
        stored = own_visit(actor=actor, visit=visit, occurred_at=at, now=now)
        refuse(rules.lines_refusal(lines, may_be_empty=bool(prepared) or photos_follow))
        _products({line.product_id for line in lines})
        facings = [(line, _checked(rules.checked_facings(line.facings))) for line in lines]
        place = _text(place, PLACE_LENGTH, "place")
        report = DisplayReport(place=place, **_head(actor, stored, client_uuid, at, note))
        report, is_new = insert_once(report, actor=actor, visit=stored)
        if is_new:
            DisplayLine.objects.bulk_create(
                DisplayLine(report=report, product_id=line.product_id, facings=number)
                for line, number in facings
            )
            store_photos(visit=stored, photos=prepared, taken_at=at, kind=PhotoKind.DISPLAY, display=report)
    return report


def _head(actor: User, visit: Visit, client_uuid: UUID, at: dt.datetime, note: str) -> dict[str, object]:
    return {
        "visit": visit,
        "customer": visit.customer,
        "rep": actor,
        "day": business_day(at),
        "occurred_at": at,
        "note": _text(note, NOTE_LENGTH, "note"),
        "client_uuid": client_uuid,
    }


def _products(ids: Collection[int]) -> Mapping[int, Product]:
    """The products by id; what is no longer on sale may well stand on a shelf."""
    found: dict[int, Product] = Product.objects.in_bulk(ids)
    if len(found) != len(ids):
        raise ValidationError(_("One of these products is not known here."), code="product")
    return found


def _checked(value: Value | Refusal) -> Value:
    if isinstance(value, Refusal):
        raise ValidationError(value.message, code=value.code)
    return value


def _price(value: Decimal | None) -> Decimal | None:
    return _checked(rules.checked_price(value))


def _text(value: str, length: int, code: str) -> str:
    text = value.strip()
    if len(text) > length:
        raise ValidationError(_("At most %(count)s characters.") % {"count": length}, code=code)
    return text
