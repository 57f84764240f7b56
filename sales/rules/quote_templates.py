"""Templates of printed quotations: a closed set of variables in cleaned HTML, no code (G2). Pure.

`{{ customer }}` is replaced by the value; a table row marked `<tr data-lines>` is repeated for every line of the
quotation, and there `{{ line.product }}` and its like may stand. Nothing else is understood.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.markup import clean_paper

VARIABLES: dict[str, str | Promise] = {
    "company": gettext_lazy("our company's name"),
    "number": gettext_lazy("quotation number"),
    "version": gettext_lazy("version"),
    "quoted_on": gettext_lazy("quotation date"),
    "valid_until": gettext_lazy("Valid until"),
    "customer": gettext_lazy("customer's name"),
    "customer_code": gettext_lazy("customer's code"),
    "customer_address": gettext_lazy("customer's address"),
    "contact": gettext_lazy("contact person"),
    "contact_phone": gettext_lazy("contact's phone"),
    "rep": gettext_lazy("rep"),
    "rep_phone": gettext_lazy("rep's phone"),
    "subtotal": gettext_lazy("sum of the lines"),
    "discount": gettext_lazy("order discount"),
    "total": gettext_lazy("total"),
    "total_in_capitals": gettext_lazy("total in Chinese capitals"),
    "terms": gettext_lazy("terms"),
    "note": gettext_lazy("note"),
}
LINE_VARIABLES: dict[str, str | Promise] = {
    "line.no": gettext_lazy("number of the line"),
    "line.product": gettext_lazy("product name"),
    "line.code": gettext_lazy("product code"),
    "line.specification": gettext_lazy("specification"),
    "line.packing": gettext_lazy("packing"),
    "line.quantity": gettext_lazy("quantity"),
    "line.unit": gettext_lazy("unit"),
    "line.price": gettext_lazy("price"),
    "line.discount": gettext_lazy("line discount"),
    "line.amount": gettext_lazy("amount"),
    "line.note": gettext_lazy("note"),
}
MAX_HTML = 20_000  # characters

_VARIABLE = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
_LINES_ROW = re.compile(r'<tr data-lines="">(.*?)</tr>', re.DOTALL)


def clean(html: str) -> str:
    """The template as it is kept."""
    return clean_paper(html)


def mistakes(html: str) -> list[str]:
    """What is wrong with a cleaned template, in words; nothing: it can be used."""
    rows = _LINES_ROW.findall(html)
    outside = _LINES_ROW.sub("", html)
    found = []
    if len(html) > MAX_HTML:
        found.append(_("The template is longer than %(n)s characters.") % {"n": MAX_HTML})
    if not rows:
        found.append(
            _("The template has no row for the products: mark one row of a table with <tr data-lines>.")
        )
    for row in rows:
        found += _unknown(row, {**VARIABLES, **LINE_VARIABLES})
        if "<table" in row:
            found.append(_("A table cannot stand in a row that is repeated."))
    found += _unknown(outside, VARIABLES)
    if re.search(r"\{\{|\}\}|\{%|%\}", _VARIABLE.sub("", html)):
        found.append(
            _("There is a brace left over: a variable is written {{ total }}, without anything inside it.")
        )
    return list(dict.fromkeys(found))


def _unknown(html: str, known: Mapping[str, object]) -> Iterable[str]:
    for name in _VARIABLE.findall(html):
        if name in known:
            continue
        if name in LINE_VARIABLES:
            yield _("{{ %(name)s }} can stand only in the row marked <tr data-lines>.") % {"name": name}
        else:
            yield _("There is no variable {{ %(name)s }}.") % {"name": name}


def fill(html: str, values: Mapping[str, str], lines: Sequence[Mapping[str, str]]) -> str:
    """The paper's HTML. Values are text: they are escaped, and their line breaks kept."""

    def row(match: re.Match[str]) -> str:
        return "".join(f"<tr>{_replace(match[1], {**values, **line})}</tr>" for line in lines)

    # Rows first, then what is between them: no value is looked through for variables.
    parts = []
    end = 0
    for match in _LINES_ROW.finditer(html):
        parts += [_replace(html[end : match.start()], values), row(match)]
        end = match.end()
    return "".join([*parts, _replace(html[end:], values)])


def _replace(html: str, values: Mapping[str, str]) -> str:
    return _VARIABLE.sub(lambda match: _text(values.get(match[1], "")), html)


def _text(value: str) -> str:
    return "<br>".join(escape(line) for line in value.splitlines())


def example() -> tuple[dict[str, str], list[dict[str, str]]]:
    """Values for the preview in the admin, in the shape of real ones."""
    values = {
        "company": "合肥佳源商贸有限公司",
        "number": "QT20261122-0001",
        "version": "2",
        "quoted_on": "2026-11-22",
        "valid_until": "2026-12-07",
        "customer": "老王超市",
        "customer_code": "C000001",
        "customer_address": "安徽省合肥市包河区徽州大道 100 号",
        "contact": "王建国",
        "contact_phone": "138 0013 8000",
        "rep": "李伟",
        "rep_phone": "139 0551 0001",
        "subtotal": "¥1,080.00",
        "discount": "5 %",
        "total": "¥1,026.00",
        "total_in_capitals": "壹仟零贰拾陆元整",
        "terms": "1. 以上价格含税、含运费。\n2. 货到七日内付款。",
        "note": "节前送达",
    }
    goods = (
        ("徽山泉 天然水 550ml", "SP001", "550ml", "24瓶/箱", "240", "¥1.20", "¥288.00"),
        ("古井镇 柔和 500ml", "SP014", "42度 500ml", "6瓶/箱", "12", "¥66.00", "¥792.00"),
    )
    names = ("product", "code", "specification", "packing", "quantity", "price", "amount")
    lines = []
    for number, row in enumerate(goods, start=1):
        cells = {f"line.{name}": value for name, value in zip(names, row, strict=True)}
        lines.append(
            {"line.no": str(number), "line.unit": "瓶", "line.discount": "", "line.note": "", **cells}
        )
    return values, lines
