"""Rows of an order history (interfaces.md, `import_orders`): which column is what, what a cell means, what one order is."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.money import line_amount, round_money, round_quantity
from sales.rules.slips import MAX_AMOUNT, MAX_LINES, MAX_PRICE, MAX_QUANTITY

# Our field: its label and the heads that mean it, folded (see `_fold`). "customer" and "product" take a code or a name.
FIELDS: dict[str, tuple[str | Promise, tuple[str, ...]]] = {
    "number": (
        gettext_lazy("order number"),
        ("number", "orderno", "ordernumber", "单号", "订单号", "订单编号", "单据编号", "销售单号", "單號"),
    ),
    "date": (
        gettext_lazy("order date"),
        ("date", "orderdate", "日期", "订单日期", "单据日期", "下单日期", "销售日期", "下单时间"),
    ),
    "customer_code": (
        gettext_lazy("customer code"),
        ("customercode", "客户编码", "客户编号", "客户代码", "往来单位编码", "客戶編號"),
    ),
    "customer_name": (
        gettext_lazy("customer name"),
        ("customername", "客户名称", "客户", "往来单位", "购货单位", "客戶名稱"),
    ),
    "customer": (gettext_lazy("customer code or name"), ("customer",)),
    "product_code": (
        gettext_lazy("product code"),
        ("productcode", "sku", "商品编码", "商品编号", "存货编码", "货品编码", "产品编码", "商品代码"),
    ),
    "product_name": (
        gettext_lazy("product name"),
        ("productname", "商品名称", "商品", "存货名称", "货品名称", "产品名称", "品名"),
    ),
    "product": (gettext_lazy("product code or name"), ("product",)),
    "quantity": (gettext_lazy("quantity"), ("quantity", "qty", "数量", "销售数量", "订货数量", "數量")),
    "price": (gettext_lazy("price"), ("price", "unitprice", "单价", "含税单价", "销售单价", "單價")),
    "amount": (
        gettext_lazy("amount"),
        ("amount", "total", "金额", "含税金额", "销售金额", "价税合计", "金額"),
    ),
    "rep": (gettext_lazy("rep"), ("rep", "salesman", "owner", "业务员", "销售员", "经手人", "負責人")),
}
# Our own column in the error workbook: it comes back with the mended file and means nothing.
REASON_HEADERS = frozenset({"失败原因", "reasonforfailure"})
_NUMBER_LENGTH = 36  # the delivery's number is made of it
_DATE = re.compile(r"^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T].*)?$")
_COMPACT_DATE = re.compile(r"^(\d{4})(\d{2})(\d{2})$")
_EXCEL_EPOCH = dt.date(1899, 12, 30)
_BRACKETS = re.compile(r"[(\[（【].*?[)\]）】]")


class RowError(ValueError):
    """Why a row cannot be read, in words for the person who made the file."""


@dataclass(frozen=True, slots=True)
class OrderRow:
    """One line of the file. Quantities in the product's unit (three places), money in CNY (two places)."""

    number: str
    day: dt.date
    customer_code: str
    customer_name: str
    product_code: str
    product_name: str
    quantity: Decimal
    price: Decimal
    discount: Decimal  # a share
    amount: Decimal
    rep: str


def _fold(header: str) -> str:
    text = unicodedata.normalize("NFKC", header).casefold()
    bare = _BRACKETS.sub("", text)
    return "".join(c for c in (bare if any(map(str.isalnum, bare)) else text) if c.isalnum())


_BY_HEAD = {alias: name for name, (_label, aliases) in FIELDS.items() for alias in aliases}


def guess_mapping(headers: Iterable[str]) -> dict[str, str]:
    """{head: our field} for the heads that are recognised; the first of two columns wins."""
    mapping: dict[str, str] = {}
    for header in headers:
        name = _BY_HEAD.get(_fold(header), "")
        if name and name not in mapping.values():
            mapping[header] = name
    return mapping


def check_mapping(mapping: Mapping[str, str], headers: Sequence[str]) -> None:
    """Refuse a mapping that cannot work. Raises ValidationError with one message for each problem."""
    problems = [
        _("The file has no column “%(header)s”.") % {"header": head}
        for head in mapping
        if head not in headers
    ]
    chosen = list(mapping.values())
    problems += [
        _("There is no field “%(field)s”.") % {"field": name} for name in chosen if name not in FIELDS
    ]
    problems += [
        _("Two columns are mapped to “%(field)s”. Choose one.") % {"field": FIELDS[name][0]}
        for name in dict.fromkeys(chosen)
        if name in FIELDS and chosen.count(name) > 1
    ]
    needed = (
        ("number",),
        ("date",),
        ("customer_code", "customer_name", "customer"),
        ("product_code", "product_name", "product"),
        ("quantity",),
        ("price", "amount"),
    )
    problems += [
        _("No column holds the %(field)s; the file has: %(headers)s.")
        % {"field": " / ".join(str(FIELDS[name][0]) for name in names), "headers": "、".join(headers)}
        for names in needed
        if not set(names) & set(chosen)
    ]
    if problems:
        raise ValidationError(problems)


def unmapped_headers(mapping: Mapping[str, str], headers: Sequence[str]) -> list[str]:
    """Columns that are left out."""
    return [head for head in headers if not mapping.get(head) and _fold(head) not in REASON_HEADERS]


