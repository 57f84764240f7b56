"""Writing products: what they are searched by, their barcodes and pictures, on sale or not."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from functools import partial
from pathlib import PurePosixPath

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import User
from common.names import fold, pinyin_initials
from common.photos import PreparedPhoto, smaller
from crm import services as crm
from sales.models import Product
from sales.services.common import audit

THUMBNAIL_SIDE = 160


@transaction.atomic
def save_product(
    *, product: Product, picture: PreparedPhoto | None = None, drop_picture: bool = False
) -> Product:
    """Save a new or changed product with the text it is searched by: code, barcodes, name, initials, brand.

    `picture` takes the place of the one there is, `drop_picture` takes that away. Raises ValidationError with the
    field's name when a barcode names another product already, its piece or its box.
    """
    check_barcodes(product)
    product.search_text = search_text(product)
    old = str(product.picture.name) if product.picture and (picture or drop_picture) else ""
    if picture is not None:
        _store_picture(product, picture)
    elif drop_picture:
        product.picture = ""
    product.save()
    if old:
        transaction.on_commit(partial(_remove_picture, product.picture.storage, old), robust=True)
    return product


def search_text(product: Product) -> str:
    """For rows that are written in bulk, too."""
    parts = (
        product.code,
        product.barcode,
        product.box_barcode,
        product.name,
        pinyin_initials(product.name),
        product.brand,
        product.specification,
    )
    return " ".join(part for part in (fold(part) for part in parts) if part)[:300]


@transaction.atomic
def set_on_sale(*, actor: User, products: Collection[int], on_sale: bool) -> int:
    """Stop or resume the sale of products, by id; how many were not so before."""
    rows = list(
        Product.objects.visible_to(actor).select_for_update().filter(pk__in=products, is_active=not on_sale)
    )
    Product.objects.filter(pk__in=[row.pk for row in rows]).update(is_active=on_sale)
    for row in rows:
        audit(actor=actor, row=row, changes={"is_active": [str(not on_sale), str(on_sale)]})
    return len(rows)


# --- barcodes
def check_barcodes(product: Product) -> None:
    """ValidationError when one of the product's barcodes names another product, or its box and piece alike.

    One product with a barcode is saved at a time (the counter's row is locked until the transaction ends), because
    no constraint looks across the two columns.
    """
    if product.barcode or product.box_barcode:
        lock_barcodes()
        if problems := barcode_problems(product.pk, product.barcode, product.box_barcode):
            raise ValidationError(problems, code="barcode")


def barcode_problems(pk: int | None, barcode: str, box_barcode: str) -> dict[str, str]:
    """What is wrong with the barcodes of the product `pk` (None: a new one), by field; for forms."""
    wanted = {"barcode": barcode, "box_barcode": box_barcode}
    codes = [code for code in wanted.values() if code]
    if not codes:
        return {}
    if len(set(codes)) < len(codes):
        return {"box_barcode": _("The box needs a barcode of its own, not that of the piece.")}
    others = Product.objects.filter(Q(barcode__in=codes) | Q(box_barcode__in=codes)).exclude(pk=pk or 0)
    return {
        name: barcode_taken(code, other.code, other.name)
        for other in others
        for name, code in wanted.items()
        if code and code in (other.barcode, other.box_barcode)
    }


def lock_barcodes() -> None:
    crm.next_numbers(name="product-barcode")


def barcode_taken(barcode: str, code: str, name: str) -> str:
    return _("Barcode %(barcode)s is %(code)s %(name)s already.") % {
        "barcode": barcode,
        "code": code,
        "name": name,
    }


# --- pictures
def thumbnail_name(name: str) -> str:
    """Where the small picture of a stored picture lies: a.jpg → a-small.jpg."""
    path = PurePosixPath(name)
    return str(path.with_name(f"{path.stem}-small{path.suffix}"))


def _store_picture(product: Product, picture: PreparedPhoto) -> None:
    """Both sizes; files of a transaction that fails stay behind, under names that nothing else will take."""
    name = f"{uuid.uuid4().hex}.jpg"
    product.picture.save(name, ContentFile(picture.content), save=False)
    small = smaller(picture, side=THUMBNAIL_SIDE)
    product.picture.storage.save(thumbnail_name(str(product.picture.name)), ContentFile(small.content))


def _remove_picture(storage: Storage, name: str) -> None:
    for path in (name, thumbnail_name(name)):
        storage.delete(path)
