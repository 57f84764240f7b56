"""Reads of the customer import: what a batch of lines may hit, and what names mean."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db.models import F
from django.db.models.lookups import Lookup

from accounts.models import User
from accounts.querysets import scope_user_ids
from crm.models import Customer, Dictionary, ImportJob, Phone
from crm.rules.import_matches import Key, address_key, customer_keys
from crm.rules.import_rows import References, fold_word


class _OneOf(Lookup):
    """`IN` that sends PostgreSQL one array instead of thousands of parameters: a tenth of the time to build."""

    lookup_name = "one_of"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        left, params = self.process_lhs(compiler, connection)
        if connection.vendor == "postgresql":
            return f"{left} = ANY(%s)", [*params, list(self.rhs)]
        return f"{left} IN ({', '.join(['%s'] * len(self.rhs))})", [*params, *self.rhs]


@dataclass(frozen=True, slots=True)
class Known:
    """A customer that is in the database, as far as the duplicate check needs it."""

    pk: int
    code: str
    name: str
    within_reach: bool


def references(*, actor: User | None, create_choices: bool) -> References:
    """Choices by kind and folded name, active people by login name and by full name, and who the actor may choose.

    A login name is unique and goes before somebody else's full name. `actor` None (the command line) may choose
    everybody.
    """
    choices = {
        (kind, fold_word(name)): pk for pk, kind, name in Dictionary.objects.values_list("pk", "kind", "name")
    }
    by_login: dict[str, list[int]] = {}
    by_name: dict[str, list[int]] = {}
    for pk, login, name in User.objects.active().values_list("pk", "username", "name"):
        by_login[fold_word(login)] = [pk]
        by_name.setdefault(fold_word(name), []).append(pk)
    mine = None if actor is None else scope_user_ids(actor)
    return References(choices=choices, people=by_name | by_login, mine=mine, create_choices=create_choices)


def known_customers(keys: Collection[Key], names: Collection[str], actor: User | None) -> dict[Key, Known]:
    """Customers by each of `keys` they have, and by ("same_name", name key) for `names`; oldest first wins.

    Three reads and one for the actor's reach, whatever the number of keys.
    """
    wanted: dict[str, set[str]] = {}
    for kind, value in keys:
        wanted.setdefault(kind, set()).add(value)
    by_phone: dict[int, list[str]] = {}
    if "phone" in wanted:
        for pk, e164 in Phone.objects.filter(_OneOf(F("e164"), wanted["phone"])).values_list(
            "customer_id", "e164"
        ):
            by_phone.setdefault(pk, []).append(e164)
    found: dict[int, tuple[str, ...]] = {}
    columns = ("pk", "code", "name", "tax_id", "name_key", "province", "city", "district", "address")
    for column, values in (
        ("code", wanted.get("code")),
        ("tax_id", wanted.get("tax_id")),
        ("name_key", names),
        ("pk", by_phone),
    ):
        if values:
            rows = Customer.objects.filter(_OneOf(F(column), values)).order_by().values_list(*columns)
            found.update({row[0]: row[1:] for row in rows})
    reach = _reach(found, actor)
    index: dict[Key, Known] = {}
    for pk in sorted(found):
        code, name, tax_id, key, *place = found[pk]
        known = Known(pk, code, name, reach is None or pk in reach)
        index.setdefault(("same_name", key), known)
        for one in customer_keys(
            code=code, tax_id=tax_id, phones=by_phone.get(pk, ()), name=name, place=address_key(*place)
        ):
            index.setdefault(one, known)
    return index


def _reach(found: Collection[int], actor: User | None) -> set[int] | None:
    if actor is None or scope_user_ids(actor) is None:
        return None
    return set(Customer.objects.editable_by(actor).filter(pk__in=list(found)).values_list("pk", flat=True))


def last_mapping(*, actor: User, headers: list[str]) -> dict[str, str] | None:
    """How the actor mapped his last file with the same columns, if there was one."""
    for mapping, preview in (
        ImportJob.objects.filter(created_by=actor, state__in=["done", "undone"])
        .order_by("-pk")
        .values_list("mapping", "preview")[:20]
    ):
        if [column["header"] for column in preview.get("columns", [])] == headers:
            return dict(mapping)
    return None
