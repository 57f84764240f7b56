"""The funnel of leads by channel, source and rep (C2), counted from their history in one query."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from django.db.models import Case, Count, IntegerField, Max, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce, Greatest

from accounts.models import User
from common.business_calendar import day_bounds
from crm.enums import LeadStage
from crm.models import Dictionary, Lead, LeadChannel, LeadEvent
from crm.rules.leads import FUNNEL, Funnel, FunnelCount, funnel

if TYPE_CHECKING:
    from crm.querysets import LeadQuerySet

By = Literal["channel", "source", "owner"]
NONE = "none"  # the filters' word for "without channel", "without source", "nobody's"
_MODELS = {"channel": LeadChannel, "source": Dictionary, "owner": User}


def _rank(field: str) -> Case:
    """The place in FUNNEL of the stage in `field`; a lost lead keeps the place its history shows."""
    places = [When(**{field: stage}, then=Value(place)) for place, stage in enumerate(FUNNEL)]
    return Case(*places, default=Value(0), output_field=IntegerField())


def with_furthest(rows: LeadQuerySet) -> LeadQuerySet:
    """Adds `furthest`: the furthest step (a place in FUNNEL) the lead ever stood on, wherever it is now.

    A step that was taken back with its bulk action was none.
    """
    steps = LeadEvent.objects.filter(lead=OuterRef("pk"), taken_back=False).exclude(to_stage="")
    history = steps.order_by().values("lead")
    best = Subquery(history.annotate(best=Max(_rank("to_stage"))).values("best"))
    furthest: LeadQuerySet = rows.annotate(furthest=Greatest(_rank("stage"), Coalesce(best, Value(0))))
    return furthest


def created_between(first: dt.date | None, last: dt.date | None) -> Q:
    """Condition "made on these business days", both included; None is open."""
    condition = Q()
    if first:
        condition &= Q(created_at__gte=day_bounds(first)[0])
    if last:
        condition &= Q(created_at__lt=day_bounds(last)[1])
    return condition


@dataclass(frozen=True)
class FunnelRow:
    """The funnel of one channel, source or rep; `key` is its id as the lists' filters take it."""

    key: str
    name: str
    funnel: Funnel


@dataclass(frozen=True)
class FunnelBoard:
    whole: Funnel
    rows: list[FunnelRow]  # the most leads first, "without" last


def funnel_board(user: User, *, first: dt.date, last: dt.date, by: By) -> FunnelBoard:
    """The leads `user` sees that were made on these business days, as one funnel and one for each `by`.

    A lead counts at each step it ever reached, now lost or not; those in the recycle bin do not count.
    """
    rows = with_furthest(Lead.objects.visible_to(user).filter(created_between(first, last)))
    groups: dict[int | None, list[FunnelCount]] = defaultdict(list)
    counted = rows.order_by().values_list(f"{by}_id", "furthest", "stage").annotate(n=Count("pk"))
    for key, furthest, stage, count in counted:
        groups[key].append(FunnelCount(furthest, stage == LeadStage.LOST, count))
    ids = [key for key in groups if key is not None]
    names = {row.pk: str(row) for row in _MODELS[by]._default_manager.filter(pk__in=ids)}
    lines = [
        FunnelRow(NONE if key is None else str(key), "" if key is None else names[key], funnel(counts))
        for key, counts in groups.items()
    ]
    lines.sort(key=lambda row: (row.key == NONE, -row.funnel.created, row.name))
    return FunnelBoard(funnel(count for counts in groups.values() for count in counts), lines)
