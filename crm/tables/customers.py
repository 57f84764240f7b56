"""Columns of the customer list."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace
from html import escape
from typing import Any

from django.utils.html import conditional_escape
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from common.geo import distance_m
from common.tables import (
    AgoColumn,
    Column,
    DateColumn,
    FormatColumn,
    MomentColumn,
    MoneyColumn,
    NumberColumn,
    ago_text,
    badge,
    text,
)
from common.templatetags import paodian as fmt
from crm.models import Customer

CLIP = 30  # signs of the last contact's text in a cell; the whole is its tooltip


def _name(customer: Customer) -> SafeString:
    link = f'<a href="/customers/{customer.pk}/" class="fw-medium">{escape(customer.name)}</a>'
    marks = ""
    if customer.status == "inactive":
        marks = badge(_t("Inactive"))
    elif customer.location_status == "to_confirm":
        marks = badge(_t("Location to confirm"), "yellow")
    if customer.last_order_on is None and customer.last_sale_on is None:
        marks += badge(_t("Never traded"), "azure")
    return SafeString(f"{link} {marks}" if marks else link)


def _owner(customer: Customer) -> SafeString:
    # owner_name comes from queries.lists.with_columns, like all names here.
    name = getattr(customer, "owner_name", None) or _t("public pool")
    return SafeString(f'<span class="crm-owner">{escape(name)}</span>')


def own_hidden(column: Column, user_pk: int) -> Column:
    """The owner's column for one person: on the phone, his own name under each of his customers says nothing."""

    def draw(row: Any) -> SafeString | str:
        if row.owner_id != user_pk:
            return shown(row)
        return SafeString(f'<span class="crm-mine">{conditional_escape(shown(row))}</span>')

    assert isinstance(column, FormatColumn)
    assert column.draw is not None
    shown = column.draw
    return replace(column, draw=draw)


# --- last contact
def last_contact_on(customer: Customer) -> dt.date | None:
    days = [day for day in (customer.last_visit_on, customer.last_follow_up_on) if day]
    return max(days) if days else None


def last_contact_text(customer: Customer) -> str:
    """What the later of the last follow-up and the last visit says."""
    visit, talk = customer.last_visit_on, customer.last_follow_up_on
    if visit and (not talk or visit > talk):
        return getattr(customer, "visit_text", None) or _t("Visit")
    return getattr(customer, "follow_up_text", None) or ""


def _last_contact(customer: Customer) -> SafeString:
    ago, said = ago_text(last_contact_on(customer)), last_contact_text(customer)
    if not said:
        return ago
    short = said if len(said) <= CLIP else f"{said[:CLIP]}…"
    return SafeString(f'{ago} <span class="crm-said" title="{escape(said)}">{escape(short)}</span>')


@dataclass(frozen=True)
class LastContactColumn(FormatColumn):
    def value(self, row: Any) -> Any:
        day = last_contact_on(row)
        return f"{day} {last_contact_text(row)}".strip() if day else ""


# --- tags
def tag_list(customer: Customer) -> list[str]:
    return sorted(filter(None, (getattr(customer, "tag_names", None) or "").split("\n")))


def draw_tags(customer: Customer) -> SafeString | str:
    names = tag_list(customer)
    return SafeString(" ".join(badge(name, "teal") for name in names)) if names else "–"


@dataclass(frozen=True)
class TagsColumn(FormatColumn):
    def value(self, row: Any) -> Any:
        return "、".join(tag_list(row))


# --- cells that are changed on the spot
def draw_level(customer: Customer) -> SafeString:
    return text(customer.level or "–")


def _inline(field: str, label: str, draw: Callable[[Customer], Any]) -> Callable[[Customer], SafeString]:
    def cell(customer: Customer) -> SafeString:
        return SafeString(
            f'<button type="button" class="crm-inline" hx-get="/customers/{customer.pk}/cell/{field}/"'
            f' hx-target="closest td"><span class="visually-hidden">{escape(customer.name)}: {escape(label)} </span>'
            f"{conditional_escape(draw(customer))}</button>"
        )

    return cell


def inline_cell(field: str) -> Callable[[Customer], SafeString]:
    """Draws "level" or "tags" as a button that opens the small form in its place."""
    if field == "level":
        return _inline(field, _t("Level"), draw_level)
    return _inline(field, _t("Tags"), draw_tags)


# --- near me
@dataclass(frozen=True)
class DistanceColumn(Column):
    near: tuple[float, float] = (0.0, 0.0)
    align: str = "end"

    def value(self, row: Any) -> Any:
        """Metres, whole."""
        if row.latitude is None:
            return None
        return round(distance_m(*self.near, row.latitude, row.longitude))

    def cell(self, row: Any) -> str:
        return text(fmt.distance(self.value(row)))


def distance_column(near: tuple[float, float]) -> DistanceColumn:
    return DistanceColumn("distance", _("Distance"), near=near)


def _place(customer: Customer) -> str:
    return f"{customer.city} {customer.district}".strip() or "–"


@dataclass(frozen=True)
class PlaceColumn(FormatColumn):
    def value(self, row: Any) -> Any:
        return f"{row.city} {row.district}".strip()


CUSTOMER_COLUMNS: tuple[Column, ...] = (
    Column("code", _("Code"), order=("code",), phone=""),
    FormatColumn("name", _("Customer name"), order=("name",), phone="title", draw=_name),
    FormatColumn("level", _("Level"), path="level", order=("level",), phone="side", draw=draw_level),
    TagsColumn("tags", _("Tags"), phone="", draw=draw_tags),
    Column("channel", _("Channel"), path="channel_name", order=("channel__position",), phone=""),
    FormatColumn("owner", _("Owner"), path="owner_name", order=("owner__name",), phone="line", draw=_owner),
    AgoColumn("last_visit_on", _("Last visit"), order=("last_visit_on",), phone="line"),
    AgoColumn("last_order_on", _("Last order"), order=("last_order_on",), phone="line"),
    LastContactColumn(
        "last_contact", _("Last contact"), order=("last_contact_on",), phone="line", draw=_last_contact
    ),
    MoneyColumn("receivable", _("Receivable"), order=("receivable",), phone="line"),
    NumberColumn("low_stock", _("Low stock"), phone="", hidden=True),
    DateColumn("task", _("Next visit task"), path="open_task_on", phone="", hidden=True),
    MomentColumn("next_contact_at", _("Next contact"), order=("next_contact_at",), phone="", hidden=True),
    Column(
        "maturity",
        _("Maturity"),
        path="maturity_name",
        order=("maturity__position",),
        phone="",
        hidden=True,
    ),
    Column("region", _("Region"), path="region_name", order=("region__position",), phone="", hidden=True),
    AgoColumn("last_follow_up_on", _("Last follow-up"), order=("last_follow_up_on",), phone="", hidden=True),
    AgoColumn("last_sale_on", _("Last sale"), order=("last_sale_on",), phone="", hidden=True),
    PlaceColumn("place", _("City, district"), order=("city", "district"), phone="", hidden=True, draw=_place),
    DateColumn("received_on", _("Received on"), order=("received_on",), phone="", hidden=True),
    DateColumn("created_on", _("Created on"), order=("created_on",), phone="", hidden=True),
)


def inline_columns(columns: tuple[Column, ...]) -> tuple[Column, ...]:
    """The same columns, with those that may be changed on the spot drawn as buttons."""
    return tuple(
        replace(column, draw=inline_cell(column.key))  # type: ignore[call-arg]  # these two are FormatColumns
        if column.key in ("level", "tags")
        else column
        for column in columns
    )
