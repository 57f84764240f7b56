"""Columns of the list of competitor sightings."""

from collections.abc import Callable
from decimal import Decimal

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from common.tables import Column, DateColumn, FormatColumn
from crm.models import CompetitorSighting


def _customer(sighting: CompetitorSighting) -> SafeString:
    return format_html('<a href="/customers/{}/">{}</a>', sighting.customer_id, sighting.customer)


def _price(sighting: CompetitorSighting) -> str:
    return sighting.price_text or "–"


class PriceColumn(FormatColumn):
    """¥59.00 / box on the page; in Excel the bare number, the unit stands beside it."""

    def value(self, row: CompetitorSighting) -> Decimal | None:
        return row.price


def sighting_columns(may_edit: Callable[[CompetitorSighting], bool]) -> tuple[Column, ...]:
    """The product leads to its form for those who may correct the row."""

    def product(sighting: CompetitorSighting) -> SafeString:
        if not may_edit(sighting):
            return format_html('<span class="fw-medium">{}</span>', sighting.product)
        url = reverse("crm:competitor_edit", args=[sighting.pk])
        return format_html('<a href="{}" class="fw-medium">{}</a>', url, sighting.product)

    return (
        DateColumn("seen_on", _("Seen on"), order=("seen_on",), phone="line"),
        Column("competitor", _("Competitor"), path="competitor.name", order=("competitor__name",)),
        FormatColumn(
            "product", _("Product"), path="product", order=("product",), phone="title", draw=product
        ),
        PriceColumn("price", _("Price"), order=("price",), phone="side", align="end", draw=_price),
        Column("unit", _("Unit"), phone="", hidden=True),
        Column("person", _("Person in charge"), order=("person",)),
        FormatColumn(
            "customer", _("Customer"), path="customer.name", order=("customer__name",), draw=_customer
        ),
        Column("rep", _("Rep"), path="rep.name", order=("rep__name",)),
        Column("notes", _("Notes")),
    )
