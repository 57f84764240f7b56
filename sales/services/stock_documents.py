"""Documents that move goods between our own places: received, loaded, unloaded, transferred, lost, counted (G5).

A draft moves nothing. Posting makes the moves and closes the document; a mistake is reversed as a whole by moves back.

Cost of goods: the product's cost is the last purchase price (最近进价) of the posted documents of goods received, by
their date. It is exact to the cent whatever is on hand (a moving average is rounded again with each document, and has no
meaning while a warehouse is below zero), and reversing a document brings the cost before it back.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import OuterRef, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from common import business_calendar
from common.money import round_quantity
from sales import rules
from sales.enums import LocationKind, MoveKind, StockDocumentKind, StockDocumentStatus
from sales.models import (
    Product,
    ProductCategory,
    StockBalance,
    StockDocument,
    StockDocumentLine,
    StockLocation,
)
from sales.rules import stock as stock_rules
from sales.rules.stock import StockLine
from sales.services import common, ledger
from sales.services.ledger import Wanted, plain

_FAR_SOURCE = {StockDocumentKind.RECEIPT: LocationKind.SUPPLIER}
_FAR_TARGET = {StockDocumentKind.LOSS: LocationKind.LOSS}


# --- drafts
@transaction.atomic
def create_document(
    *,
    actor: User,
    kind: StockDocumentKind,
    source: StockLocation | None = None,
    target: StockLocation | None = None,
    lines: Sequence[StockLine],
    happened_on: dt.date | None = None,
    note: str = "",
    client_uuid: uuid.UUID | None = None,
    post: bool = False,
) -> StockDocument:
    """Write a draft, or with `post` book it at once.

    Goods received come from the suppliers and losses go to the losses by themselves. The same `client_uuid` again
    gives the document it made the first time. ValidationError for places that do not go together, no lines,
    quantities that cannot be, a future date.
    """
    day = common.business_date(happened_on)
    if client_uuid and (known := _made_before(actor=actor, client_uuid=client_uuid)):
        return known
    if kind in _FAR_SOURCE:
        source = ledger.far_end(_FAR_SOURCE[kind])
    if kind in _FAR_TARGET:
        target = ledger.far_end(_FAR_TARGET[kind])
    _check_ends(kind, source, target)
    checked = _check_lines(kind, lines)
    document = StockDocument(
        kind=kind,
        source=source,
        target=target,
        rep=_driver(source, target),
        happened_on=day,
        note=note.strip()[:300],
        client_uuid=client_uuid,
        created_by=actor,
    )
    try:
        with transaction.atomic():
            document.number = common.next_number(prefix=stock_rules.PREFIXES[kind], day=day)
            document.save(force_insert=True)
    except IntegrityError:
        if client_uuid and (known := _made_before(actor=actor, client_uuid=client_uuid)):
            return known
        raise
    _write_lines(document, checked)
    if post:
        post_document(actor=actor, document=document)
    return document


@transaction.atomic
def update_document(
    *, actor: User, document: StockDocument, lines: Sequence[StockLine], note: str = "", post: bool = False
) -> StockDocument:
    """Replace the lines and the note of a draft that is not counted yet, and book it with `post`.

    A count's lines stand as it began.
    """
    document = _lock(document)
    if document.status != StockDocumentStatus.DRAFT or document.kind == StockDocumentKind.COUNT:
        raise _out_of_turn(document)
    if document.lines.filter(counted__isnull=False).exists():
        raise ValidationError(
            _("%(number)s is counted already and cannot be changed any more.") % {"number": document.number},
            code="state",
        )
    checked = _check_lines(StockDocumentKind(document.kind), lines)
    document.note = note.strip()[:300]
    document.save(update_fields=["note"])
    document.lines.all().delete()
    _write_lines(document, checked)
    common.audit(actor=actor, row=document, changes={"lines": ["", str(len(checked))]})
    if post:
        post_document(actor=actor, document=document)
    return document


@transaction.atomic
def begin_count(
    *,
    actor: User,
    location: StockLocation,
    categories: Collection[ProductCategory] = (),
    happened_on: dt.date | None = None,
    note: str = "",
) -> StockDocument:
    """Begin a stock count: the books' quantity of every product there is frozen now, of some categories or of all.

    What moves while people count does not disturb the difference: it is counted against the frozen quantity, and
    the difference is what is booked.
    """
    day = common.business_date(happened_on)
    _check_ends(StockDocumentKind.COUNT, location, None)
    rows = StockBalance.objects.filter(location=location).exclude(quantity=0)
    if categories:
        rows = rows.filter(product__category__in=list(categories))
    balances = list(rows.order_by("product__category__position", "product__code"))
    if not balances:
        raise ValidationError(_("%(place)s holds nothing to count.") % {"place": location}, code="empty")
    document = StockDocument.objects.create(
        number=common.next_number(prefix=stock_rules.PREFIXES[StockDocumentKind.COUNT], day=day),
        kind=StockDocumentKind.COUNT,
        source=location,
        rep=location.rep,
        happened_on=day,
        note=note.strip()[:300],
        created_by=actor,
    )
    StockDocumentLine.objects.bulk_create(
        StockDocumentLine(document=document, product_id=row.product_id, quantity=row.quantity)
        for row in balances
    )
    return document


# --- counting
@transaction.atomic
def count_document(
    *,
    actor: User,
    document: StockDocument,
    counts: Mapping[int, Decimal],
    reasons: Mapping[int, str] | None = None,
) -> StockDocument:
    """Keep what was counted, by product id; products that nobody planned become lines of their own.

    Only those of `counts` are touched, so a count may be typed in parts; counting again replaces the number before.
    ValidationError once the document is posted or cancelled.
    """
    document = _lock(document)
    if document.status != StockDocumentStatus.DRAFT or document.kind not in stock_rules.COUNTED:
        raise _out_of_turn(document)
    known = {line.product_id: line for line in document.lines.select_related("product")}
    products = Product.objects.in_bulk(set(counts) | set(reasons or {}))
    changed: dict[str, list[str]] = {}
    for product_id, counted in counts.items():
        product = products.get(product_id)
        if product is None:
            raise ValidationError(_("There is no such product."), code="product")
        number = _check_number(product, counted)
        line = known.get(product_id)
        if line is None:
            if number:
                line = StockDocumentLine.objects.create(
                    document=document, product=product, quantity=_booked(document, product_id), counted=number
                )
                known[product_id] = line
            continue
        if line.counted != number:
            changed[product.code] = ["" if line.counted is None else plain(line.counted), plain(number)]
            line.counted = number
            line.save(update_fields=["counted"])
    for product_id, reason in (reasons or {}).items():
        if product_id in known:
            known[product_id].reason = reason.strip()[:120]
            known[product_id].save(update_fields=["reason"])
    if changed:
        common.audit(actor=actor, row=document, changes=changed)
    return document


def _booked(document: StockDocument, product_id: int) -> Decimal:
    """What a count expects of a product that was not there when it began: nothing, or what came since."""
    if document.kind != StockDocumentKind.COUNT:
        return Decimal(0)
    row = StockBalance.objects.filter(location_id=document.source_id, product_id=product_id).first()
    return row.quantity if row else Decimal(0)


# --- the state machine
@transaction.atomic
def post_document(*, actor: User, document: StockDocument) -> StockDocument:
    """Draft → posted: the goods move. What was counted moves instead of what was planned; each difference needs its
    reason. ValidationError when a place has not what is to leave it, or a van's day is settled."""
    document = _lock(document)
    lines = list(document.lines.select_related("product").order_by("pk"))
    _check_reasons(document, lines)
    moves = _moves(document, lines)
    if not moves and document.kind != StockDocumentKind.COUNT:
        raise ValidationError(_("There is nothing to move."), code="empty")
    _move(
        actor=actor,
        document=document,
        to=StockDocumentStatus.POSTED,
        posted_by=actor,
        posted_at=timezone.now(),
    )
    if document.kind == StockDocumentKind.RECEIPT:
        _follow_costs(line.product_id for line in lines)
    ledger.post_moves(
        actor=actor,
        kind=MoveKind(document.kind),
        moves=moves,
        moved_on=document.happened_on,
        document=document,
    )
    return document


