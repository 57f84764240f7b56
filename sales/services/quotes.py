"""Quotations: written, sent, answered, changed by a new version, turned into one order (G2)."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from common import business_calendar
from crm.models import Contact, Customer
from sales.enums import OrderSource, QuoteStatus
from sales.models import Quote, QuoteLine, QuoteTemplate, SalesOrder
from sales.queries import quotes as quote_queries
from sales.rules import LineInput, quote_templates
from sales.rules import quotes as rules
from sales.rules.quotes import QuoteAction
from sales.services import common
from sales.services.lines import check_share, check_total
from sales.services.order_lines import build_lines
from sales.services.orders import create_order


@dataclass(frozen=True, slots=True)
class QuoteInput:
    """What a quotation says besides its customer; `discount` is the order's, as a share."""

    lines: Sequence[LineInput]
    valid_until: dt.date
    discount: Decimal = Decimal(0)
    contact: Contact | None = None
    template: QuoteTemplate | None = None
    terms: str = ""
    note: str = ""


@transaction.atomic
def create_quote(
    *,
    actor: User,
    customer: Customer,
    values: QuoteInput,
    client_uuid: uuid.UUID | None = None,
    send: bool = False,
) -> Quote:
    """Write the first version of an offer of today; with `send` it is out at once.

    Lines without a price get the customer's of the day; gifts cost nothing and go into the order with the goods. The same `client_uuid` again gives the quotation it made the first time. Raises ValidationError for a customer
    out of the actor's scope, no lines, products not on sale, a validity in the past, somebody else's contact.
    """
    if client_uuid and (known := _made_before(actor=actor, client_uuid=client_uuid)):
        return known
    common.check_customer(actor=actor, customer=customer)
    today = business_calendar.today()
    quote = Quote(
        customer=customer,
        rep=common.rep_for(actor=actor, customer=customer),
        quoted_on=today,
        client_uuid=client_uuid,
        created_by=actor,
    )
    rows = _take(quote, values)
    try:
        with transaction.atomic():
            quote.number = common.next_number(prefix="QT", day=today)
            quote.save(force_insert=True)
    except IntegrityError:
        if client_uuid and (known := _made_before(actor=actor, client_uuid=client_uuid)):
            return known
        raise
    _write(quote, rows)
    if send:
        _move(actor=actor, quote=quote, to=QuoteStatus.SENT)
    return quote


@transaction.atomic
def update_quote(*, actor: User, quote: Quote, values: QuoteInput, send: bool = False) -> Quote:
    """Replace what a draft says; ValidationError once it is sent: then it is changed by a new version."""
    quote = _locked(quote)
    _require(quote, QuoteAction.EDIT)
    rows = _take(quote, values)
    fields = ["contact", "template", "valid_until", "discount", "terms", "note", "total"]
    quote.save(update_fields=fields)
    quote.lines.all().delete()
    _write(quote, rows)
    if send:
        _move(actor=actor, quote=quote, to=QuoteStatus.SENT)
    return quote


@transaction.atomic
def send_quote(*, actor: User, quote: Quote) -> Quote:
    """Draft → sent: the customer has it."""
    quote = _locked(quote)
    _require(quote, QuoteAction.SEND)
    _check_validity(quote.valid_until)
    stopped = quote.lines.filter(product__is_active=False).select_related("product").first()
    if stopped is not None:
        raise ValidationError(
            _("%(product)s is not on sale any more.") % {"product": stopped.product}, code="product"
        )
    _move(actor=actor, quote=quote, to=QuoteStatus.SENT)
    return quote


@transaction.atomic
def accept_quote(*, actor: User, quote: Quote) -> Quote:
    """Sent → accepted, while it is valid."""
    quote = _locked(quote)
    _require(quote, QuoteAction.ACCEPT)
    _move(actor=actor, quote=quote, to=QuoteStatus.ACCEPTED)
    return quote


@transaction.atomic
def reject_quote(*, actor: User, quote: Quote, reason: str = "") -> Quote:
    """Sent → rejected, with the customer's reason where it is known."""
    quote = _locked(quote)
    _require(quote, QuoteAction.REJECT)
    _move(actor=actor, quote=quote, to=QuoteStatus.REJECTED, reject_reason=reason.strip()[:200])
    return quote


