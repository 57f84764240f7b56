import datetime as dt
from collections.abc import Collection
from typing import Any

from django.db.models import Exists, OuterRef, Subquery
from django.db.models.expressions import Combinable
from django.dispatch import receiver
from django.utils.translation import gettext as _

from accounts.models import User
from common.counts import counts
from comms.rules.todos import Todo
from comms.signals import collecting_todos
from crm.models import Customer
from crm.rules.facts import VisitFacts
from crm.rules.timeline import TimelineEvent, Wish
from crm.services.merge_journal import MergeJournal
from crm.signals import (
    collecting_facts,
    collecting_list_columns,
    collecting_timeline,
    customers_merging,
    low_stock_asked,
)
from sales.enums import TargetMeasure
from sales.models import Delivery, Receipt, SalesOrder, SalesReturn
from sales.signals import (
    collecting_actuals,
    goods_issued,
    order_created,
    receipt_recorded,
    return_recorded,
)
from visits import queries, services
from visits.models import Visit, VisitTask
from visits.services.merging import resolve_merge


@receiver(order_created)
def link_order_to_visit(sender: Any, order: SalesOrder, actor: User | None, **kwargs: Any) -> None:
    if actor is not None:
        services.link_order(order=order, actor=actor)


@receiver(goods_issued, dispatch_uid="visits.goods_issued")
def link_delivery_to_visit(sender: Any, delivery: Delivery, **kwargs: Any) -> None:
    if delivery.created_by is not None:
        services.link_slip(slip=delivery, actor=delivery.created_by)


@receiver(return_recorded, dispatch_uid="visits.return_recorded")
def link_return_to_visit(sender: Any, sales_return: SalesReturn, **kwargs: Any) -> None:
    if sales_return.created_by is not None:
        services.link_slip(slip=sales_return, actor=sales_return.created_by)


@receiver(receipt_recorded, dispatch_uid="visits.receipt_recorded")
def link_receipt_to_visit(sender: Any, receipt: Receipt, **kwargs: Any) -> None:
    if receipt.created_by is not None:
        services.link_slip(slip=receipt, actor=receipt.created_by)


@receiver(customers_merging, dispatch_uid="visits.customers_merging")
def make_room_for_merged(sender: Any, journal: MergeJournal, **kwargs: Any) -> None:
    resolve_merge(journal=journal)


@receiver(collecting_list_columns, dispatch_uid="visits.list_columns")
def show_task_and_visit(sender: Any, user: User, **kwargs: Any) -> dict[str, Combinable]:
    """The day of the customer's next open task, and what the last valid visit said, for those who may see them."""
    columns: dict[str, Combinable] = {}
    mine = OuterRef("pk")
    if user.has_perm("visits.view_visittask"):
        tasks = VisitTask.objects.open().filter(customer=mine).order_by("date")
        columns["open_task_on"] = Subquery(tasks.values("date")[:1])
    if user.has_perm("visits.view_visit"):
        visits = Visit.objects.valid().filter(customer=mine).order_by("-day", "-pk")
        columns["visit_text"] = Subquery(visits.values("summary")[:1])
        columns["low_stock"] = queries.low_stock_count()
    return columns


@receiver(low_stock_asked, dispatch_uid="visits.low_stock")
def is_low(sender: Any, outer: str, **kwargs: Any) -> Exists:
    return queries.low_stock_condition(outer)


@receiver(collecting_facts, dispatch_uid="visits.facts")
def say_how_often_visited(
    sender: Any, customer: Customer, user: User, today: dt.date, **kwargs: Any
) -> VisitFacts | None:
    return queries.visit_facts(customer, today) if user.has_perm("visits.view_visit") else None


@receiver(collecting_timeline, dispatch_uid="visits.timeline")
def tell_visits(
    sender: Any, customer: Customer, user: User, wish: Wish, **kwargs: Any
) -> list[TimelineEvent]:
    return queries.timeline_events(customer, user, wish)


@receiver(collecting_actuals, dispatch_uid="visits.actuals")
def count_visits(
    sender: Any, measure: str, first: dt.date, last: dt.date, reps: Collection[int] | None, **kwargs: Any
) -> list[tuple[int, int, int, int]] | None:
    """Valid visits by rep, year and month, for the targets of visits."""
    return queries.visits_by_month(first, last, reps) if measure == TargetMeasure.VISITS else None


@receiver(collecting_todos, dispatch_uid="visits.todos")
def say_what_waits(sender: Any, user: User, today: dt.date, **kwargs: Any) -> list[Todo]:
    """One's own tasks of today and those left behind, and locations of one's customers to confirm."""
    sorts: list[tuple[str, Any]] = []
    if makes_visits := user.has_perm("visits.change_visittask"):
        open_tasks = VisitTask.objects.open().filter(rep=user, date__lte=today)
        sorts += [("all", open_tasks), ("late", open_tasks.filter(date__lt=today))]
    if confirms := user.has_perms(["crm.confirm_location", "visits.view_visit"]):
        sorts.append(("locations", queries.locations_to_confirm(user=user)))
    found = counts(sorts)
    todos = []
    if makes_visits:
        count, late = found.get("all", 0), found.get("late", 0)
        todos.append(Todo("tasks", _("Visits to make"), count, "/today/", "calendar-check", late, order=20))
    if confirms:
        count = found.get("locations", 0)
        todos.append(
            Todo("locations", _("Locations to confirm"), count, "/visits/locations/", "map-pin", order=21)
        )
    return todos