@transaction.atomic
def reverse_document(*, actor: User, document: StockDocument) -> StockDocument:
    """Posted → reversed: the goods go back today. ValidationError when they are not there any more."""
    document = _lock(document)
    _move(actor=actor, document=document, to=StockDocumentStatus.REVERSED)
    if document.kind == StockDocumentKind.RECEIPT:
        _follow_costs(document.lines.values_list("product_id", flat=True))
    ledger.undo_moves(actor=actor, moved_on=business_calendar.today(), document=document)
    return document


@transaction.atomic
def cancel_document(*, actor: User, document: StockDocument) -> StockDocument:
    """Draft → cancelled: it was never moved."""
    document = _lock(document)
    _move(actor=actor, document=document, to=StockDocumentStatus.CANCELLED)
    return document


def _move(*, actor: User, document: StockDocument, to: StockDocumentStatus, **fields: Any) -> None:
    """The one door through which a document's status changes; the UPDATE names the status it starts from."""
    old = document.status
    if not stock_rules.may_become(old, to):
        raise _out_of_turn(document)
    changed = StockDocument.objects.filter(pk=document.pk, status=old).update(status=to, **fields)
    if changed != 1:
        raise ValidationError(
            _("Somebody else has just changed %(number)s. Look at it again.") % {"number": document.number},
            code="state",
        )
    for name, value in {"status": str(to), **fields}.items():
        setattr(document, name, value)
    common.audit(actor=actor, row=document, changes={"status": [old, str(to)]})


