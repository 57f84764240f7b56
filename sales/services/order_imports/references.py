"""What the file's codes and names mean: customers, products and people, looked up a batch at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from common.names import normalise_name, pinyin_initials
from crm import services as crm
from crm.models import Customer
from sales.models import OrderImport, Product
from sales.rules.order_rows import OrderRow

Named = tuple[str, str]  # (code, name) as the file has them
T = TypeVar("T", Customer, Product)


@dataclass(frozen=True, slots=True)
class Match(Generic[T]):
    """The record, or why there is none. `is_unknown`: nothing is called so, and it may be created."""

    record: T | None = None
    problem: str = ""
    is_unknown: bool = False


@dataclass
class References:
    customers: dict[Named, Match[Customer]] = field(default_factory=dict)
    products: dict[Named, Match[Product]] = field(default_factory=dict)


def find(job: OrderImport, rows: Sequence[OrderRow]) -> References:
    """Resolve everything these rows name, in four queries; nothing is created."""
    customers = {(row.customer_code, row.customer_name) for row in rows}
    products = {(row.product_code, row.product_name) for row in rows}
    return References(_customers(job, customers), _products(products))


def people_by_name() -> dict[str, User]:
    """Active and former people by login and by full name; a login goes before somebody else's name."""
    rows = list(User.objects.only("pk", "username", "name", "is_active").order_by("is_active", "-pk"))
    return {row.name: row for row in rows if row.name} | {row.username: row for row in rows}


def create_missing(job: OrderImport, found: References, reps: Mapping[Named, User | None]) -> None:
    """Make a customer or product of each unknown one; who cannot be made stays refused with the reason.

    `reps` says who sold to a customer: it becomes his, else nobody's (the command line) or the importer's.
    """
    for named, customer in found.customers.items():
        if customer.is_unknown:
            found.customers[named] = _new_customer(job, named, reps.get(named))
    for named, product in found.products.items():
        if product.is_unknown:
            found.products[named] = _new_product(named)


# --- customers
def _customers(job: OrderImport, wanted: Iterable[Named]) -> dict[Named, Match[Customer]]:
    wanted = list(wanted)
    scope: QuerySet[Customer] = (
        Customer.objects.all() if job.created_by is None else Customer.objects.visible_to(job.created_by)
    )
    scope = scope.only("pk", "code", "name", "name_key", "owner_id").order_by("pk")
    keys = {named: _name_key(named[1]) for named in wanted if named[1]}
    by_key: dict[str, list[Customer]] = {}
    for row in scope.filter(name_key__in=[key for key in keys.values() if key]):
        by_key.setdefault(row.name_key, []).append(row)
    by_code = {row.code: row for row in scope.filter(code__in=[code for code, _name in wanted if code])}
    return {
        named: _match(named, by_code.get(named[0]), by_key.get(keys.get(named, ""), []), _("customer"))
        for named in wanted
    }


def _name_key(name: str) -> str:
    return normalise_name(name)[:120]


def _new_customer(job: OrderImport, named: Named, rep: User | None) -> Match[Customer]:
    code, name = named
    owner = rep if rep is not None and rep.is_active else job.created_by
    try:
        return Match(
            crm.create_customer(
                actor=job.created_by, code=code if code != name else "", name=name or code, owner=owner
            )
        )
    except ValidationError as error:
        return Match(problem=" ".join(error.messages))


# --- products
def _products(wanted: Iterable[Named]) -> dict[Named, Match[Product]]:
    wanted = list(wanted)
    by_name: dict[str, list[Product]] = {}
    for row in Product.objects.filter(name__in=[name for _code, name in wanted if name]).order_by("pk"):
        by_name.setdefault(row.name, []).append(row)
    rows = Product.objects.filter(code__in=[code for code, _name in wanted if code])
    by_code = {row.code: row for row in rows}
    return {
        named: _match(named, by_code.get(named[0]), by_name.get(named[1], []), _("product"))
        for named in wanted
    }


def _new_product(named: Named) -> Match[Product]:
    code, name = named
    if not code or code == name:
        code = f"P{crm.next_numbers(name='product')[0]:05}"
    search = f"{code} {name} {pinyin_initials(name)}".lower()[:300]
    product = Product(code=code, name=name or code, is_active=False, search_text=search)
    try:
        product.full_clean()
    except ValidationError as error:
        return Match(problem=" ".join(error.messages))
    # Not on sale: its price and unit are not known yet, somebody looks at it first.
    product.save(force_insert=True)
    return Match(product)


def _match(named: Named, by_code: T | None, by_name: Sequence[T], what: str) -> Match[T]:
    if by_code is not None:
        return Match(by_code)
    if len(by_name) == 1:
        return Match(by_name[0])
    shown = named[1] or named[0]
    if by_name:
        text = _("Several are called “%(name)s”; give the code of the %(what)s.")
        return Match(problem=text % {"name": shown, "what": what})
    return Match(problem=_("Unknown %(what)s “%(name)s”.") % {"what": what, "name": shown}, is_unknown=True)
