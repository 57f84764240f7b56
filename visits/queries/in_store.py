"""What the pages of in-store work read: last counts, suggestions, the products of a shop, questions, low stock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, Exists, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum
from django.utils.translation import gettext as _

from accounts.models import User
from crm.models import CompetitorSighting, Customer
from crm.rules.next_action import rhythm
from sales.models import DeliveryLine, OrderLine, Product, SalesOrder, SalesReturnLine
from sales.queries.entry import usual_products
from visits.models import (
    CustomForm,
    DisplayLine,
    FormAnswer,
    FormQuestion,
    Phrase,
    SellOutLine,
    ShelfCount,
    ShelfCountLine,
    Visit,
    VisitPhoto,
    VisitTask,
)
from visits.rules import Question
from visits.rules.suggestions import USUAL_GAP_DAYS, Movement, Suggestion, suggest

# What was counted half a year ago says nothing about how fast it sells now.
COUNTS_FROM_DAYS = 180


@dataclass(frozen=True, slots=True)
class LastCount:
    """The last count of one product at a customer, and what moved since, in the product's unit."""

    day: dt.date
    quantity: Decimal
    delivered: Decimal  # less what came back


@dataclass(frozen=True, slots=True)
class ShopProduct:
    """One line of the count page: what the shop has of it, as far as we know."""

    product: Product
    last: LastCount | None
    ordered_on: dt.date | None
    ordered: Decimal | None  # quantity in the last order with it
    facings: int | None = None
    sold: Decimal | None = None


def last_counts(*, customer_id: int, day: dt.date) -> dict[int, LastCount]:
    """The last count of each product at the customer before business day `day`, with what was delivered since; three
    statements whatever the number of products.

    What was issued on the day of the last count was sold after it (a rep counts, then sells), and what is issued on
    `day` itself comes after the count of that day.
    """
    since = day - dt.timedelta(days=COUNTS_FROM_DAYS)
    lines = ShelfCountLine.objects.filter(
        report__customer=customer_id, report__day__gte=since, report__day__lt=day
    )
    rows = lines.order_by("report__occurred_at", "pk").values_list("product_id", "report__day", "quantity")
    found = {product: (counted_on, quantity) for product, counted_on, quantity in rows}
    if not found:
        return {}
    moved = _moved(customer_id, since=min(counted_on for counted_on, _quantity in found.values()), until=day)
    return {
        product: LastCount(
            counted_on,
            quantity,
            sum((n for on, n in moved.get(product, ()) if counted_on <= on < day), Decimal(0)),
        )
        for product, (counted_on, quantity) in found.items()
    }


def _moved(customer_id: int, *, since: dt.date, until: dt.date) -> dict[int, list[tuple[dt.date, Decimal]]]:
    """(day, quantity) by product of what the customer got, and (with a minus) of what it gave back."""
    moved: dict[int, list[tuple[dt.date, Decimal]]] = {}
    got = (
        DeliveryLine.objects.filter(
            delivery__customer=customer_id,
            delivery__status="posted",
            delivery__issued_on__gte=since,
            delivery__issued_on__lt=until,
        )
        .order_by()
        .values_list("product_id", "delivery__issued_on")
        .annotate(n=Sum("quantity"))
    )
    back = (
        SalesReturnLine.objects.filter(
            sales_return__customer=customer_id,
            sales_return__status="posted",
            sales_return__returned_on__gte=since,
            sales_return__returned_on__lt=until,
        )
        .order_by()
        .values_list("product_id", "sales_return__returned_on")
        .annotate(n=Sum("quantity"))
    )
    for rows, sign in ((got, 1), (back, -1)):
        for product, day, quantity in rows:
            moved.setdefault(product, []).append((day, sign * quantity))
    return moved


def days_to_next_visit(*, customer_id: int, rep: User, day: dt.date) -> int:
    """Days from `day` to the rep's next open task there, else the customer's own rhythm, else the usual gap."""
    tasks = VisitTask.objects.open().filter(customer=customer_id, rep=rep, date__gt=day)
    if (next_on := tasks.order_by("date").values_list("date", flat=True).first()) is not None:
        return int((next_on - day).days)
    visits = Visit.objects.valid().filter(customer=customer_id, day__lte=day)
    days = visits.order_by("-day").values_list("day", flat=True)[:10]
    return rhythm(list(days)) or USUAL_GAP_DAYS