def _lock(document: StockDocument) -> StockDocument:
    """The document as it is now, held until the transaction ends; the caller's object is brought up to date."""
    fresh = (
        StockDocument.objects.select_for_update(of=("self",))
        .select_related("source", "target")
        .get(pk=document.pk)
    )
    for name in ("status", "note", "posted_by_id", "posted_at"):
        setattr(document, name, getattr(fresh, name))
    document.source, document.target = fresh.source, fresh.target
    return document


def _out_of_turn(document: StockDocument) -> ValidationError:
    return ValidationError(
        _("%(number)s is “%(status)s”; this is not possible any more.")
        % {"number": document.number, "status": document.get_status_display()},
        code="state",
    )


def _made_before(*, actor: User, client_uuid: uuid.UUID) -> StockDocument | None:
    document = StockDocument.objects.filter(client_uuid=client_uuid).first()
    if document is not None and document.created_by_id != actor.pk:
        raise ValidationError(_("This document was sent by somebody else."), code="client_uuid")
    return document


# --- what a document says
def _moves(document: StockDocument, lines: Sequence[StockDocumentLine]) -> list[Wanted]:
    source, target = document.source, document.target
    assert source is not None
    if document.kind == StockDocumentKind.COUNT:
        losses = ledger.far_end(LocationKind.LOSS)
        return [
            Wanted(
                line.product_id,
                abs(line.difference),
                *((losses, source) if line.difference > 0 else (source, losses)),
            )
            for line in lines
            if line.difference
        ]
    assert target is not None
    quantities = ((line, line.quantity if line.counted is None else line.counted) for line in lines)
    return [Wanted(line.product_id, quantity, source, target) for line, quantity in quantities if quantity]


def _check_reasons(document: StockDocument, lines: Sequence[StockDocumentLine]) -> None:
    """Losses and differences are said why, line by line."""
    if document.kind == StockDocumentKind.LOSS:
        silent, text = lines, _("%(product)s: say why it is lost.")
    elif document.kind == StockDocumentKind.COUNT:
        silent, text = (
            [line for line in lines if line.difference],
            _("%(product)s: say why it differs from the books."),
        )
    else:
        silent, text = (
            [line for line in lines if line.difference],
            _("%(product)s: say why it differs from the plan."),
        )
    refusals = [
        ValidationError(text % {"product": line.product}, code="reason") for line in silent if not line.reason
    ]
    if refusals:
        raise ValidationError(refusals)


