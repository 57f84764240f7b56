"""What a demo company's sixty days lack: moves in and out of the pool, calls of channels, contacts, customers long lost."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from auditlog.context import set_actor
from django.utils import timezone

from accounts.models import User
from crm.enums import CaptureState, OwnerChangeReason
from crm.models import Customer, Lead
from crm.services import events, owners
from crm.services.contacts import save_contact
from tests.factories import CapturedLeadFactory, LeadChannelFactory, SalesOrderFactory

_DAY = dt.timedelta(days=1)


def make(today: dt.date) -> None:
    _pool()
    _captured()
    _lost(today)
    _joined(today)
    rep = User.objects.get(username="rep1")
    with set_actor(rep):
        for customer in Customer.objects.filter(owner=rep).order_by("pk")[:2]:
            save_contact(actor=rep, customer=customer, name="新来的店长")


def _pool() -> None:
    """A claim, an assignment, customers given back, and one that is undone, on several days."""
    now = timezone.now()
    rep, other = (User.objects.get(username=name) for name in ("rep1", "rep2"))
    pooled = list(Customer.objects.filter(owner=None).order_by("pk").values_list("pk", flat=True))
    taken, given, undone = pooled[:1], pooled[1:2], pooled[2:3]
    people = {rep.pk: other, other.pk: rep}
    for pk in taken:
        claimer = people.get(Customer.objects.get(pk=pk).last_owner_id, rep)
        owners.claim_customer(actor=claimer, customer_id=pk, now=now - 3 * _DAY)
    for ids, reason in ((given, OwnerChangeReason.ASSIGNED), (undone, OwnerChangeReason.UNDONE)):
        for pk in ids:
            getter = people.get(Customer.objects.get(pk=pk).last_owner_id, rep)
            outcome = owners.assign_owner(
                actor=None, customers=[pk], owner=getter, reason=reason, now=now - 2 * _DAY
            )
            assert outcome.changed == [pk], outcome.refused
    mine = Customer.objects.filter(owner=rep, pool_locked=False).order_by("-pk").values_list("pk", flat=True)
    owners.release_customers(actor=rep, customers=list(mine[:2]), note="店已搬走", now=now - _DAY)


def _captured() -> None:
    channel, other = LeadChannelFactory(name="官网表单"), LeadChannelFactory(name="展会")
    now = timezone.now()
    lead = Lead.objects.filter(owner__username="rep1").order_by("pk").first()
    for number, state in enumerate(CaptureState):
        CapturedLeadFactory(
            channel=channel,
            state=state,
            lead=lead if state in (CaptureState.NEW, CaptureState.KNOWN) else None,
            received_at=now - number * _DAY,
        )
    CapturedLeadFactory(channel=other, state=CaptureState.NEW, received_at=now - 3 * _DAY)


def _lost(today: dt.date) -> None:
    """Two customers whose only order is older than ninety days, and one of just ninety, who is not lost yet."""
    silent = Customer.objects.filter(owner__username__in=("rep1", "rep2"), last_order_on=None)
    for customer, days in zip(silent.order_by("pk")[:3], (91, 200, 90), strict=True):
        order = SalesOrderFactory(customer=customer, ordered_on=today - days * _DAY, total=Decimal(days))
        events.record_event(customer_id=customer.pk, kind="order", day=order.ordered_on)


def _joined(today: dt.date) -> None:
    """Most have worked here for long, one rep and one of the office for twenty days."""
    begin = timezone.make_aware(dt.datetime.combine(today - 200 * _DAY, dt.time(9)))
    User.objects.update(date_joined=begin)
    new = User.objects.filter(username__in=("rep2", "finance"))
    new.update(date_joined=begin + 180 * _DAY)
