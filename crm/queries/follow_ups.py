"""Reads for the follow-up screens (B6): who may do what, lists with their files, whom to contact today."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import (
    BooleanField,
    CharField,
    Count,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import Coalesce

from accounts.models import User
from accounts.querysets import scope_q, scope_user_ids
from common.business_calendar import business_day, day_bounds
from crm.enums import DictionaryKind, LeadStage
from crm.models import Customer, Dictionary, FollowUp, FollowUpPhoto, Lead, LeadContact, Phone
from crm.rules.follow_ups import DELETE_WITHIN, Shown
from crm.signals import collecting_follow_up_links

if TYPE_CHECKING:
    from crm.querysets import FollowUpQuerySet

FRAGMENT_SIZE = 10


# --- who may
def leads_author(user: User, follow_up: FollowUp) -> bool:
    """Whether the author is among those `user` leads, himself not counted."""
    ids = scope_user_ids(user)
    return follow_up.rep_id != user.pk and (ids is None or follow_up.rep_id in ids)


def may_change(user: User, follow_up: FollowUp) -> bool:
    """Its author and those who lead him; that the customer is theirs to change is asked by the writer."""
    return follow_up.rep_id == user.pk or leads_author(user, follow_up)


def writable_q(user: User) -> Q:
    """Condition "`user` may correct it" on follow-ups: the customer, if it is of one, is his to change, and so is the record."""
    if not user.has_perm("crm.change_followup"):
        return Q(pk__in=())
    ids = scope_user_ids(user)
    written = Q() if ids is None else Q(rep__in=ids | {user.pk})
    editable = Customer.objects.editable_by(user).filter(pk=OuterRef("customer"))
    return written & (Q(customer__isnull=True) | Q(Exists(editable)))


def may_delete(user: User, follow_up: FollowUp, now: dt.datetime) -> bool:
    """Its author within a day; at any time who may delete follow-ups and leads him, or wrote it himself."""
    if user.has_perm("crm.delete_followup"):
        return may_change(user, follow_up)
    return follow_up.rep_id == user.pk and now - follow_up.created_at <= DELETE_WITHIN


def may_record(user: User, *, customer: Customer | None = None, lead: Lead | None = None) -> bool:
    """Whether `user` may follow up this customer or lead, which he is known to see: not out of the pool."""
    if not user.has_perm("crm.add_followup"):
        return False
    if customer is not None:
        return (
            customer.owner_id is not None
            and Customer.objects.editable_by(user).filter(pk=customer.pk).exists()
        )
    return lead is not None and lead.owner_id is not None and lead.stage != LeadStage.CONVERTED


# --- lists
def with_files(rows: FollowUpQuerySet) -> FollowUpQuerySet:
    """What a card of a follow-up reads, in three queries for any number of rows."""
    found: FollowUpQuerySet = rows.select_related(
        "rep", "method", "stage", "contact", "customer", "lead"
    ).prefetch_related("photos", "materials")
    return found


def add_links(rows: Collection[FollowUp], user: User) -> None:
    """Set `shown` on each row: what apps above crm know was shown then, as far as `user` may see it."""
    keys = [row.pk for row in rows]
    found: dict[int, list[Shown]] = {}
    answers: list[tuple[Any, Any]] = collecting_follow_up_links.send(FollowUp, follow_ups=keys, user=user)
    for _receiver, answer in answers:
        for key, links in (answer or {}).items():
            found.setdefault(key, []).extend(links)
    for row in rows:
        row.shown = found.get(row.pk, [])  # type: ignore[attr-defined]


def list_rows(user: User) -> FollowUpQuerySet:
    """The follow-ups `user` sees, with the names and numbers the list draws."""
    rows: FollowUpQuerySet = FollowUp.objects.visible_to(user)
    of_one = FollowUpPhoto.objects.filter(follow_up=OuterRef("pk")).order_by().values("follow_up")
    photos = of_one.annotate(n=Count("pk"))
    named: FollowUpQuerySet = rows.annotate(
        target_name=Coalesce("customer__name", "lead__name"),
        rep_name=F("rep__name"),
        method_name=F("method__name"),
        stage_name=F("stage__name"),
        opens_lead=Value(user.has_perm("crm.view_lead")),
        is_writable=ExpressionWrapper(writable_q(user), output_field=BooleanField()),
        photo_count=Coalesce(Subquery(photos.values("n")), 0),
    ).prefetch_related(Prefetch("photos", FollowUpPhoto.objects.only("follow_up", "position")))
    return named


def visible_photos(user: User) -> QuerySet[FollowUpPhoto]:
    """Photos of the follow-ups `user` sees."""
    return FollowUpPhoto.objects.filter(follow_up__in=FollowUp.objects.visible_to(user).values("pk"))


def dictionary_choices() -> dict[str, list[tuple[int, str]]]:
    """{"follow_method" | "follow_stage" | "material": [(id, name)]} of what is in use, in one query."""
    kinds = [DictionaryKind.FOLLOW_METHOD, DictionaryKind.FOLLOW_STAGE, DictionaryKind.MATERIAL]
    choices: dict[str, list[tuple[int, str]]] = {kind.value: [] for kind in kinds}
    rows = Dictionary.objects.filter(kind__in=kinds, is_active=True).order_by("position", "name")
    for kind, pk, name in rows.values_list("kind", "pk", "name"):
        choices[kind].append((pk, name))
    return choices


def reps(user: User) -> list[tuple[int, str]]:
    """The people whose follow-ups `user` may filter by."""
    return list(User.objects.visible_to(user).active().order_by("name", "pk").values_list("pk", "name"))


def find_targets(user: User, text: str, limit: int) -> list[Customer | Lead]:
    """Customers and leads that `user` may follow up, matching the search: the newest first, customers before leads."""
    customers = Customer.objects.editable_by(user).active().filter(owner__isnull=False).search(text)
    fields = ("name", "province", "city", "district", "address")
    found: list[Customer | Lead] = list(customers.only("code", *fields).order_by("-pk")[:limit])
    if user.has_perm("crm.view_lead"):
        leads = Lead.objects.visible_to(user).filter(owner__isnull=False).exclude(stage="converted")
        found += list(leads.search(text).only(*fields).order_by("-pk")[:limit])
    return found


# --- whom to contact
@dataclass(frozen=True, slots=True)
class DueContact:
    """A customer or lead whose next contact is due: `kind` is "customer" or "lead"."""

    kind: str
    pk: int
    name: str
    owner: str
    next_at: dt.datetime
    last_on: dt.date | None
    phones: tuple[str, ...]

    @property
    def url(self) -> str:
        return f"/{self.kind}s/{self.pk}/"

    @property
    def target(self) -> str:
        return f"{self.kind}={self.pk}"

    def days_late(self, today: dt.date) -> int:
        return (today - business_day(self.next_at)).days


def due_rows(user: User, day: dt.date, *, owner_id: int | None = None) -> QuerySet[Any, dict[str, Any]]:
    """Customers and leads of the user's people to be contacted by the end of business day `day`, the longest due first.

    Leads only for who may see leads. One statement; rows are dicts with kind, pk, label, owner_name, next_contact_at, last_follow_up_on. Inactive
    customers and leads that are lost or converted need nobody's call.
    """
    due = Q(next_contact_at__lt=day_bounds(day)[1], owner__isnull=False) & scope_q(user, "owner")
    if owner_id is not None:
        due &= Q(owner_id=owner_id)
    columns = ("kind", "pk", "label", "owner_name", "next_contact_at", "last_follow_up_on")
    kinds: list[tuple[str, QuerySet[Any]]] = [("customer", Customer.objects.active())]
    if user.has_perm("crm.view_lead"):
        kinds.append(("lead", Lead.objects.open()))
    parts = [
        rows.filter(due)
        .order_by()
        .annotate(kind=Value(kind, CharField()), label=F("name"), owner_name=F("owner__name"))
        .values(*columns)
        for kind, rows in kinds
    ]
    union: QuerySet[Any, dict[str, Any]] = (
        parts[0].union(*parts[1:], all=True).order_by("next_contact_at", "kind", "pk")
    )
    return union


def due_contacts(user: User, day: dt.date, *, limit: int = 200) -> list[DueContact]:
    """Whom `user` and his people have to contact by the end of `day` (今日待联系), overdue ones included, at most `limit`."""
    return with_phones(list(due_rows(user, day)[:limit]))


def count_due(user: User, day: dt.date) -> int:
    """How many `due_contacts` there are without a limit."""
    return due_rows(user, day).count()


def with_phones(rows: list[dict[str, Any]]) -> list[DueContact]:
    """The rows of `due_rows` as contacts with their phones, in two queries."""
    customers = [row["pk"] for row in rows if row["kind"] == "customer"]
    leads = [row["pk"] for row in rows if row["kind"] == "lead"]
    phones: dict[tuple[str, int], list[str]] = {}
    for pk, raw in Phone.objects.filter(customer__in=customers).values_list("customer_id", "raw"):
        phones.setdefault(("customer", pk), []).append(raw)
    for pk, raw in LeadContact.objects.filter(lead__in=leads).exclude(raw="").values_list("lead_id", "raw"):
        phones.setdefault(("lead", pk), []).append(raw)
    return [
        DueContact(
            kind=row["kind"],
            pk=row["pk"],
            name=row["label"],
            owner=row["owner_name"] or "",
            next_at=row["next_contact_at"],
            last_on=row["last_follow_up_on"],
            phones=tuple(phones.get((row["kind"], row["pk"]), ())),
        )
        for row in rows
    ]
