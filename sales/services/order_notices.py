"""Who hears of an order that needs a manager: those who may approve it at once, the rep when it is decided."""

from __future__ import annotations

from django.utils.translation import gettext as _

from accounts.models import User
from common.templatetags.paodian import money
from comms.enums import NoticeKind
from comms.services import Notice, notify
from sales.models import SalesOrder
from sales.queries.approvers import approvers_of


def ask_managers(*, actor: User | None, order: SalesOrder) -> None:
    """Tell everybody who may approve it, once for each revision of the order; not whoever has just written
    it."""
    notify(
        Notice(
            recipient_id=person.pk,
            kind=NoticeKind.REMINDER,
            title=_("Order %(number)s needs your approval") % {"number": order.number},
            body=f"{order.customer.name} {money(order.total)}: {order.approval_reason}",
            url=order.get_absolute_url(),
            key=f"order-approval-{order.pk}-{order.revision}",
        )
        for person in approvers_of(order)
        if actor is None or person.pk != actor.pk
    )


def tell_approved(*, actor: User | None, order: SalesOrder) -> None:
    """The rep whose order waited for a manager."""
    _tell_rep(
        actor,
        order,
        title=_("Order %(number)s is approved") % {"number": order.number},
        body=f"{order.customer.name} {money(order.total)}",
        key=f"order-approved-{order.pk}-{order.revision}",
    )


def tell_rejected(*, actor: User, order: SalesOrder, reason: str) -> None:
    _tell_rep(
        actor,
        order,
        title=_("Order %(number)s is rejected") % {"number": order.number},
        body=f"{order.customer.name} {money(order.total)}: {reason}",
        key=f"order-rejected-{order.pk}",
    )


def _tell_rep(actor: User | None, order: SalesOrder, *, title: str, body: str, key: str) -> None:
    """The rep, or whoever wrote the order where there is none; nobody is told what he did himself."""
    recipient = order.rep_id or order.created_by_id
    if recipient is None or (actor is not None and recipient == actor.pk):
        return
    notify(
        [
            Notice(
                recipient_id=recipient,
                kind=NoticeKind.REMINDER,
                title=title,
                body=body,
                url=order.get_absolute_url(),
                key=key,
            )
        ]
    )
