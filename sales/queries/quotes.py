"""Quotations for lists, their page, the customer's page and the printed paper (G2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from auditlog.models import LogEntry
from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from django.utils.translation import gettext as _

from accounts.models import SystemOptions, User
from common.money import order_total
from common.money_words import in_capitals
from common.templatetags.paodian import money, percent, quantity
from sales.enums import QuoteStatus
from sales.models import Quote, QuoteLine, QuoteTemplate
from sales.queries.slips import Step
from sales.rules.quote_templates import fill
from sales.rules.quotes import LineChange, LineFacts, Situation, line_changes


def quote_rows(user: User) -> QuerySet[Quote]:
    """Quotations the user may see, with what the cells of a list read."""
    rows: QuerySet[Quote] = Quote.objects.visible_to(user).with_names()
    return rows.select_related("rep__department", "order").annotate(is_latest=~Exists(_newer()))


def _newer() -> QuerySet[Quote]:
    newer: QuerySet[Quote] = Quote.objects.filter(number=OuterRef("number"), version__gt=OuterRef("version"))
    return newer


def quote_lines(quote: Quote) -> list[QuoteLine]:
    """Lines with their products, in order."""
    return list(quote.lines.select_related("product"))


def is_latest(quote: Quote) -> bool:
    return not Quote.objects.filter(number=quote.number, version__gt=quote.version).exists()


def situation(quote: Quote, *, latest: bool) -> Situation:
    return Situation(
        status=quote.status,
        valid_until=quote.valid_until,
        is_latest=latest,
        has_order=quote.order_id is not None,
    )


@dataclass(frozen=True, slots=True)
class Version:
    """A version and what it changed against the one before."""

    quote: Quote
    changes: list[LineChange]
    terms: list[tuple[str, str, str]]  # label, before, now


def versions(quote: Quote) -> list[Version]:
    """All versions of the offer, the newest first, in two statements whatever their number."""
    lines = Prefetch("lines", queryset=QuoteLine.objects.select_related("product"))
    rows = list(
        Quote.objects.filter(number=quote.number)
        .select_related("created_by")
        .prefetch_related(lines)
        .order_by("version")
    )
    found = []
    for before, row in zip([None, *rows], rows, strict=False):
        changes = line_changes(_facts(before), _facts(row)) if before else []
        found.append(Version(row, changes, _term_changes(before, row) if before else []))
    return found[::-1]


def _facts(quote: Quote) -> list[LineFacts]:
    return [
        LineFacts(
            line.product_id, _name(line), line.quantity, line.price, line.discount, line.amount, line.is_gift
        )
        for line in quote.lines.all()
    ]


def _name(line: QuoteLine) -> str:
    """The product, and that it comes for nothing where it does: on the paper, whatever its template, and in changes."""
    return _("%(product)s (gift)") % {"product": line.product.name} if line.is_gift else line.product.name


def _term_changes(old: Quote, new: Quote) -> list[tuple[str, str, str]]:
    pairs = (
        (_("Valid until"), f"{old.valid_until:%Y-%m-%d}", f"{new.valid_until:%Y-%m-%d}"),
        (_("Order discount"), _share(old.discount), _share(new.discount)),
        (_("Terms"), old.terms, new.terms),
        (_("Note"), old.note, new.note),
        (_("Total"), money(old.total), money(new.total)),
    )
    return [pair for pair in pairs if pair[1] != pair[2]]


def _share(value: Any) -> str:
    return percent(value) if value else ""


def quote_history(quote: Quote) -> list[Step]:
    """Who wrote this version and who moved it on, oldest first."""
    steps = [Step(quote.created_at, str(quote.created_by or "–"), _("Written"))]
    entries = LogEntry.objects.get_for_object(quote).filter(action=LogEntry.Action.UPDATE)
    for entry in entries.select_related("actor").order_by("timestamp", "pk"):
        changes = entry.changes or {}
        who = str(entry.actor or "–")
        if change := changes.get("status"):
            steps.append(Step(entry.timestamp, who, str(QuoteStatus(change[1]).label)))
        elif "order" in changes:
            steps.append(Step(entry.timestamp, who, _("Turned into an order")))
    return steps


def usual_terms(user: User) -> str:
    """The terms of the last quotation this person wrote: most people offer on the same ones."""
    rows = Quote.objects.filter(created_by=user).exclude(terms="").order_by("-pk")
    return rows.values_list("terms", flat=True).first() or ""


# --- the paper
def template_of(quote: Quote) -> QuoteTemplate | None:
    """The quotation's own template, else the default, else any in use."""
    if quote.template is not None:
        return quote.template
    return QuoteTemplate.objects.filter(is_active=True).order_by("-is_default", "name").first()


def paper(quote: Quote) -> str | None:
    """The quotation as HTML by its template; None where no template is in use."""
    template = template_of(quote)
    if template is None:
        return None
    lines = quote_lines(quote)
    return fill(
        template.html, _values(quote, lines), [_cells(n, row) for n, row in enumerate(lines, start=1)]
    )


def _values(quote: Quote, lines: list[QuoteLine]) -> dict[str, str]:
    contact, customer, rep = quote.contact, quote.customer, quote.rep
    phone = contact.phones.first() if contact else customer.phones.first()
    return {
        "company": SystemOptions.load().company_name,
        "number": quote.number,
        "version": str(quote.version),
        "quoted_on": f"{quote.quoted_on:%Y-%m-%d}",
        "valid_until": f"{quote.valid_until:%Y-%m-%d}",
        "customer": customer.name,
        "customer_code": customer.code,
        "customer_address": customer.full_address,
        "contact": contact.name if contact else "",
        "contact_phone": phone.raw if phone else "",
        "rep": str(rep) if rep else "",
        "rep_phone": rep.phone if rep else "",
        "subtotal": money(order_total([line.amount for line in lines])),
        "discount": _share(quote.discount),
        "total": money(quote.total),
        "total_in_capitals": in_capitals(quote.total),
        "terms": quote.terms,
        "note": quote.note,
    }


def _cells(number: int, line: QuoteLine) -> dict[str, str]:
    product = line.product
    return {
        "line.no": str(number),
        "line.product": _name(line),
        "line.code": product.code,
        "line.specification": product.specification,
        "line.packing": product.packing,
        "line.quantity": quantity(line.quantity),
        "line.unit": product.unit,
        "line.price": "" if line.is_gift else money(line.price),
        "line.discount": _share(line.discount),
        "line.amount": money(line.amount),
        "line.note": line.note,
    }


def customer_quotes(customer_id: int, user: User, *, limit: int = 5) -> list[Quote]:
    """The latest versions of a customer's offers, newest first, for the panel on its page."""
    rows = quote_rows(user).filter(~Exists(_newer()), customer_id=customer_id)
    return list(rows[:limit])
