"""Who hears of an order that needs a manager: those who may approve it at once, the rep when it is decided."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.models import User
from common.punctuation import named
from common.templatetags.paodian import money
from comms.enums import NoticeKind
from comms.services import Notice, notify
from sales.models import SalesOrder
from sales.queries.approvers import approvers_of


def ask_managers(*, actor: User | None, order: SalesOrder) -> None:
    """Tell everybody who may approve it, once for each revision of the order; not whoever has just written
    it."""
    notify(
        _notice(
            order,
            person,
            title=gettext_noop("Order %(number)s needs your approval"),
            key=f"order-approval-{order.pk}-{order.revision}",
            more=lambda: order.approval_words,
        )
        for person in approvers_of(order)
        if actor is None or person.pk != actor.pk
    )


def tell_approved(*, actor: User | None, order: SalesOrder) -> None:
    """The rep whose order waited for a manager."""
    _tell_rep(
        actor,
        order,
        title=gettext_noop("Order %(number)s is approved"),
        key=f"order-approved-{order.pk}-{order.revision}",
    )


def tell_rejected(*, actor: User, order: SalesOrder, reason: str) -> None:
    _tell_rep(
        actor,
        order,
        title=gettext_noop("Order %(number)s is rejected"),
        key=f"order-rejected-{order.pk}",
        more=lambda: reason,
    )


def _tell_rep(
    actor: User | None, order: SalesOrder, *, title: str, key: str, more: Callable[[], str] = str
) -> None:
    """The rep, or whoever wrote the order where there is none; nobody is told what he did himself."""
    recipient = order.rep or order.created_by
    if recipient is None or (actor is not None and recipient.pk == actor.pk):
        return
    notify([_notice(order, recipient, title=title, key=key, more=more)])


def _notice(
    order: SalesOrder, recipient: User, *, title: str, key: str, more: Callable[[], str] = str
) -> Notice:
    """`more` is said after the customer and the sum, in the recipient's language as everything is."""

    def body() -> str:
        words = f"{order.customer.name} {money(order.total)}"
        told = more()
        return named(words, told) if told else words

    return Notice(
        recipient_id=recipient.pk,
        kind=NoticeKind.REMINDER,
        title=lambda: _(title) % {"number": order.number},
        body=body,
        url=order.get_absolute_url(),
        key=key,
    )
