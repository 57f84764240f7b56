"""Reads of instructions (H4): whom one may instruct, what one may read, what waits."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.querysets import scope_q, scope_user_ids
from common.templatetags import paodian as fmt
from crm.models import FollowUp
from sales.models import SalesOrder
from team.models import Instruction
from visits.models import Visit

BANNER = 3  # lines of the banner; the list has the rest


# --- who may
def may_instruct(user: User, person: User) -> bool:
    """Whether `user` leads this person: allowed to instruct, the person in his scope, and not above him."""
    if person.pk == user.pk or not person.is_active or not user.has_perm("team.add_instruction"):
        return False
    ids = scope_user_ids(user)
    return (ids is None or person.pk in ids) and person.pk not in superiors_of(user)


def superiors_of(user: User) -> set[int]:
    """Ids of those above a person, the nearest first asked; a ring in the data ends the walk."""
    above: set[int] = set()
    here = user.superior_id
    while here is not None and here not in above:
        above.add(here)
        here = User.objects.filter(pk=here).values_list("superior_id", flat=True).first()
    return above


# --- what it is about
@dataclass(frozen=True, slots=True)
class Target:
    """What an instruction can be about: whose it is, on which day; `row` is None for the day as a whole."""

    kind: str  # "day" or one of team.rules.instructions.TARGETS
    person: User
    day: dt.date
    row: Visit | FollowUp | SalesOrder | None = None

    @property
    def fields(self) -> dict[str, Any]:
        return {} if self.row is None else {self.kind: self.row}


_SOURCES: dict[str, tuple[Any, str, str]] = {
    "visit": (Visit, "visits.view_visit", "day"),
    "follow_up": (FollowUp, "crm.view_followup", "day"),
    "order": (SalesOrder, "sales.view_salesorder", "ordered_on"),
}


def find_target(*, user: User, kind: str, pk: int) -> Target | None:
    """The visit, follow-up or order, if `user` may see it and somebody did it; else None."""
    model, permission, day = _SOURCES[kind]
    if not user.has_perm(permission):
        return None
    row = model.objects.visible_to(user).filter(pk=pk, rep__isnull=False).select_related("rep").first()
    return None if row is None else Target(kind, row.rep, getattr(row, day), row)


# --- lists
def with_names(rows: QuerySet[Any]) -> QuerySet[Any]:
    """With the people and what it is about, for rows and panels."""
    return rows.select_related(
        "author", "person", "visit__customer", "order__customer", "follow_up__customer", "follow_up__lead"
    )


def people_of(user: User) -> QuerySet[User]:
    """Those whose instructions the user may read: himself, whom he instructed, and his scope when he supervises."""
    mine = Q(pk=user.pk) | Q(pk__in=Instruction.objects.filter(author=user).values("person_id"))
    if user.has_perm("team.view_supervision"):
        mine |= scope_q(user, "pk")
    people: QuerySet[User] = User.objects.filter(mine).active().order_by("name", "pk")
    return people


def instructions_on(*, user: User, target: Target) -> list[Instruction]:
    """Those about a target that `user` may read, with their answers, oldest first; a day has those on its parts too.

    Two statements.
    """
    rows = Instruction.objects.visible_to(user)
    if target.row is None:
        rows = rows.filter(person=target.person, day=target.day)
    else:
        rows = rows.filter(**target.fields)
    return list(with_names(rows).prefetch_related("answers__author").order_by("created_at", "pk"))


def about_words(row: Instruction) -> str:
    """What it is about in words: 11-22 周日 · 张三便利店."""
    parts = [str(fmt.day(row.day))]
    if row.visit is not None:
        parts += [_("Visit"), row.visit.customer.name]
    elif row.order is not None:
        parts += [row.order.number, row.order.customer.name]
    elif row.follow_up is not None:
        parts += [_("Follow-up"), str(row.follow_up.customer or row.follow_up.lead)]
    return " · ".join(parts)


def unread_for(user: User) -> list[Instruction]:
    """What the user has not read yet, newest first, one more than the banner shows."""
    rows = Instruction.objects.unread().open().filter(person=user)
    return list(with_names(rows).order_by("-created_at", "-pk")[: BANNER + 1])