def parse_row(cells: Mapping[str, str], *, today: dt.date) -> OrderRow:
    """One line of the file, {our field: text}. Raises RowError with the first thing that is wrong.

    With an amount and no price the price is amount ÷ quantity; with both, the amount stands and the difference is the
    line's discount (§6 keeps the line's sum, so history adds up as the old system printed it).
    """
    text = {name: cells.get(name, "").strip() for name in FIELDS}
    if not text["number"]:
        raise RowError(_("The order number is missing."))
    if len(text["number"]) > _NUMBER_LENGTH:
        raise RowError(_("The order number is longer than %(n)s characters.") % {"n": _NUMBER_LENGTH})
    customer_code, customer_name = _named(text, "customer", _("The customer is missing."))
    product_code, product_name = _named(text, "product", _("The product is missing."))
    quantity = round_quantity(_number(text["quantity"], _("quantity"), MAX_QUANTITY))
    if quantity <= 0:
        raise RowError(_("The quantity must be more than 0; returns are not part of an order history."))
    price, discount, amount = _money(text, quantity)
    return OrderRow(
        number=text["number"],
        day=parse_date(text["date"], today=today),
        customer_code=customer_code,
        customer_name=customer_name,
        product_code=product_code,
        product_name=product_name,
        quantity=quantity,
        price=price,
        discount=discount,
        amount=amount,
        rep=text["rep"],
    )


def _named(text: Mapping[str, str], what: str, missing: str) -> tuple[str, str]:
    """(code, name) of a customer or product; what stands in the common column may be either."""
    either = text[what]
    code, name = text[f"{what}_code"] or either, text[f"{what}_name"] or either
    if not code and not name:
        raise RowError(missing)
    return code, name


def _money(text: Mapping[str, str], quantity: Decimal) -> tuple[Decimal, Decimal, Decimal]:
    none = Decimal(0)
    if not text["price"] and not text["amount"]:
        raise RowError(_("Neither price nor amount is given."))
    if not text["amount"]:
        price = round_money(_number(text["price"], _("price"), MAX_PRICE))
        return price, none, line_amount(quantity, price)
    amount = round_money(_number(text["amount"], _("amount"), MAX_AMOUNT))
    by_amount = round_money(amount / quantity)
    if not text["price"]:
        return _checked(by_amount), none, amount
    price = round_money(_number(text["price"], _("price"), MAX_PRICE))
    full = line_amount(quantity, price)
    if amount < full:
        return price, (1 - amount / full).quantize(Decimal("0.0001")), amount
    return (price if amount == full else _checked(by_amount)), none, amount


def _checked(price: Decimal) -> Decimal:
    if price > MAX_PRICE:
        raise RowError(_("The price %(price)s is too large to be true.") % {"price": price})
    return price


def _number(text: str, what: str, most: Decimal) -> Decimal:
    """1,234.50, ¥12, 12.000000001; refused when it is no number, negative or too large."""
    bare = unicodedata.normalize("NFKC", text).replace(",", "").replace("¥", "").replace("元", "").strip()
    try:
        value = Decimal(bare)
    except InvalidOperation:
        raise RowError(_("“%(text)s” is no %(what)s.") % {"text": text[:40], "what": what}) from None
    if not value.is_finite() or value < 0 or value > most:
        if value.is_finite() and value < 0 and what == _("quantity"):
            raise RowError(_("The quantity must be more than 0; returns are not part of an order history."))
        raise RowError(_("“%(text)s” is no %(what)s.") % {"text": text[:40], "what": what})
    return value


def parse_date(text: str, *, today: dt.date) -> dt.date:
    """2026-03-01, 2026/3/1, 20260301, 2026年3月1日, with or without a time, or a spreadsheet's day number."""
    bare = unicodedata.normalize("NFKC", text).strip()
    match = _DATE.match(bare) or _COMPACT_DATE.match(bare)
    try:
        if match:
            day = dt.date(*(int(part) for part in match.groups()))
        elif re.fullmatch(r"\d{5}(\.\d+)?", bare):
            day = _EXCEL_EPOCH + dt.timedelta(days=int(bare.split(".")[0]))
        else:
            raise ValueError
    except ValueError:
        raise RowError(
            _("“%(text)s” is no date.") % {"text": text[:40]} if text else _("The date is missing.")
        ) from None
    if day > today:
        raise RowError(_("The date %(day)s is in the future.") % {"day": day})
    if day.year < 1990:
        raise RowError(_("The date %(day)s is too long ago to be true.") % {"day": day})
    return day


def disagreement(rows: Sequence[OrderRow]) -> str:
    """Why lines with one number are not one order, or "" when they are."""
    if len(rows) > MAX_LINES:
        return _("An order has at most %(n)s lines.") % {"n": MAX_LINES}
    if len({row.day for row in rows}) > 1:
        return _("The lines of order %(number)s have different dates.") % {"number": rows[0].number}
    if len({(row.customer_code, row.customer_name) for row in rows}) > 1:
        return _("The lines of order %(number)s name different customers.") % {"number": rows[0].number}
    if sum((row.amount for row in rows), Decimal(0)) > MAX_AMOUNT:
        return _("The total is too large to be true.")
    return ""
