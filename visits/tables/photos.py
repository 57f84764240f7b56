"""Columns of photos: for Excel, with links that need a login."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy

from common.tables import ChoiceColumn, Column, DateColumn, MomentColumn

Absolute = Callable[[str], str]


@dataclass(frozen=True)
class AddressColumn(Column):
    """Whole addresses of pages, one a line; `pages` gives the paths of a row."""

    pages: Callable[[Any], Sequence[str]] | None = None
    absolute: Absolute | None = None

    def value(self, row: Any) -> str:
        assert self.pages is not None
        assert self.absolute is not None
        return "\n".join(self.absolute(path) for path in self.pages(row))


def photo_path(photo_id: int) -> str:
    return reverse("visits:photo", args=[photo_id])


def photo_columns(absolute: Absolute) -> tuple[Column, ...]:
    return (
        DateColumn("day", gettext_lazy("Day"), path="visit.day", order=("visit__day",)),
        Column("rep", gettext_lazy("Rep"), path="visit.rep.name", order=("visit__rep__name",)),
        Column("customer", gettext_lazy("Customer"), path="visit.customer.name", phone="title"),
        Column("code", gettext_lazy("Customer code"), path="visit.customer.code"),
        ChoiceColumn("kind", gettext_lazy("Kind")),
        MomentColumn("taken", gettext_lazy("Taken at"), path="taken_at", order=("taken_at",)),
        Column("grade", gettext_lazy("Evidence"), path="visit.grade"),
        AddressColumn(
            "photo", gettext_lazy("Photo"), pages=lambda row: [photo_path(row.pk)], absolute=absolute
        ),
        AddressColumn(
            "earlier",
            gettext_lazy("Used before in"),
            pages=lambda row: [photo_path(row.reuse_of_id)] if row.reuse_of_id else [],
            absolute=absolute,
        ),
        AddressColumn(
            "visit",
            gettext_lazy("Visit"),
            pages=lambda row: [reverse("visits:visit_detail", args=[row.visit_id])],
            absolute=absolute,
        ),
    )


def visit_photo_column(absolute: Absolute) -> AddressColumn:
    """Links to a visit's photos; the rows must have prefetched them."""
    return AddressColumn(
        "photos",
        gettext_lazy("Photos"),
        hidden=True,
        pages=lambda row: [photo_path(photo.pk) for photo in row.photos.all()],
        absolute=absolute,
    )
