"""The tree of product categories."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from sales.models import ProductCategory
from sales.rules.products import with_children


@transaction.atomic
def save_category(
    *, category: ProductCategory | None = None, name: str, parent: ProductCategory | None = None
) -> ProductCategory:
    """A new category at the end of its parent's, or a changed one. Raises ValidationError by field.

    Names are unique in the whole tree: files and filters name a category without its parents.
    """
    name = name.strip()
    if not name:
        raise ValidationError({"name": _("Name the category.")})
    rows = {row.pk: row for row in ProductCategory.objects.select_for_update().order_by("pk")}
    own = category.pk if category else None
    if any(row.name == name and row.pk != own for row in rows.values()):
        raise ValidationError({"name": _("There is a category of this name already.")})
    if category and parent and parent.pk in with_children(category.pk, _parents(rows)):
        raise ValidationError({"parent": _("A category cannot belong to itself or to one below it.")})
    category = category or ProductCategory(position=_last_position())
    category.name, category.parent = name, parent
    category.save()
    return category


@transaction.atomic
def move_category(*, category: ProductCategory, by: int) -> None:
    """One place up (−1) or down (1) among its sisters; at the end it stays."""
    sisters = list(
        ProductCategory.objects.select_for_update()
        .filter(parent_id=category.parent_id)
        .order_by("position", "pk")
    )
    at = next(n for n, row in enumerate(sisters) if row.pk == category.pk)
    to = at + by
    if not 0 <= to < len(sisters):
        return
    sisters[at], sisters[to] = sisters[to], sisters[at]
    for position, row in enumerate(sisters):
        if row.position != position:
            row.position = position
            row.save(update_fields=["position"])


@transaction.atomic
def delete_category(*, category: ProductCategory) -> None:
    """Take an empty category away. Raises ValidationError while products or categories belong to it."""
    row = ProductCategory.objects.select_for_update().get(pk=category.pk)
    if row.children.exists() or row.products.exists():
        raise ValidationError(
            _("“%(category)s” is not empty: move its products and categories first.") % {"category": row}
        )
    row.delete()


def _parents(rows: dict[int, ProductCategory]) -> dict[int, int | None]:
    return {pk: row.parent_id for pk, row in rows.items()}


def _last_position() -> int:
    last: int | None = ProductCategory.objects.aggregate(last=Max("position"))["last"]
    return 0 if last is None else last + 1