def suggestions(
    *,
    customer_id: int,
    rep: User,
    counted: Mapping[int, Decimal],
    products: Mapping[int, Product],
    day: dt.date,
) -> dict[int, Suggestion]:
    """Suggested orders of what was counted on `day`, by product id; nothing where there is no earlier count."""
    ahead = days_to_next_visit(customer_id=customer_id, rep=rep, day=day)
    found = {}
    for product_id, last in last_counts(customer_id=customer_id, day=day).items():
        if product_id not in counted:
            continue
        move = Movement(last.quantity, last.delivered, counted[product_id], (day - last.day).days)
        answer = suggest(move, days_ahead=ahead, box_quantity=products[product_id].box_quantity)
        if answer is not None:
            found[product_id] = answer
    return found


# --- the products of a shop
def shop_products(*, customer: Customer, day: dt.date, limit: int = 30) -> list[ShopProduct]:
    """Products this shop usually buys, the latest first, then what was counted there otherwise, with the last figures.

    Six statements whatever the number of products.
    """
    counts = last_counts(customer_id=customer.pk, day=day)
    usual = usual_products(customer, limit=limit)
    more = Product.objects.filter(pk__in=set(counts) - {product.pk for product in usual}, is_active=True)
    products = [*usual, *more[:limit]]
    ordered = _last_orders(customer.pk, [product.pk for product in products])
    return [
        ShopProduct(
            product=product,
            last=counts.get(product.pk),
            ordered_on=ordered.get(product.pk, (None, None))[0],
            ordered=ordered.get(product.pk, (None, None))[1],
        )
        for product in products
    ]


def shelf(*, customer: Customer, day: dt.date) -> list[ShopProduct]:
    """What was counted, displayed or sold out at this shop up to business day `day`, by name, each with its last figures;
    seven statements whatever the number of products."""
    counts = last_counts(customer_id=customer.pk, day=day + dt.timedelta(days=1))
    facings = last_facings(customer_id=customer.pk)
    sold = last_sell_out(customer_id=customer.pk)
    products = Product.objects.filter(pk__in={*counts, *facings, *sold}).order_by("name", "pk")
    ordered = _last_orders(customer.pk, [product.pk for product in products])
    return [
        ShopProduct(
            product=product,
            last=counts.get(product.pk),
            ordered_on=ordered.get(product.pk, (None, None))[0],
            ordered=ordered.get(product.pk, (None, None))[1],
            facings=facings.get(product.pk),
            sold=sold.get(product.pk),
        )
        for product in products
    ]


def _last_orders(customer_id: int, product_ids: list[int]) -> dict[int, tuple[dt.date, Decimal]]:
    """Day and quantity of the last order of each product."""
    orders = SalesOrder.objects.counted().filter(customer=customer_id)
    rows = (
        OrderLine.objects.filter(order__in=orders, product_id__in=product_ids)
        .order_by()
        .values_list("product_id", "order__ordered_on", "order_id")
        .annotate(n=Sum("quantity"))
        .order_by("order__ordered_on", "order_id")
    )
    return {product: (day, quantity) for product, day, _order, quantity in rows}


def last_facings(*, customer_id: int) -> dict[int, int]:
    """Facings of each product in the customer's last display report with it."""
    lines = DisplayLine.objects.filter(report__customer=customer_id).order_by("report__occurred_at", "pk")
    return dict(lines.values_list("product_id", "facings"))


def last_sell_out(*, customer_id: int) -> dict[int, Decimal]:
    """What the customer sold of each product in its last sell-out report with it."""
    lines = SellOutLine.objects.filter(report__customer=customer_id).order_by("report__occurred_at", "pk")
    return dict(lines.values_list("product_id", "quantity"))


# --- forms and phrases
def questions(form: CustomForm) -> list[Question]:
    """The questions of a form in order, as the rules need them."""
    return [question_facts(question) for question in form.questions.all()]


def question_facts(question: FormQuestion) -> Question:
    lines = (line.strip() for line in question.choices.splitlines())
    return Question(
        question.pk,
        question.label,
        question.kind,
        question.is_required,
        tuple(dict.fromkeys(filter(None, lines))),
    )


