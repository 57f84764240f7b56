"""What a phone takes along into places without network (D8): the stops of two days, and what is sold there.

Plain values, ready for JSON; money and quantities are texts. Two reads: the day, which changes all the time, and the
kit (products, prices, steps, words), which hardly does.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection
from decimal import Decimal
from typing import Any

from django.db.models import CharField, F, OuterRef, Prefetch, Q, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone

from accounts.models import SystemOptions, User
from crm.enums import DictionaryKind
from crm.models import Competitor, Customer, Dictionary
from crm.models.contact import Phone
from sales.enums import LocationKind
from sales.models import (
    CustomerTerms,
    GiftRule,
    OrderLine,
    PriceList,
    PriceListLine,
    Product,
    SalesOrder,
    StockLocation,
)
from sales.queries import receivable_expression
from sales.queries.credit import undelivered_expression
from sales.queries.prices import offer_of, terms_of
from sales.rules.credit import Credit, limit_on
from sales.rules.prices import Terms
from visits import signals
from visits.models import FormQuestion, Phrase, ShelfCountLine, Visit, VisitStep, VisitTask, VisitType
from visits.queries.in_store import question_facts
from visits.queries.steps import branch_up, done_counts
from visits.queries.visits import map_links
from visits.rules.steps import PERMISSIONS, TypeFacts, choose_type

Json = dict[str, Any]
COUNT_LINES = 400
OTHER_CUSTOMERS = 300
OTHER_FIELDS = (
    *("code", "name", "search_text", "level", "channel", "province", "city", "district", "address"),
    *("latitude", "longitude", "last_visit_on", "last_order_on"),
)


# --- the day
def field_day(*, user: User, today: dt.date) -> Json:
    """Tasks of today and tomorrow with their customers, today's visits, and in short his other customers.

    The others are there for visits without a plan: those visited last come first, `OTHER_CUSTOMERS` at most.
    """
    days = (today, today + dt.timedelta(days=1))
    tasks = list(_tasks(user, days, today))
    customers = {task.customer_id: task.customer for task in tasks}
    facts = {task.customer_id: task for task in tasks}
    visits = list(
        Visit.objects.filter(rep=user, day=today).select_related("customer").order_by("check_in_at")
    )
    orders, counts = _last_orders(facts.values()), _last_counts(customers)
    words = marks(user=user, customers=list(customers))
    options = SystemOptions.load()
    return {
        "user": {"id": user.pk, "name": user.name, "can": _permissions(user)},
        "today": today.isoformat(),
        "company": options.company_name,
        "fence": {
            "radius": options.geofence_radius_m,
            "policy": str(options.geofence_policy),
            "photo": options.require_check_in_photo,
            "several": options.allow_multiple_visits,
        },
        "tasks": [_task(task) for task in tasks],
        "customers": [
            _customer(facts[pk], today)
            | {"order": orders.get(pk), "count": counts.get(pk), "marks": words[pk]}
            for pk in customers
        ],
        "others": _others(user, customers),
        "visits": [_visit(visit) for visit in visits],
    }


def _others(user: User, taken: Collection[int]) -> list[Json]:
    """His own customers that are not planned; what they owe, their orders and counts are left out."""
    rows = (
        Customer.objects.filter(owner=user)
        .exclude(pk__in=taken)
        .order_by(F("last_visit_on").desc(nulls_last=True), "pk")
        .only(*OTHER_FIELDS)
    )
    return [_customer_facts(customer) for customer in rows[:OTHER_CUSTOMERS]]


def _tasks(user: User, days: Collection[dt.date], today: dt.date) -> QuerySet[Any]:
    outer = "customer_id"
    orders = SalesOrder.objects.counted().filter(customer_id=OuterRef(outer)).order_by("-ordered_on", "-pk")
    visits = Visit.objects.valid().filter(customer_id=OuterRef(outer), day__lt=today).order_by("-check_in_at")
    tasks: QuerySet[Any] = (
        VisitTask.objects.filter(
            rep=user, date__in=days, customer__in=Customer.objects.visible_to(user).values("pk")
        )
        .select_related("customer__terms")
        .prefetch_related(Prefetch("customer__phones", Phone.objects.order_by("position", "pk")))
        .annotate(
            receivable=receivable_expression(outer),
            undelivered=undelivered_expression(outer),
            last_order=Subquery(orders.values("pk")[:1]),
            last_summary=Subquery(visits.values("summary")[:1]),
        )
        .order_by("date", "position", "pk")
    )
    return tasks


def _task(task: VisitTask) -> Json:
    return {
        "id": task.pk,
        "customer": task.customer_id,
        "date": task.date.isoformat(),
        "status": str(task.status),
        "note": task.note,
        "skip_reason": task.skip_reason,
        "type": task.visit_type_id,
    }


def _customer(task: Any, today: dt.date) -> Json:
    customer: Customer = task.customer
    terms = getattr(customer, "terms", None) or CustomerTerms()
    limit, is_temporary = limit_on(
        today,
        formal=customer.credit_limit,
        temporary=terms.temporary_limit,
        since=terms.temporary_from,
        until=terms.temporary_until,
    )
    credit = Credit(limit, task.receivable, task.undelivered, terms.is_blocked, is_temporary)
    phones = customer.phones.all()
    return _customer_facts(customer) | {
        "phones": [[phone.raw, phone.e164 or phone.raw] for phone in phones],
        "links": map_links(customer),
        "summary": (task.last_summary or "")[:300],
        "receivable": str(task.receivable),
        "credit_left": None if credit.left is None else str(credit.left),
        "blocked": credit.is_blocked,
    }


def _customer_facts(customer: Customer) -> Json:
    return {
        "id": customer.pk,
        "code": customer.code,
        "name": customer.name,
        "search": customer.search_text,
        "level": customer.level,
        "channel": customer.channel_id,
        "address": customer.full_address,
        "lat": customer.latitude,
        "lng": customer.longitude,
        "visited": _day(customer.last_visit_on),
        "ordered": _day(customer.last_order_on),
    }


def _last_orders(tasks: Collection[Any]) -> dict[int, Json]:
    """The last order of each customer, with its lines that were paid for."""
    wanted = {task.last_order for task in tasks if task.last_order}
    if not wanted:
        return {}
    found: dict[int, Json] = {}
    rows = OrderLine.objects.filter(order_id__in=wanted, is_gift=False).order_by("order_id", "position", "pk")
    for customer, day, total, product, quantity in rows.values_list(
        "order__customer_id", "order__ordered_on", "order__total", "product_id", "quantity"
    ):
        order = found.setdefault(customer, {"day": day.isoformat(), "total": str(total), "lines": []})
        order["lines"].append([product, _number(quantity)])
    return found


def _last_counts(customers: Collection[int]) -> dict[int, Json]:
    """What was counted last of each product at each customer, and what was suggested then."""
    rows = (
        ShelfCountLine.objects.filter(report__customer_id__in=customers)
        .order_by("-report__occurred_at", "-pk")
        .values_list("report__customer_id", "product_id", "report__day", "quantity", "suggested")
    )
    found: dict[int, Json] = defaultdict(dict)
    for customer, product, day, quantity, suggested in rows[: COUNT_LINES * 10]:
        found[customer].setdefault(
            str(product),
            [day.isoformat(), _number(quantity), None if suggested is None else _number(suggested)],
        )
    return dict(found)


def marks(*, user: User, customers: Collection[int]) -> dict[int, list[str]]:
    """What upper apps say in front of each of these customers, as short words: his open alerts."""
    words: dict[int, list[str]] = {pk: [] for pk in customers}
    if customers:
        for _receiver, answer in signals.collecting_marks.send(
            sender=Customer, user=user, customer_ids=customers
        ):
            found: dict[int, list[str]] = answer if isinstance(answer, dict) else {}
            for pk, more in found.items():
                words[pk] += more
    return words


def _visit(visit: Visit) -> Json:
    """A visit of today as the server has it; of the open one also how far it has come."""
    facts = {
        "uuid": str(visit.uuid),
        "id": visit.pk,
        "customer": visit.customer_id,
        "name": visit.customer.name,
        "in": timezone.localtime(visit.check_in_at).isoformat(),
        "out": timezone.localtime(visit.check_out_at).isoformat() if visit.check_out_at else None,
        "open": visit.status == "open",
        "type": visit.visit_type_id,
    }
    return facts | ({"done": done_counts(visit)} if visit.status == "open" else {})


def _permissions(user: User) -> list[str]:
    """Kinds of steps that need a permission and that he has it for."""
    return [str(kind) for kind, permission in PERMISSIONS.items() if user.has_perm(permission)]


# --- the kit
def field_kit(*, user: User, today: dt.date) -> Json:
    """Products on sale, price lists and gifts that may hold for his customers, steps, forms, words, his van."""
    mine = Q(customer__isnull=True) | Q(customer__in=Customer.objects.visible_to(user).values("pk"))
    not_over = Q(ends_on__isnull=True) | Q(ends_on__gte=today)
    lists = PriceList.objects.filter(mine, not_over, is_active=True)
    return {
        "products": [_product(product) for product in Product.objects.visible_to(user).active()],
        "lists": _price_lists(lists),
        "gifts": _gifts(GiftRule.objects.filter(mine, not_over, is_active=True, gift__is_active=True)),
        "type": _usual_type(user),
        "types": _steps(),
        "forms": _forms(),
        "words": _words(user),
        "van": _van(user) if user.has_perm("sales.sell_from_van") else None,
    }


def _product(product: Product) -> Json:
    return {
        "id": product.pk,
        "name": product.name,
        "code": product.code,
        "barcodes": [code for code in (product.barcode, product.box_barcode) if code],
        "box_barcode": product.box_barcode,
        "unit": product.unit,
        "box_unit": product.box_unit,
        "box": product.box_quantity,
        "price": str(product.price),
        "search": product.search_text,
    }


def _price_lists(lists: QuerySet[PriceList]) -> list[Json]:
    """The lists, the one that goes first in front, each with its lines [from, price] by product."""
    rows = PriceListLine.objects.filter(price_list__in=lists.values("pk"), product__is_active=True)
    found: dict[int, Json] = {}
    ranks: dict[int, Any] = {}
    for line in rows.select_related("price_list").order_by("min_quantity", "pk"):
        offer = offer_of(line)
        ranks[offer.list_id] = offer.rank
        head = {"name": offer.name, "lines": {}, **_terms(offer.terms)}
        steps = found.setdefault(offer.list_id, head)["lines"]
        steps.setdefault(str(line.product_id), []).append([_number(offer.min_quantity), str(offer.price)])
    return [found[pk] for pk in sorted(found, key=lambda pk: ranks[pk], reverse=True)]


def _gifts(rows: QuerySet[GiftRule]) -> list[Json]:
    return [
        {
            "name": rule.name,
            "product": rule.product_id,
            "every": _number(rule.buy_quantity),
            "gift": rule.gift_id,
            "quantity": _number(rule.gift_quantity),
            "repeats": rule.repeats,
            **_terms(terms_of(rule)),
        }
        for rule in rows.order_by("name", "pk")
    ]


def _terms(terms: Terms) -> Json:
    return {
        "level": terms.level,
        "channel": terms.channel_id,
        "customer": terms.customer_id,
        "from": _day(terms.starts_on),
        "until": _day(terms.ends_on),
    }


def _usual_type(user: User) -> int | None:
    """What `type_for` says without a task, in one statement unless types name departments."""
    facts: dict[int, tuple[bool, set[int], set[int]]] = {}
    rows = VisitType.objects.filter(is_active=True).values_list("pk", "is_default", "roles", "departments")
    for pk, is_default, role, department in rows:
        _default, roles, departments = facts.setdefault(pk, (is_default, set(), set()))
        roles |= {role} - {None}
        departments |= {department} - {None}
    types = [
        TypeFacts(pk, is_default, frozenset(roles), frozenset(departments))
        for pk, (is_default, roles, departments) in facts.items()
    ]
    above = branch_up(user.department_id) if any(each.department_ids for each in types) else ()
    return choose_type(types, wanted=None, role_id=user.role_id, department_ids=above)


def _steps() -> dict[str, list[Json]]:
    found: dict[str, list[Json]] = defaultdict(list)
    for step in VisitStep.objects.filter(visit_type__is_active=True).select_related("form"):
        found[str(step.visit_type_id)].append(
            {"kind": step.kind, "label": str(step), "required": step.is_required, "form": step.form_id}
        )
    return dict(found)


def _forms() -> dict[str, list[Json]]:
    found: dict[str, list[Json]] = defaultdict(list)
    for row in FormQuestion.objects.filter(form__is_active=True).order_by("form_id", "position", "pk"):
        question = question_facts(row)
        found[str(row.form_id)].append(
            {
                "id": question.pk,
                "label": question.label,
                "kind": question.kind,
                "required": question.is_required,
                "choices": question.choices,
            }
        )
    return dict(found)


def _words(user: User) -> dict[str, list[list[Any]]]:
    """[id, text] of phrases by use, maturities, methods of follow-ups and competitors, in one statement."""
    text: CharField[Any, Any] = CharField()

    def kind(prefix: str, column: str) -> Any:
        return Concat(Value(prefix), Cast(column, text), output_field=text)

    phrases = Phrase.objects.filter(Q(user=user) | Q(user__isnull=True)).values_list(
        kind("phrase_", "use"), "pk", Cast("text", text), "position"
    )
    entries = Dictionary.objects.filter(
        kind__in=(DictionaryKind.MATURITY, DictionaryKind.FOLLOW_METHOD), is_active=True
    ).values_list(kind("", "kind"), "pk", Cast("name", text), "position")
    rivals = Competitor.objects.filter(is_active=True).values_list(
        Value("competitor", output_field=text), "pk", Cast("name", text), Value(0)
    )
    found: dict[str, list[list[Any]]] = defaultdict(list)
    rows = phrases.order_by().union(entries.order_by(), rivals.order_by(), all=True)
    for group, pk, words, _position in sorted(rows, key=lambda row: (row[0], row[3], row[1])):
        found[group].append([pk, words])
    return dict(found)


def _van(user: User) -> dict[str, str] | None:
    """What is in his van, by product; None without a van."""
    rows = list(
        StockLocation.objects.active()
        .filter(kind=LocationKind.VAN, rep=user)
        .values_list("pk", "balances__product_id", "balances__quantity")
    )
    return {str(product): _number(n) for _pk, product, n in rows if product} if rows else None


# --- plain values
def _day(value: dt.date | None) -> str | None:
    return value.isoformat() if value else None


def _number(value: Decimal) -> str:
    """12 for 12.000."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
