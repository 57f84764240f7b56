"""Lines of a price list from a workbook."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.enums import AccessAction
from accounts.models import User
from accounts.services import record_access
from sales.models import PriceList, PriceListLine, Product
from sales.rules.product_rows import PRICE_HEADS, price_row
from sales.rules.sheet_rows import RowError
from sales.services.common import audit
from sales.services.sheet_files import FileResult, Problem, sheet_rows

Key = tuple[int, Decimal]  # product id and quantity


@transaction.atomic
def import_lines(
    *,
    actor: User,
    price_list: PriceList,
    upload: UploadedFile[Any],
    replace: bool = False,
    dry_run: bool = False,
) -> FileResult:
    """Add and change lines by product code and quantity; with `replace` the lines that the file lacks go away.

    A row that cannot be taken is named in the answer, all others go in; with `replace` a file with such a row takes
    no line away. Raises ValidationError when the file as a whole cannot be used.
    """
    PriceList.objects.select_for_update(no_key=True).only("pk").get(pk=price_list.pk)
    products = dict(Product.objects.values_list("code", "pk"))
    lines = {(line.product_id, line.min_quantity): line for line in price_list.lines.all()}
    result = FileResult()
    wanted: dict[Key, tuple[int, Decimal]] = {}  # → row and price
    for number, cells in sheet_rows(upload, PRICE_HEADS, needed=("code", "price"), result=result):
        try:
            key, price = _read(cells, products)
            if key in wanted:
                raise RowError(
                    _("Row %(row)s has this product and quantity already.") % {"row": wanted[key][0]}
                )
        except RowError as error:
            what = " ".join(filter(None, (cells.get("code", ""), cells.get("name", ""))))
            result.problems.append(Problem(number, what, str(error)))
            continue
        wanted[key] = (number, price)
    new = [key for key in wanted if key not in lines]
    changed = [key for key in wanted if key in lines and lines[key].price != wanted[key][1]]
    gone = [key for key in lines if key not in wanted] if replace and not result.problems else []
    result.created, result.updated, result.removed = len(new), len(changed), len(gone)
    result.unchanged = len(wanted) - len(new) - len(changed)
    if not dry_run and result.changes:
        _write(price_list, lines, wanted, new=new, changed=changed, gone=gone)
        said = f"+{len(new)} ~{len(changed)} -{len(gone)}"
        record_access(actor=actor, action=AccessAction.IMPORT, what=upload.name or "", rows=result.rows)
        audit(actor=actor, row=price_list, changes={"lines": [str(len(lines)), said]})
    return result


def _read(cells: dict[str, str], products: dict[str, int]) -> tuple[Key, Decimal]:
    row = price_row(cells)
    if row.code not in products:
        raise RowError(_("There is no product with the code %(code)s.") % {"code": row.code[:40]})
    return (products[row.code], row.min_quantity), row.price


def _write(
    price_list: PriceList,
    lines: dict[Key, PriceListLine],
    wanted: dict[Key, tuple[int, Decimal]],
    *,
    new: list[Key],
    changed: list[Key],
    gone: list[Key],
) -> None:
    for key in changed:
        lines[key].price = wanted[key][1]
    PriceListLine.objects.filter(pk__in=[lines[key].pk for key in gone]).delete()
    PriceListLine.objects.bulk_update([lines[key] for key in changed], ["price"], batch_size=500)
    PriceListLine.objects.bulk_create(
        [
            PriceListLine(
                price_list=price_list,
                product_id=product_id,
                min_quantity=least,
                price=wanted[product_id, least][1],
            )
            for product_id, least in new
        ],
        batch_size=1000,
    )
