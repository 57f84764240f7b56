"""Products from a workbook: made or changed by their code, each row for itself, all in one transaction."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.enums import AccessAction
from accounts.models import User
from accounts.services import record_access
from sales.models import Product, ProductCategory
from sales.rules.product_rows import PRODUCT_HEADS, check_product, product_values
from sales.rules.sheet_rows import RowError
from sales.services.categories import save_category
from sales.services.products import barcode_taken, lock_barcodes, search_text
from sales.services.sheet_files import FileResult, Problem, sheet_rows

FIELDS = [name for name in PRODUCT_HEADS if name != "category"]


@dataclass
class _Catalogue:
    """What there is already, and what the rows so far make of it."""

    products: dict[str, Product]
    categories: dict[str, ProductCategory]
    barcodes: dict[str, tuple[str, str]]  # barcode → code and name of the product it names
    create_categories: bool
    may_see_cost: bool
    seen: dict[str, int] = field(default_factory=dict)  # code → row
    new_categories: list[str] = field(default_factory=list)


@transaction.atomic
def import_products(
    *, actor: User, upload: UploadedFile[Any], create_categories: bool = False, dry_run: bool = False
) -> FileResult:
    """Make and change products by code; a dry run only says what would happen.

    A row that cannot be taken changes nothing and is named in the answer; all others go in. The cost is read only
    for those who may see it. Raises ValidationError when the file as a whole cannot be used.
    """
    lock_barcodes()
    known = _catalogue(actor, create_categories)
    result = FileResult()
    made: list[Product] = []
    changed: list[tuple[Product, list[str]]] = []
    for number, cells in sheet_rows(upload, PRODUCT_HEADS, needed=("code",), result=result):
        if not known.may_see_cost:
            cells.pop("cost", None)
        try:
            product, names = _apply(known, number, cells)
        except RowError as error:
            what = " ".join(filter(None, (cells.get("code", ""), cells.get("name", ""))))
            result.problems.append(Problem(number, what, str(error)))
            continue
        if product.pk is None:
            made.append(product)
        elif names:
            changed.append((product, names))
        else:
            result.unchanged += 1
    result.created, result.updated = len(made), len(changed)
    if not dry_run:
        _write(known, made, changed)
        record_access(actor=actor, action=AccessAction.IMPORT, what=upload.name or "", rows=result.rows)
    return result


def _catalogue(actor: User, create_categories: bool) -> _Catalogue:
    products = {row.code: row for row in Product.objects.select_related("category")}
    return _Catalogue(
        products=products,
        categories={row.name: row for row in ProductCategory.objects.all()},
        barcodes={
            barcode: (row.code, row.name)
            for row in products.values()
            for barcode in (row.barcode, row.box_barcode)
            if barcode
        },
        create_categories=create_categories,
        may_see_cost=actor.has_perm("sales.view_margin"),
    )


def _apply(known: _Catalogue, number: int, cells: dict[str, str]) -> tuple[Product, list[str]]:
    """The product with the row's values on it, and the fields that changed. Raises RowError; then nothing is kept."""
    values = product_values(cells)
    code = values["code"]
    if code in known.seen:
        raise RowError(_("Row %(row)s has this code already.") % {"row": known.seen[code]})
    product = known.products.get(code) or Product(code=code)
    whole = {name: getattr(product, name) for name in FIELDS} | {
        name: value for name, value in values.items() if name != "category"
    }
    check_product(whole)
    _check_barcodes(known, code, whole)
    category = _category(known, product, values.get("category"))
    names = [name for name in FIELDS if getattr(product, name) != whole[name]]
    if (category.name if category else "") != (product.category.name if product.category else ""):
        names.append("category")
    known.seen[code] = number
    for barcode in (product.barcode, product.box_barcode):
        known.barcodes.pop(barcode, None)
    for name in names:
        setattr(product, name, category if name == "category" else whole[name])
    for barcode in (product.barcode, product.box_barcode):
        if barcode:
            known.barcodes[barcode] = (code, product.name)
    known.products.setdefault(code, product)
    return product, names


def _check_barcodes(known: _Catalogue, code: str, values: dict[str, Any]) -> None:
    for name in ("barcode", "box_barcode"):
        owner = known.barcodes.get(values[name])
        if values[name] and owner and owner[0] != code:
            raise RowError(barcode_taken(values[name], *owner))


def _category(known: _Catalogue, product: Product, name: str | None) -> ProductCategory | None:
    """The category a row names; without a name the product's own."""
    if name is None:
        return product.category
    if not name:
        return None
    # 饮料 / 矿泉水: a path is read by its end, names being unique.
    name = name.replace("／", "/").split("/")[-1].strip()
    if name not in known.categories:
        if not known.create_categories:
            raise RowError(_("There is no category “%(name)s”.") % {"name": name})
        known.categories[name] = ProductCategory(name=name)
    return known.categories[name]


def _write(known: _Catalogue, made: list[Product], changed: list[tuple[Product, list[str]]]) -> None:
    used = {row.category.name for row in made if row.category} | {
        row.category.name for row, _names in changed if row.category
    }
    for name, category in known.categories.items():
        if category.pk is None and name in used:
            known.categories[name] = save_category(name=name)
    for product in [*made, *(row for row, _names in changed)]:
        if product.category is not None and product.category.pk is None:
            product.category = known.categories[product.category.name]
        product.search_text = search_text(product)
    # A barcode that goes from one product to another is free before it is taken.
    for product, names in changed:
        if freed := [name for name in names if name in ("barcode", "box_barcode")]:
            Product.objects.filter(pk=product.pk).update(**dict.fromkeys(freed, ""))
    for product, names in changed:
        product.save(update_fields=[*names, "search_text"])
    Product.objects.bulk_create(made, batch_size=500)