def _check_ends(kind: StockDocumentKind, source: StockLocation | None, target: StockLocation | None) -> None:
    sources, targets = stock_rules.ENDS[kind]
    if source is None or source.kind not in sources or not source.is_active:
        raise ValidationError(_("Choose where the goods come from."), code="source")
    if targets and (target is None or target.kind not in targets or not target.is_active):
        raise ValidationError(_("Choose where the goods go."), code="target")
    if target is not None and (not targets or target == source):
        raise ValidationError(_("The goods have to go to another place."), code="target")


def _driver(source: StockLocation | None, target: StockLocation | None) -> User | None:
    """Whose van it is about: he sees the document."""
    vans = [place for place in (target, source) if place is not None and place.kind == LocationKind.VAN]
    return vans[0].rep if vans else None


def _check_lines(kind: StockDocumentKind, lines: Sequence[StockLine]) -> list[StockLine]:
    """Lines ready to be written; those of one product are added up. ValidationError says what cannot be."""
    if not lines:
        raise ValidationError(_("The document is empty."), code="empty")
    products = Product.objects.in_bulk({line.product_id for line in lines})
    checked: dict[int, StockLine] = {}
    for line in lines:
        product = products.get(line.product_id)
        if product is None:
            raise ValidationError(_("There is no such product."), code="product")
        quantity, presold = _check_number(product, line.quantity), _check_number(product, line.presold)
        if quantity <= 0 or presold > quantity:
            raise ValidationError(
                _("%(product)s: the quantity must be more than 0.") % {"product": product}, code="quantity"
            )
        if line.unit_cost is not None and not 0 <= line.unit_cost <= rules.MAX_PRICE:
            raise ValidationError(
                _("%(product)s: %(value)s is not a possible number.")
                % {"product": product, "value": line.unit_cost},
                code="number",
            )
        before = checked.get(line.product_id)
        if before is not None:
            quantity, presold = quantity + before.quantity, presold + before.presold
        checked[line.product_id] = StockLine(
            line.product_id,
            quantity,
            presold,
            line.unit_cost if kind == StockDocumentKind.RECEIPT else None,
            line.reason.strip()[:120],
        )
    if len(checked) > rules.MAX_LINES:
        raise ValidationError(_("A document has at most %(n)s lines.") % {"n": rules.MAX_LINES}, code="lines")
    return list(checked.values())


def _check_number(product: Product, value: Decimal) -> Decimal:
    if not value.is_finite() or value < 0 or value > rules.MAX_QUANTITY:
        raise ValidationError(
            _("%(product)s: %(value)s is not a possible number.") % {"product": product, "value": value},
            code="number",
        )
    return round_quantity(value)


def _write_lines(document: StockDocument, lines: Sequence[StockLine]) -> None:
    StockDocumentLine.objects.bulk_create(
        StockDocumentLine(
            document=document,
            product_id=line.product_id,
            quantity=line.quantity,
            presold=line.presold,
            unit_cost=line.unit_cost,
            reason=line.reason,
        )
        for line in lines
    )


# --- cost of goods
def _follow_costs(product_ids: Any) -> None:
    """Bring the cost of products in line with the last posted document of goods received that names one.

    Products without any keep what they have. The rows are locked by pk, so that two documents take turns.
    """
    lines = StockDocumentLine.objects.filter(
        product_id=OuterRef("pk"),
        unit_cost__isnull=False,
        document__kind=StockDocumentKind.RECEIPT,
        document__status=StockDocumentStatus.POSTED,
    ).order_by("-document__happened_on", "-document_id")
    locked = Product.objects.select_for_update(no_key=True).filter(pk__in=set(product_ids)).order_by("pk")
    ids = [product.pk for product in locked.only("pk")]
    for product in Product.objects.filter(pk__in=ids).annotate(last=Subquery(lines.values("unit_cost")[:1])):
        if product.last is not None and product.last != product.cost:
            product.cost = product.last
            product.save(update_fields=["cost"])
