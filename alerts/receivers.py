import datetime as dt
from collections.abc import Collection
from typing import Any

from django.db.models import Exists, OuterRef
from django.dispatch import receiver
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from alerts import services
from alerts.models import Alert
from alerts.queries import (
    kinds,  # noqa: F401 - fills the register of kinds
    timeline,
)
from alerts.rules import KINDS
from alerts.services.merging import resolve_merge
from alerts.services.rhythm import refresh_customers
from common.business_calendar import today
from comms.rules.todos import Todo
from comms.signals import collecting_todos
from crm.models import Customer
from crm.rules.facts import AlertFacts
from crm.rules.timeline import TimelineEvent, Wish
from crm.services.merge_journal import MergeJournal
from crm.signals import (
    collecting_alert_kinds,
    collecting_facts,
    collecting_timeline,
    customers_merging,
    open_alert_asked,
    owner_changed,
)
from sales.models import Delivery, SalesOrder
from sales.signals import goods_issued, order_cancelled, order_submitted
from visits.models import Visit
from visits.signals import checked_out, collecting_marks


@receiver(checked_out)
def close_at_visit(sender: Any, visit: Visit, **kwargs: Any) -> None:
    if visit.is_valid:
        services.close_for_event(customer_id=visit.customer_id, event="visit", day=visit.day, today=today())


@receiver(order_submitted)
def close_at_order(sender: Any, order: SalesOrder, **kwargs: Any) -> None:
    services.close_for_event(
        customer_id=order.customer_id, event="order", day=order.ordered_on, today=today()
    )


@receiver([order_submitted, order_cancelled], dispatch_uid="alerts.rhythm")
def follow_rhythm(sender: Any, order: SalesOrder, **kwargs: Any) -> None:
    """The new limit marks the customer to be judged within a minute."""
    refresh_customers(customer_ids=[order.customer_id], today=today())


@receiver(goods_issued)
def close_at_sale(sender: Any, delivery: Delivery, **kwargs: Any) -> None:
    services.close_for_event(
        customer_id=delivery.customer_id, event="sale", day=delivery.issued_on, today=today()
    )


@receiver(owner_changed, dispatch_uid="alerts.snoozes")
def show_to_the_new_owner(sender: Any, customer_ids: Collection[int], **kwargs: Any) -> None:
    services.end_for_new_owner(customer_ids=customer_ids, now=timezone.now())


@receiver(customers_merging, dispatch_uid="alerts.customers_merging")
def close_doubled_alerts(sender: Any, journal: MergeJournal, today: dt.date, **kwargs: Any) -> None:
    resolve_merge(journal=journal, today=today)


@receiver(open_alert_asked, dispatch_uid="alerts.open")
def has_open_alert(sender: Any, outer: str, today: dt.date, kind: str | None = None, **kwargs: Any) -> Exists:
    """For the customer list's filter, and the customer map's filter, colours and sums."""
    alerts = Alert.objects.open().awake(today).filter(customer=OuterRef(outer))
    return Exists(alerts.filter(kind=kind) if kind else alerts)


@receiver(collecting_alert_kinds, dispatch_uid="alerts.kinds")
def name_kinds(sender: Any, user: User, **kwargs: Any) -> list[tuple[str, Any]]:
    """In the order of their register."""
    return [(code, kind.label) for code, kind in KINDS.items()] if user.has_perm("alerts.view_alert") else []


@receiver(collecting_facts, dispatch_uid="alerts.facts")
def say_open_alerts(
    sender: Any, customer: Customer, user: User, today: dt.date, **kwargs: Any
) -> AlertFacts | None:
    return timeline.alert_facts(customer, today) if user.has_perm("alerts.view_alert") else None


@receiver(collecting_marks, dispatch_uid="alerts.marks")
def mark_open_alerts(
    sender: Any, user: User, customer_ids: Collection[int], **kwargs: Any
) -> dict[int, list[str]]:
    """For a phone without network."""
    return timeline.open_alert_words(customer_ids, today()) if user.has_perm("alerts.view_alert") else {}


@receiver(collecting_timeline, dispatch_uid="alerts.timeline")
def tell_alerts(
    sender: Any, customer: Customer, user: User, wish: Wish, **kwargs: Any
) -> list[TimelineEvent]:
    return timeline.timeline_events(customer, user, wish)


@receiver(collecting_todos, dispatch_uid="alerts.todos")
def say_what_is_open(sender: Any, user: User, today: dt.date, **kwargs: Any) -> list[Todo]:
    """Alerts of one's own customers that are not put off."""
    if not user.has_perm("alerts.view_alert"):
        return []
    mine = Alert.objects.open().filter(owner=user).awake(today).count()
    return [Todo("alerts", _("My open alerts"), mine, "/alerts/mine/", "bell-ringing", order=50)]
