"""Writing products."""

from __future__ import annotations

from django.db import transaction

from common.names import fold, pinyin_initials
from sales.models import Product


@transaction.atomic
def save_product(*, product: Product) -> Product:
    """Save a new or changed product with the text it is searched by: code, barcode, name, pinyin initials."""
    product.search_text = search_text(product)
    product.save()
    return product


def search_text(product: Product) -> str:
    """For rows that are written in bulk, too."""
    parts = (product.code, product.barcode, fold(product.name), pinyin_initials(product.name))
    return " ".join(part for part in (fold(part) for part in parts) if part)[:300]
