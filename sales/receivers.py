"""What crm asks of the accounts."""

import datetime as dt
from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.db.models.expressions import Combinable
from django.db.models.lookups import GreaterThan
from django.dispatch import receiver
from django.utils.translation import gettext as _

from accounts.models import User
from comms.rules.todos import Todo
from comms.signals import collecting_todos
from crm.models import Customer
from crm.rules.facts import MoneyFacts
from crm.rules.timeline import TimelineEvent, Wish
from crm.services.merge_journal import MergeJournal
from crm.signals import (
    collecting_facts,
    collecting_list_columns,
    collecting_timeline,
    customers_merging,
    receivable_asked,
)
from sales.models import SalesOrder
from sales.queries import money_facts, receivable_expression, timeline_events
from sales.queries.finance import inbox_counts
from sales.queries.orders import BY_QUEUE
from sales.services.merging import resolve_merge


@receiver(receivable_asked, dispatch_uid="sales.receivable")
def owes_money(sender: Any, outer: str, **kwargs: Any) -> GreaterThan:
    """Condition "what is billed is more than what was paid" (domain-rules §6)."""
    return GreaterThan(receivable_expression(outer), Decimal(0))


@receiver(collecting_list_columns, dispatch_uid="sales.list_columns")
def show_receivable(sender: Any, user: User, **kwargs: Any) -> dict[str, Combinable]:
    """What the customer owes, for those who may see receipts."""
    return {"receivable": receivable_expression()} if user.has_perm("sales.view_receipt") else {}


@receiver(collecting_facts, dispatch_uid="sales.facts")
def say_what_is_owed(
    sender: Any, customer: Customer, user: User, today: dt.date, **kwargs: Any
) -> MoneyFacts | None:
    return money_facts(customer, today) if user.has_perm("sales.view_receipt") else None


@receiver(collecting_timeline, dispatch_uid="sales.timeline")
def tell_slips(sender: Any, customer: Customer, user: User, wish: Wish, **kwargs: Any) -> list[TimelineEvent]:
    return timeline_events(customer, user, wish)


@receiver(customers_merging, dispatch_uid="sales.customers_merging")
def make_room_for_merged(sender: Any, journal: MergeJournal, **kwargs: Any) -> None:
    resolve_merge(journal=journal)


@receiver(collecting_todos, dispatch_uid="sales.todos")
def say_what_waits(sender: Any, user: User, **kwargs: Any) -> list[Todo]:
    """Orders to approve, those over the limit for who may, and slips that finance has not ticked off."""
    todos = []
    if user.has_perm("sales.approve_salesorder"):
        mine, page = BY_QUEUE["submitted"], "/orders/?queue=submitted"
        if user.has_perm("sales.approve_credit"):
            mine, page = Q(status="submitted"), "/orders/?status=submitted"
        count = SalesOrder.objects.visible_to(user).filter(mine).count()
        todos.append(Todo("orders", _("Orders to approve"), count, page, "shopping-cart", order=30))
    if user.has_perm("sales.change_financeslip"):
        new = inbox_counts(user).new
        todos.append(Todo("finance", _("Money to confirm"), new, "/finance/?state=new", "inbox", order=40))
    return todos
