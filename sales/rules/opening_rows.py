"""Rows of a workbook of opening balances: what a cell means. Pure."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from sales.rules.sheet_rows import Head, RowError, money
from sales.rules.slips import MAX_AMOUNT

OPENING_HEADS: dict[str, Head] = {
    "code": Head(gettext_lazy("Customer code"), ("code", "编码", "客户编码", "客户编号", "编号")),
    "name": Head(gettext_lazy("Customer"), ("name", "customername", "名称", "客户名称", "客户")),
    "amount": Head(
        gettext_lazy("Amount"),
        ("amount", "金额", "期初应收", "期初余额", "应收金额", "应收余额", "欠款", "欠款金额"),
    ),
    "billed_on": Head(
        gettext_lazy("Bill date"), ("billdate", "billedon", "单据日期", "账单日期", "日期", "发生日期")
    ),
    "due_on": Head(
        gettext_lazy("Payment due"), ("paymentdue", "dueon", "duedate", "到期日", "到期日期", "应收日期")
    ),
    "note": Head(gettext_lazy("Note"), ("note", "备注", "说明", "摘要")),
}
_DAY = re.compile(r"(\d{4})\D{1,2}(\d{1,2})\D{1,2}(\d{1,2})(?:\D.*)?|(\d{4})(\d{2})(\d{2})", re.DOTALL)


@dataclass(frozen=True, slots=True)
class OpeningRow:
    """One row that can be taken: whom it names, CNY, its days."""

    code: str
    name: str
    amount: Decimal
    billed_on: dt.date | None
    due_on: dt.date | None
    note: str


def read_row(cells: Mapping[str, str], *, today: dt.date) -> OpeningRow:
    """Raises RowError with the reason a row cannot be taken."""
    code, name = cells.get("code", "").strip(), cells.get("name", "").strip()
    if not code and not name:
        raise RowError(_("The row names no customer."))
    typed = cells.get("amount", "").strip()
    if typed.startswith("-"):
        raise RowError(_("Money paid ahead is no bill: note it as a receipt."))
    amount = money(typed, OPENING_HEADS["amount"].label, MAX_AMOUNT)
    if amount <= 0:
        raise RowError(_("The amount must be more than 0."))
    billed_on = read_day(cells.get("billed_on", ""))
    due_on = read_day(cells.get("due_on", ""))
    if billed_on is not None and billed_on > today:
        raise RowError(_("The date is in the future."))
    if billed_on is None and due_on is not None and due_on < today:
        billed_on = due_on  # all that is known of an old debt is when it was due
    if due_on is not None and due_on < (billed_on or today):
        raise RowError(_("It cannot be due before it was billed."))
    return OpeningRow(code, name, amount, billed_on, due_on, cells.get("note", "").strip()[:200])


def read_day(text: str) -> dt.date | None:
    """2026-03-01, 2026/3/1, 2026年3月1日, 20260301; nothing for an empty cell; RowError for anything else."""
    text = text.strip()
    if not text:
        return None
    if match := _DAY.fullmatch(text):
        year, month, day = (int(part) for part in match.groups() if part is not None)
        try:
            return dt.date(year, month, day)
        except ValueError:
            pass
    raise RowError(_("“%(text)s” is no date.") % {"text": text[:30]})