@transaction.atomic
def new_version(*, actor: User, quote: Quote) -> Quote:
    """A draft with the next version number and the same content; a sent one is superseded by it.

    The lines keep their prices; the validity starts anew when it is over. Only the latest version can be changed.
    """
    quote = _locked(quote)
    _require(quote, QuoteAction.NEW_VERSION)
    common.check_customer(actor=actor, customer=quote.customer)
    if quote.status == QuoteStatus.SENT:
        _move(actor=actor, quote=quote, to=QuoteStatus.SUPERSEDED)
    return _copied(
        quote,
        actor=actor,
        number=quote.number,
        version=quote.version + 1,
        valid_until=max(quote.valid_until, _suggested_end()),
    )


@transaction.atomic
def copy_quote(*, actor: User, quote: Quote) -> Quote:
    """A new offer of today to the same customer with the same lines, as a draft; what is not on sale any more stays out."""
    common.check_customer(actor=actor, customer=quote.customer)
    number = common.next_number(prefix="QT", day=business_calendar.today())
    return _copied(
        quote, actor=actor, number=number, version=1, valid_until=_suggested_end(), only_on_sale=True
    )


@transaction.atomic
def discard_quote(*, actor: User, quote: Quote) -> Quote | None:
    """Delete a draft; the sent version that it superseded counts again and is returned."""
    quote = _locked(quote)
    _require(quote, QuoteAction.DISCARD)
    before = (
        Quote.objects.select_for_update(of=("self",))
        .filter(number=quote.number, version=quote.version - 1)
        .first()
    )
    quote.delete()
    if before is not None and before.status == QuoteStatus.SUPERSEDED:
        _move(actor=actor, quote=before, to=QuoteStatus.SENT)
    return before


@transaction.atomic
def order_from_quote(*, actor: User, quote: Quote) -> SalesOrder:
    """Make the order that was offered, once: a draft, so that delivery and payment can be added before it goes in.

    A sent quotation counts as accepted by it. Raises ValidationError when there is an order already, when the offer
    is over, or what create_order refuses (a customer out of the actor's scope, a product not on sale any more).
    """
    quote = _locked(quote)
    if quote.order_id is not None:
        raise ValidationError(
            _("%(quote)s has been turned into an order already.") % {"quote": quote}, code="state"
        )
    _require(quote, QuoteAction.ORDER)
    lines = [
        LineInput(
            line.product_id, line.quantity, price=line.price, discount=line.discount, is_gift=line.is_gift
        )
        for line in quote_queries.quote_lines(quote)
    ]
    order = create_order(
        actor=actor,
        customer=quote.customer,
        lines=lines,
        discount=quote.discount,
        note=_("Quotation %(quote)s") % {"quote": quote},
        source=OrderSource.QUOTE,
        submit=False,
    )
    # SQLite has no row locks: whoever comes second finds the order there, and his own goes with the transaction.
    taken = Quote.objects.filter(pk=quote.pk, status=quote.status, order__isnull=True).update(order=order)
    if taken != 1:
        raise ValidationError(_("Somebody else has just changed %(quote)s.") % {"quote": quote}, code="state")
    quote.order = order
    common.audit(actor=actor, row=quote, changes={"order": ["None", order.number]})
    if quote.status == QuoteStatus.SENT:
        _move(actor=actor, quote=quote, to=QuoteStatus.ACCEPTED)
    return order


# --- templates
def save_template(*, template: QuoteTemplate) -> QuoteTemplate:
    """Clean and keep a template; ValidationError says what it gets wrong. There is one default at most."""
    template.html = check_template(template.html)
    with transaction.atomic():
        if template.is_default:
            QuoteTemplate.objects.filter(is_default=True).exclude(pk=template.pk).update(is_default=False)
        template.save()
    return template


def check_template(html: str) -> str:
    """The cleaned template; ValidationError with everything that is wrong with it."""
    cleaned = quote_templates.clean(html)
    if found := quote_templates.mistakes(cleaned):
        raise ValidationError(found)
    return cleaned


# --- parts
def _locked(quote: Quote) -> Quote:
    """The row as it is now, held until the transaction ends."""
    row: Quote = (
        Quote.objects.select_for_update(of=("self",)).select_related("customer__owner").get(pk=quote.pk)
    )
    return row


