"""Opening balances from a workbook: looked through first, then taken in. A row that stands already is not taken twice."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from common import business_calendar
from crm.models import Customer
from sales.enums import BillKind
from sales.models import Bill
from sales.rules.opening_rows import OPENING_HEADS, OpeningRow, read_row
from sales.rules.sheet_rows import RowError
from sales.services import billing
from sales.services.opening_balances import open_balance
from sales.services.sheet_files import FileResult, Problem, sheet_rows

_CHUNK = 500


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A row that can be taken, with its customer and its days."""

    customer: Customer
    row: OpeningRow
    billed_on: dt.date
    due_on: dt.date

    @property
    def key(self) -> tuple[int, dt.date, dt.date, Decimal, str]:
        return (self.customer.pk, self.billed_on, self.due_on, self.row.amount, self.row.note)


@transaction.atomic
def import_openings(*, actor: User, upload: UploadedFile[Any], dry_run: bool) -> FileResult:
    """Write the rows that can be taken, all or none; a dry run writes nothing and says the same.

    A customer is named by its code, else by a name that only one has. A row that is there already as an opening
    balance (customer, days, amount, note) is left as it is, so that a file may be brought twice. ValidationError when
    the file cannot be read.
    """
    result, today = FileResult(), business_calendar.today()
    read: list[tuple[int, OpeningRow]] = []
    for number, cells in sheet_rows(upload, OPENING_HEADS, needed=("amount",), result=result):
        try:
            read.append((number, read_row(cells, today=today)))
        except RowError as problem:
            what = cells.get("name") or cells.get("code") or ""
            result.problems.append(Problem(number, what, str(problem)))
    wanted = _find_customers(actor, read, today, result)
    known = _there_already({row.customer.pk for row in wanted})
    for row in wanted:
        if known.get(row.key, 0):
            known[row.key] -= 1  # two equal rows of a file are two bills, and each is matched once
            result.unchanged += 1
            continue
        result.created += 1
        if not dry_run:
            open_balance(
                actor=actor,
                customer=row.customer,
                amount=row.row.amount,
                billed_on=row.billed_on,
                due_on=row.due_on,
                note=row.row.note,
            )
    result.problems.sort(key=lambda problem: problem.row)
    return result


def _find_customers(
    actor: User, read: Sequence[tuple[int, OpeningRow]], today: dt.date, result: FileResult
) -> list[_Wanted]:
    visible = Customer.objects.visible_to(actor).select_related("owner")
    by_code: dict[str, Customer] = {}
    by_name: dict[str, list[Customer]] = {}
    for customer in _in_chunks(visible, "code", {row.code for _number, row in read if row.code}):
        by_code[customer.code] = customer
    for customer in _in_chunks(visible, "name", {row.name for _number, row in read if not row.code}):
        by_name.setdefault(customer.name, []).append(customer)
    wanted = []
    for number, row in read:
        try:
            customer = _one(row, by_code, by_name)
            billed_on = row.billed_on or today
            due_on = row.due_on or billing.due_on(customer_id=customer.pk, day=billed_on)
        except (RowError, ValidationError) as problem:
            result.problems.append(Problem(number, row.name or row.code, str(problem)))
            continue
        wanted.append(_Wanted(customer, row, billed_on, due_on))
    return wanted


def _one(row: OpeningRow, by_code: dict[str, Customer], by_name: dict[str, list[Customer]]) -> Customer:
    if row.code:
        if row.code not in by_code:
            raise RowError(_("No customer of yours has the code “%(code)s”.") % {"code": row.code[:40]})
        return by_code[row.code]
    found = by_name.get(row.name, [])
    if len(found) > 1:
        raise RowError(
            _("Several customers are called “%(name)s”: write the code.") % {"name": row.name[:40]}
        )
    if not found:
        raise RowError(_("No customer of yours is called “%(name)s”.") % {"name": row.name[:40]})
    return found[0]


def _in_chunks(rows: QuerySet[Customer], field: str, values: set[str]) -> Iterable[Customer]:
    """Customers whose `field` is one of `values`, some hundred at a time."""
    todo = sorted(values)
    for start in range(0, len(todo), _CHUNK):
        yield from rows.filter(**{f"{field}__in": todo[start : start + _CHUNK]})


def _there_already(customer_ids: set[int]) -> dict[tuple[int, dt.date, dt.date, Decimal, str], int]:
    """How many opening balances stand, by customer, days, amount and note."""
    known: dict[tuple[int, dt.date, dt.date, Decimal, str], int] = {}
    todo = sorted(customer_ids)
    for start in range(0, len(todo), _CHUNK):
        rows = Bill.objects.posted().filter(
            kind=BillKind.OPENING, customer_id__in=todo[start : start + _CHUNK]
        )
        for key in rows.values_list("customer_id", "billed_on", "due_on", "amount", "note"):
            known[key] = known.get(key, 0) + 1
    return known