def phrases(*, user: User, use: str) -> QuerySet[Phrase]:
    """Texts to tap: the person's own first, then everybody's."""
    rows = Phrase.objects.filter(Q(user=user) | Q(user__isnull=True), use=use)
    return rows.order_by("-user_id", "position", "pk")


# --- the record of a visit
def answer_words(answers: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """(question, answer) in words of kept answers."""
    return [(str(answer["label"]), value_words(answer["value"])) for answer in answers]


def value_words(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return "、".join(map(str, value)) if isinstance(value, list) else str(value)


def visit_reports(visit: Visit) -> dict[str, list[Any]]:
    """Everything that was reported at a visit, with lines and products; nine statements at most."""
    lines = "lines__product"
    shelf = list(visit.shelfcounts.prefetch_related(lines))
    sold = list(visit.sellouts.prefetch_related(lines))
    displays = list(visit.displayreports.prefetch_related(lines, "photos"))
    slips = visit.slips.select_related("delivery", "sales_return", "receipt")
    sightings = CompetitorSighting.objects.filter(
        rep_id=visit.rep_id,
        customer_id=visit.customer_id,
        seen_on=visit.day,
        created_at__gte=visit.check_in_at,
    )
    answers: list[Any] = list(visit.formanswers.select_related("form"))
    for answer in answers:
        answer.words = answer_words(answer.answers)
    return {
        "counts": shelf,
        "sell_outs": sold,
        "displays": displays,
        "answers": answers,
        "slips": list(slips),
        "sightings": list(sightings.select_related("competitor")),
    }


# --- the manager's lists
def report_lines(model: type[Any], *, user: User) -> QuerySet[Any]:
    """Lines of the reports in scope, with people, customer, visit and product."""
    rows: QuerySet[Any] = model.objects.visible_to(user)
    return rows.select_related("report__rep", "report__customer", "report__visit", "product")


def display_lines(*, user: User) -> QuerySet[Any]:
    """Lines of display reports in scope, with the number of the report's photos as `n_photos`."""
    photos = (
        VisitPhoto.objects.filter(display_id=OuterRef("report_id"))
        .order_by()
        .values("display_id")
        .annotate(n=Count("pk"))
        .values("n")
    )
    rows: QuerySet[Any] = report_lines(DisplayLine, user=user)
    counted: QuerySet[Any] = rows.annotate(n_photos=Subquery(photos, output_field=IntegerField()))
    return counted


def answer_rows(*, user: User) -> QuerySet[Any]:
    """Filled-in forms in scope."""
    rows: QuerySet[Any] = FormAnswer.objects.visible_to(user)
    return rows.select_related("rep", "customer", "visit", "form")


# --- low stock (B11)
def low_lines() -> QuerySet[Any]:
    """Lines of each customer's last count whose quantity lay below the suggestion's minimum, so that an order was
    suggested, and of which nothing was delivered since."""
    later = ShelfCount.objects.filter(
        customer_id=OuterRef("report__customer_id"), occurred_at__gt=OuterRef("report__occurred_at")
    )
    delivered = DeliveryLine.objects.filter(
        delivery__customer_id=OuterRef("report__customer_id"),
        delivery__status="posted",
        delivery__issued_on__gte=OuterRef("report__day"),
        product_id=OuterRef("product_id"),
    )
    lines: QuerySet[Any] = ShelfCountLine.objects.filter(suggested__gt=0).order_by()
    return lines.filter(~Exists(later), ~Exists(delivered))


def _low_lines(outer: str) -> QuerySet[Any]:
    """`low_lines` of the customer named by `outer` (its key in the row, as for OuterRef)."""
    return low_lines().filter(report__customer_id=OuterRef(outer))


def low_stock_condition(outer: str) -> Exists:
    """Condition "something is low at the customer named by `outer`"."""
    return Exists(_low_lines(outer))


def low_stock_count() -> Subquery:
    """Number of products that are low at a customer, None for none; for .annotate() on customers."""
    counted = _low_lines("pk").values("report__customer_id").annotate(n=Count("pk"))
    return Subquery(counted.values("n"), output_field=IntegerField())