def _require(quote: Quote, action: QuoteAction) -> None:
    today = business_calendar.today()
    latest = quote_queries.is_latest(quote)
    if action in rules.offered(quote_queries.situation(quote, latest=latest), today):
        return
    if rules.is_expired(quote.status, quote.valid_until, today):
        raise ValidationError(
            _("%(quote)s was valid until %(day)s. Make a new version.")
            % {"quote": quote, "day": f"{quote.valid_until:%Y-%m-%d}"},
            code="expired",
        )
    raise ValidationError(
        _("%(quote)s is “%(status)s”; this cannot be done any more.")
        % {"quote": quote, "status": quote.get_status_display()},
        code="state",
    )


def _move(*, actor: User, quote: Quote, to: QuoteStatus, **fields: Any) -> None:
    """The one door through which a quotation's status changes."""
    old = quote.status
    if not rules.may_become(old, to):
        raise ValidationError(
            _("%(quote)s is “%(status)s”; this cannot be done any more.")
            % {"quote": quote, "status": quote.get_status_display()},
            code="state",
        )
    changed = Quote.objects.filter(pk=quote.pk, status=old).update(status=to, **fields)
    if changed != 1:
        raise ValidationError(_("Somebody else has just changed %(quote)s.") % {"quote": quote}, code="state")
    for name, value in {"status": str(to), **fields}.items():
        setattr(quote, name, value)
    common.audit(actor=actor, row=quote, changes={"status": [old, str(to)]})


def _made_before(*, actor: User, client_uuid: uuid.UUID) -> Quote | None:
    quote: Quote | None = Quote.objects.filter(client_uuid=client_uuid).first()
    if quote is not None and quote.created_by_id != actor.pk:
        raise ValidationError(_("This quotation was sent by somebody else."), code="client_uuid")
    return quote


def _take(quote: Quote, values: QuoteInput) -> list[QuoteLine]:
    """Put checked values on the unsaved quotation; its lines, unsaved."""
    if not values.lines:
        raise ValidationError(_("The quotation is empty."), code="empty")
    _check_validity(values.valid_until)
    if values.contact is not None and values.contact.customer_id != quote.customer_id:
        raise ValidationError(_("This contact is not the customer's."), code="contact")
    rows = build_lines(customer=quote.customer, lines=values.lines, day=business_calendar.today())
    quote.contact, quote.template = values.contact, values.template
    quote.valid_until = values.valid_until
    quote.terms, quote.note = values.terms.strip()[:2000], values.note.strip()[:300]
    quote.discount = check_share(values.discount)
    quote.total = check_total([row.amount for row in rows], quote.discount)
    return [
        QuoteLine(
            product=row.product,
            position=row.position,
            quantity=row.quantity,
            price=row.price,
            discount=row.discount,
            amount=row.amount,
            is_gift=row.is_gift,
        )
        for row in rows
    ]


def _check_validity(day: dt.date) -> None:
    if day < business_calendar.today():
        raise ValidationError(_("The last day of validity has passed."), code="valid_until")


def _suggested_end() -> dt.date:
    return business_calendar.today() + dt.timedelta(days=rules.VALID_DAYS)


def _write(quote: Quote, rows: Sequence[QuoteLine]) -> None:
    for row in rows:
        row.quote = quote
    QuoteLine.objects.bulk_create(rows)


def _copied(
    quote: Quote,
    *,
    actor: User,
    number: str,
    version: int,
    valid_until: dt.date,
    only_on_sale: bool = False,
) -> Quote:
    lines = quote_queries.quote_lines(quote)
    if only_on_sale:
        lines = [line for line in lines if line.product.is_active]
    if not lines:
        raise ValidationError(_("Nothing of this quotation is on sale any more."), code="empty")
    copy = Quote.objects.create(
        number=number,
        version=version,
        customer=quote.customer,
        contact=quote.contact,
        rep=common.rep_for(actor=actor, customer=quote.customer),
        quoted_on=business_calendar.today(),
        valid_until=valid_until,
        discount=quote.discount,
        total=check_total([line.amount for line in lines], quote.discount),
        terms=quote.terms,
        note=quote.note,
        template=quote.template,
        created_by=actor,
    )
    for position, line in enumerate(lines, start=1):
        line.pk, line.position = None, position
        line._state.adding = True
    _write(copy, lines)
    return copy
