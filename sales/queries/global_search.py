"""Products and slips for the search over everything (reports.queries.search)."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import CharField, F, Model, Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.search import LIMIT, Group, Hit, words_of
from sales.enums import QuoteStatus
from sales.models import (
    Agreement,
    Bill,
    CostEntry,
    Delivery,
    Product,
    Quote,
    Receipt,
    Refund,
    SalesOrder,
    SalesReturn,
)
from sales.rules.slip_numbers import beginnings

_Row = tuple[int, str, dt.date, str]  # key, number, day, customer


@dataclass(frozen=True)
class _Slip:
    """One kind of slip: what its numbers begin with, the fields that may hold one, that of its day, which ones are shown."""

    title: str | Promise
    icon: str
    model: type[Model]
    permission: str
    page: str  # of one slip, by its key
    more: str
    day: str
    numbers: dict[str, str]  # {field: prefix}
    shown: Q = field(default_factory=Q)


SLIPS = (
    _Slip(
        _("Sales orders"), "shopping-cart", SalesOrder, "sales.view_salesorder",
        "sales:order_detail", "sales:order_list", "ordered_on", {"number": "SO"},
    ),
    _Slip(
        _("Quotations"), "file-dollar", Quote, "sales.view_quote",
        "sales:quote_detail", "sales:quote_list", "quoted_on", {"number": "QT"}, ~Q(status=QuoteStatus.SUPERSEDED),
    ),
    _Slip(
        _("Deliveries"), "truck-delivery", Delivery, "sales.view_delivery",
        "sales:delivery_detail", "sales:delivery_list", "issued_on", {"number": "CK"},
    ),
    _Slip(
        _("Receipts"), "cash", Receipt, "sales.view_receipt",
        "sales:receipt_detail", "sales:receipt_list", "received_on", {"number": "SK"},
    ),
    _Slip(
        _("Bills"), "file-invoice", Bill, "sales.view_bill",
        "sales:bill_detail", "sales:bill_list", "billed_on", {"delivery__number": "CK", "order__number": "SO"},
    ),
    _Slip(
        _("Returns"), "truck-return", SalesReturn, "sales.view_salesreturn",
        "sales:return_detail", "sales:return_list", "returned_on", {"number": "TH"},
    ),
    _Slip(
        _("Refunds"), "cash-banknote-off", Refund, "sales.view_refund",
        "sales:refund_detail", "sales:refund_list", "refunded_on", {"number": "TK"},
    ),
    _Slip(
        _("Costs"), "receipt-2", CostEntry, "sales.view_costentry",
        "sales:cost_detail", "sales:cost_list", "spent_on", {"number": "FY"},
    ),
    _Slip(
        _("Agreements"), "file-certificate", Agreement, "sales.view_agreement",
        "sales:agreement_detail", "sales:agreement_list", "starts_on", {"number": "HT"},
    ),
)  # fmt: skip


def product_hits(user: User, text: str) -> list[Group]:
    if not user.has_perm("sales.view_product"):
        return []
    rows = Product.objects.visible_to(user).search(" ".join(words_of(text))).order_by("-is_active", "code")
    hits = [
        Hit(name, reverse("sales:product_detail", args=[pk]), " · ".join(filter(None, (code, specification))))
        for pk, name, code, specification in rows.values_list("pk", "name", "code", "specification")[:LIMIT]
    ]
    return [Group(_t("Products"), "package", hits, reverse("sales:product_list"))] if hits else []


def slip_hits(user: User, text: str, customers: Sequence[int], today: dt.date) -> list[Group]:
    """Slips by number (sales.rules.slip_numbers), and the newest of `customers`; one query for all. Each way to find one is
    a part of its own: an OR of them would use no index."""
    kinds = [slip for slip in SLIPS if user.has_perm(slip.permission)]
    parts = [_newest(slip, user, wanted) for slip in kinds for wanted in _ways(slip, text, customers, today)]
    if not parts:
        return []
    found: dict[str, list[_Row]] = {}
    for kind, *row in parts[0].union(*parts[1:]):  # a slip found twice stands in it once
        found.setdefault(kind, []).append(tuple(row))
    return [
        Group(str(slip.title), slip.icon, _hits(slip, found[slip.icon]), reverse(slip.more))
        for slip in kinds
        if slip.icon in found
    ]


def _ways(slip: _Slip, text: str, customers: Sequence[int], today: dt.date) -> Iterator[Q]:
    """The conditions under which a slip of the kind is found."""
    if customers:
        yield Q(customer_id__in=customers)
    words = words_of(text)
    if len(words) > 1:  # a number has no spaces
        return
    for name, prefix in slip.numbers.items():
        begins = [
            Q(**{f"{name}__startswith": part}) for part in beginnings(words[0], prefix=prefix, today=today)
        ]
        if begins:
            yield reduce(or_, begins)


def _newest(slip: _Slip, user: User, wanted: Q) -> QuerySet[Any, tuple[Any, ...]]:
    """(icon, key, number, day, customer's name) of the last LIMIT slips of the kind.

    The keys are cut out below: SQLite takes no LIMIT in the parts of a union.
    """
    manager: Any = slip.model._default_manager
    seen = manager.visible_to(user).filter(wanted, slip.shown).order_by(f"-{slip.day}", "-pk")
    number = Coalesce(*slip.numbers, Value("")) if len(slip.numbers) > 1 else F(*slip.numbers)
    kind = Value(slip.icon, output_field=CharField())
    rows: QuerySet[Any, tuple[Any, ...]] = (
        manager.filter(pk__in=seen.values("pk")[:LIMIT])
        .order_by()
        .values_list(kind, "pk", number, slip.day, "customer__name")
    )
    return rows


def _hits(slip: _Slip, rows: list[_Row]) -> list[Hit]:
    """Newest first. An opening bill has no number of its own: it goes by its customer."""
    return [
        Hit(
            number or customer, reverse(slip.page, args=[pk]), f"{customer if number else slip.title} · {day}"
        )
        for pk, number, day, customer in sorted(rows, key=lambda row: (row[2], row[0]), reverse=True)[:LIMIT]
    ]
