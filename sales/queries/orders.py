"""The queue of the back office, and what an order's page tells: history, stock where it may leave from,
finance."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from auditlog.models import LogEntry
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Count, Q, QuerySet, Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.models import User
from common.money import round_quantity
from common.templatetags.paodian import day, money, percent
from sales.enums import LocationKind, OrderSource, OrderStatus, PostingStatus, SlipKind
from sales.models import DeliveryLine, FinanceSlip, OrderLine, SalesOrder, StockBalance, StockLocation

# --- the queue ---------------------------------------------------------------------------------------
_OPEN = (OrderStatus.APPROVED, OrderStatus.PARTLY_DELIVERED)
_DONE = (*_OPEN, OrderStatus.DELIVERED, OrderStatus.CLOSED)
# What waits, in the order of the work: (key, label, condition).
QUEUES: tuple[tuple[str, Any, Q], ...] = (
    ("draft", gettext_lazy("Draft"), Q(status=OrderStatus.DRAFT)),
    ("submitted", gettext_lazy("To approve"), Q(status=OrderStatus.SUBMITTED, approval_reason="")),
    (
        "manager",
        gettext_lazy("For a manager"),
        Q(status=OrderStatus.SUBMITTED) & ~Q(approval_reason=""),
    ),
    ("deliver", gettext_lazy("To deliver"), Q(status=OrderStatus.APPROVED)),
    ("partly", gettext_lazy("Partly delivered"), Q(status=OrderStatus.PARTLY_DELIVERED)),
    (
        "invoice",
        pgettext_lazy("order queue", "To invoice"),
        # What an old system brought was invoiced there.
        Q(status__in=_DONE, invoice_number="", order_import__isnull=True, total__gt=0)
        & ~Q(source=OrderSource.HISTORY),
    ),
)
BY_QUEUE = {key: condition for key, _label, condition in QUEUES}


def queue_counts(user: User) -> dict[str, int]:
    """Orders that a person sees in each queue, in one statement."""
    counts: dict[str, int] = (
        SalesOrder.objects.visible_to(user)
        .order_by()
        .aggregate(**{key: Count("pk", filter=condition) for key, _label, condition in QUEUES})
    )
    return counts


# --- history -----------------------------------------------------------------------------------------
_HIDDEN = {
    "revision",
    "exposure",
    "approval_reason",
    "approval_reasons",
    "submitted_at",
    "approved_at",
    "approved_by",
    "ordered_on",
}
_LINE = "line: "  # see services.order_details
_SAME = dt.timedelta(seconds=2)  # what one press of a button wrote


@dataclass(slots=True)
class Step:
    """One line of an order's history: who did what, and what became what: (label, was, is)."""

    at: dt.datetime
    who: str
    what: str = ""
    changes: list[tuple[str, str, str]] = field(default_factory=list)


def order_history(order: SalesOrder) -> list[Step]:
    """Who wrote the order, moved it on and changed which line or detail, oldest first; one statement."""
    steps = [Step(order.created_at, str(order.created_by or "–"), _("Written"))]
    entries = LogEntry.objects.get_for_object(order).filter(action=LogEntry.Action.UPDATE)
    for entry in entries.select_related("actor").order_by("timestamp", "pk"):
        step = _step(entry)
        last = steps[-1]
        if step.changes and not step.what and _belongs(step, last):
            last.changes += step.changes
        elif step.what or step.changes:
            steps.append(step)
    return steps


def _belongs(step: Step, last: Step) -> bool:
    return bool(last.changes) and step.who == last.who and step.at - last.at < _SAME


def _step(entry: LogEntry) -> Step:
    changes: dict[str, Any] = entry.changes or {}
    step = Step(entry.timestamp, str(entry.actor or _("System")))
    for name, values in changes.items():
        if name == "status":
            step.what = str(OrderStatus(values[1]).label)
        elif name == "rejected":
            step.what = _("Rejected: %(reason)s") % {"reason": values[1]}
        elif name not in _HIDDEN and isinstance(values, list) and len(values) == 2:
            step.changes.append((_label(name), _words(name, values[0]), _words(name, values[1])))
    return step


def _label(name: str) -> str:
    if name.startswith(_LINE):
        return name.removeprefix(_LINE)
    if name == "lines":
        return _("Lines")
    if name == "instalments":
        return _("Payment plan")
    try:
        return str(getattr(SalesOrder._meta.get_field(name), "verbose_name", name))
    except FieldDoesNotExist:
        return name


def _words(name: str, value: Any) -> str:
    text = "" if value in (None, "None") else str(value)
    if not text or name.startswith(_LINE):
        return text
    if name == "total":
        return money(Decimal(text))
    if name == "discount":
        return percent(Decimal(text)) if Decimal(text) else ""
    if name == "wanted_on":
        return day(dt.date.fromisoformat(text))
    try:
        choices = getattr(SalesOrder._meta.get_field(name), "choices", None)
    except FieldDoesNotExist:
        return text
    return str(dict(choices).get(text, text)) if choices else text


# --- what is delivered, and from where ------------------------------------------------------------------
def returned_by_line(order: SalesOrder) -> dict[int, Decimal]:
    """Units that came back, by order line id."""
    rows = DeliveryLine.objects.filter(
        delivery__order=order, delivery__status=PostingStatus.POSTED, returned__gt=0
    )
    sums = rows.order_by().values_list("order_line_id").annotate(sum=Sum("returned"))
    return {pk: round_quantity(Decimal(quantity)) for pk, quantity in sums}


def places_for(order: SalesOrder, user: User) -> QuerySet[StockLocation]:
    """Where an order's goods may leave from: the warehouses, and the vans of its rep and of whoever delivers;
    the warehouse that orders are delivered from first."""
    drivers = {pk for pk in (order.rep_id, user.pk) if pk}
    places: QuerySet[StockLocation] = StockLocation.objects.visible_to(user).active()
    return places.filter(Q(kind=LocationKind.WAREHOUSE) | Q(kind=LocationKind.VAN, rep__in=drivers)).order_by(
        "-is_default", "-kind", "code"
    )


def on_hand_at(places: Iterable[StockLocation], lines: Sequence[OrderLine]) -> dict[int, dict[int, Decimal]]:
    """{place: {product: units there}} of the products of these lines, in one statement."""
    found: dict[int, dict[int, Decimal]] = {place.pk: {} for place in places}
    products = {line.product_id for line in lines}
    rows = StockBalance.objects.filter(location_id__in=list(found), product_id__in=products)
    for place, product, quantity in rows.values_list("location_id", "product_id", "quantity"):
        found[place][product] = quantity
    return found


def finance_slip(order: SalesOrder) -> FinanceSlip | None:
    """The order as it lies before finance; None while nobody has approved it."""
    rows = FinanceSlip.objects.filter(kind=SlipKind.ORDER, object_id=order.pk)
    slip: FinanceSlip | None = rows.select_related("checked_by").first()
    return slip
