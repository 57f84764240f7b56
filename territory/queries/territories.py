"""Reads of territory scenarios (F4): the customers they are about, and what a scenario comes to for each rep."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import F, Q, QuerySet, Sum

from accounts.models import User
from accounts.queries import members_of
from accounts.querysets import scope_q, scope_user_ids
from crm.models import Customer
from sales.enums import PostingStatus
from sales.models import Delivery
from territory.enums import ScenarioState
from territory.models import ScenarioCustomer, TerritoryScenario
from territory.rules.territories import deviation, islands, tightness
from territory.rules.territory_graph import plane
from territory.rules.territory_terms import Terms

SALES_DAYS = 90
CENT = Decimal("0.01")


# --- what a scenario is about
def customers_in_question(actor: User, terms: Terms, reps: Collection[int]) -> QuerySet[Customer]:
    """Active customers of `reps` and of the terms' owners that match the terms, as far as they are the actor's people's.

    Those of the pool come along only for somebody who sees the whole company.
    """
    whose = Q(owner__in={*reps, *terms.owners}) & scope_q(actor, "owner")
    if terms.pool and scope_user_ids(actor) is None:
        whose |= Q(owner__isnull=True)
    rows: QuerySet[Customer] = Customer.objects.active().filter(whose)
    if terms.department:
        rows = rows.filter(owner__in=members_of(terms.department))
    for column, keys in (("region", terms.regions), ("channel", terms.channels), ("level", terms.levels)):
        if keys:
            rows = rows.filter(**{f"{column}__in": keys})
    return rows


def recent_sales(customers: QuerySet[Customer], today: dt.date) -> dict[int, Decimal]:
    """What each customer was sold in the last 90 days, today included: goods issued and not reversed."""
    since = today - dt.timedelta(days=SALES_DAYS - 1)
    rows = (
        Delivery.objects.filter(
            status=PostingStatus.POSTED,
            issued_on__range=(since, today),
            customer__in=customers.order_by().values("pk"),
        )
        .order_by()
        .values_list("customer_id")
        .annotate(amount=Sum("amount"))
    )
    return {pk: Decimal(amount).quantize(CENT) for pk, amount in rows}


def changed_hands(scenario: TerritoryScenario) -> QuerySet[ScenarioCustomer]:
    """Customers that are not whose they were when the scenario was reckoned, or not active any more."""
    same = Q(customer__owner=F("owner")) | Q(customer__owner__isnull=True, owner__isnull=True)
    return scenario.customers.exclude(Q(customer__status="active") & same)


def to_hand_over(scenario: TerritoryScenario) -> QuerySet[ScenarioCustomer]:
    """Customers that shall have another owner, and whose owner is still the one the scenario was reckoned with."""
    moving = Q(rep__isnull=False) & (~Q(rep=F("owner")) | Q(owner__isnull=True))
    same = Q(customer__owner=F("owner")) | Q(customer__owner__isnull=True, owner__isnull=True)
    return scenario.customers.filter(moving & same, customer__status="active")


# --- figures
@dataclass
class Side:
    """One person's customers, today or proposed."""

    customers: int = 0
    weight: float = 0.0
    sales: Decimal = Decimal(0)
    km: float | None = None  # mean way of a customer to the middle of all of them
    share: float = 0.0  # of the whole weight


@dataclass
class RepFigures:
    """`number`: his colour, None for somebody whose customers are only given away (`person` None: the pool)."""

    person: User | None
    number: int | None
    is_locked: bool
    before: Side = field(default_factory=Side)
    after: Side = field(default_factory=Side)
    gets: int = 0
    gives: int = 0
    locked: int = 0
    islands: list[int] = field(default_factory=list)  # customers in each piece besides the largest
    difference: float = 0.0  # of the proposed weight from the mean, as a share of it


@dataclass
class Figures:
    rows: list[RepFigures]
    total: int
    moved: int
    moved_sales: Decimal
    without_place: int
    homeless: int  # customers for whom nobody is proposed
    deviation_before: float
    deviation_after: float
    km_before: float | None
    km_after: float | None
    tight_before: float | None
    tight_after: float | None
    islands: int
    changed_hands: int


Row = tuple[Any, ...]
_COLUMNS = ("owner_id", "rep_id", "place", "weight", "sales", "latitude", "longitude", "is_locked")


def scenario_figures(scenario: TerritoryScenario) -> Figures:
    """Everything the tables of a scenario show, in five statements, whatever the number of customers."""
    rows: list[Row] = list(scenario.customers.order_by("pk").values_list(*_COLUMNS))
    reps = {row.rep_id: row for row in scenario.reps.select_related("rep")}
    people = User.objects.in_bulk({pk for row in rows for pk in row[:2] if pk and pk not in reps})
    found: dict[int | None, RepFigures] = {
        pk: RepFigures(row.rep, row.number, row.is_locked) for pk, row in reps.items()
    }
    for pk in dict.fromkeys(key for row in rows for key in row[:2]):
        if pk not in found:
            found[pk] = RepFigures(people.get(pk) if pk else None, None, True)
    _add_up(found, rows)
    km_before, km_after = _ways(found, rows, 0), _ways(found, rows, 1)
    _differences(found)
    tight = _pieces(found, rows, scenario.links)
    areas = [row for row in found.values() if row.number is not None and not row.is_locked]
    moving = [row for row in rows if row[1] is not None and row[0] != row[1]]
    stale = changed_hands(scenario).count() if scenario.state == ScenarioState.READY else 0
    nobody = found.get(None)
    return Figures(
        rows=[row for row in found.values() if row.person is not None or row.before.customers],
        total=len(rows),
        moved=len(moving),
        moved_sales=sum((row[4] for row in moving), Decimal(0)),
        without_place=sum(1 for row in rows if row[5] is None),
        homeless=nobody.after.customers if nobody else 0,
        deviation_before=deviation([row.before.weight for row in areas]),
        deviation_after=deviation([row.after.weight for row in areas]),
        km_before=km_before,
        km_after=km_after,
        tight_before=tight[0],
        tight_after=tight[1],
        islands=sum(len(row.islands) for row in found.values()),
        changed_hands=stale,
    )


def _add_up(found: dict[int | None, RepFigures], rows: Iterable[Row]) -> None:
    for owner, rep, _place, weight, sales, _lat, _lng, locked in rows:
        for side in (found[owner].before, found[rep].after):
            side.customers += 1
            side.weight += weight
            side.sales += sales
        found[owner].locked += locked
        if owner != rep:
            found[owner].gives += 1
            found[rep].gets += 1


def _ways(found: dict[int | None, RepFigures], rows: Sequence[Row], which: int) -> float | None:
    """Fill in the mean way to the middle of each person's customers; answers that of all of them."""
    import numpy as np

    located = [row for row in rows if row[5] is not None]
    if not located:
        return None
    spots = plane([(row[5], row[6]) for row in located])
    members: dict[int | None, list[int]] = {}
    for i, row in enumerate(located):
        members.setdefault(row[which], []).append(i)
    whole = 0.0
    for pk, mine in members.items():
        at = spots[mine]
        away = float(np.linalg.norm(at - at.mean(axis=0), axis=1).sum())
        side = found[pk].after if which else found[pk].before
        side.km = away / len(mine)
        whole += away
    return whole / len(located)


def _differences(found: dict[int | None, RepFigures]) -> None:
    for name in ("before", "after"):
        whole = sum(getattr(row, name).weight for row in found.values())
        for row in found.values():
            side = getattr(row, name)
            side.share = side.weight / whole if whole else 0.0
    areas = [row for row in found.values() if row.number is not None and not row.is_locked]
    mean = sum(row.after.weight for row in areas) / len(areas) if areas else 0.0
    for row in areas:
        row.difference = row.after.weight / mean - 1 if mean else 0.0


def _pieces(
    found: dict[int | None, RepFigures], rows: Iterable[Row], links: list[Any]
) -> tuple[float | None, float | None]:
    """Fill in the islands; answers how tight the areas are today and proposed. Locked customers are no part of an area."""
    free = [row for row in rows if row[2] is not None and not row[7]]
    places = max((row[2] for row in free), default=-1) + 1
    places = max([places, *(max(link) + 1 for link in links)])
    owners: list[set[Any]] = [set() for _ in range(places)]
    reps: list[set[Any]] = [set() for _ in range(places)]
    heads: dict[Any, list[int]] = {}
    for owner, rep, place, *_rest in free:
        owners[place].add(owner)
        reps[place].add(rep)
        if rep is not None:
            heads.setdefault(rep, [0] * places)[place] += 1
    for rep, counts in heads.items():
        mine = {rep: [place for place in range(places) if counts[place]]}
        for parts in islands(mine, links, places, counts).values():
            found[rep].islands = [sum(counts[place] for place in part) for part in parts]
    return tightness([frozenset(place) for place in owners], links), tightness(
        [frozenset(place) for place in reps], links
    )


# --- the map
def scenario_places(scenario: TerritoryScenario) -> dict[str, list[Any]]:
    """Columns of what the map draws: a place once, a locked customer by itself.

    `place` (None: locked), `lat`, `lng` (1/100,000 degree), `n`, `today` and `next` (numbers of reps, -1 nobody with
    an area, -2 several), `moves` (customers that change hands).
    """
    numbers = {row.rep_id: row.number for row in scenario.reps.all()}
    grouped: dict[Any, list[Any]] = {}
    columns = ("pk", "place", "latitude", "longitude", "owner_id", "rep_id", "is_locked")
    for pk, place, lat, lng, owner, rep, locked in scenario.customers.filter(
        latitude__isnull=False
    ).values_list(*columns):
        key = ("locked", pk) if locked or place is None else ("place", place)
        seen = grouped.setdefault(key, [0, 0.0, 0.0, set(), set(), 0])
        seen[0] += 1
        seen[1] += lat
        seen[2] += lng
        seen[3].add(numbers.get(owner, -1))
        seen[4].add(numbers.get(rep, -1))
        seen[5] += rep is not None and owner != rep
    answer: dict[str, list[Any]] = {
        name: [] for name in ("place", "lat", "lng", "n", "today", "next", "moves")
    }
    for (kind, key), (count, lat, lng, today, proposed, moves) in grouped.items():
        answer["place"].append(key if kind == "place" else None)
        answer["lat"].append(round(lat / count * 1e5))
        answer["lng"].append(round(lng / count * 1e5))
        answer["n"].append(count)
        answer["today"].append(today.pop() if len(today) == 1 else -2)
        answer["next"].append(proposed.pop() if len(proposed) == 1 else -2)
        answer["moves"].append(moves)
    return answer


def rows_at(scenario: TerritoryScenario, places: Collection[int], user: User) -> QuerySet[ScenarioCustomer]:
    """The customers of these places that `user` may see, with names."""
    return (
        scenario.customers.filter(
            place__in=places, customer__in=Customer.objects.visible_to(user).values("pk")
        )
        .select_related("customer", "owner", "rep")
        .order_by("place", "customer__name", "pk")
    )


def scenarios_for_list(user: User) -> QuerySet[TerritoryScenario]:
    rows: QuerySet[TerritoryScenario] = TerritoryScenario.objects.visible_to(user)
    return rows.select_related("created_by").defer("links")


def people_with_customers(user: User) -> QuerySet[User]:
    """People of the user's scope who own customers, the ones who left among them."""
    owners = Customer.objects.active().filter(owner__isnull=False).order_by().values("owner").distinct()
    people: QuerySet[User] = User.objects.visible_to(user).filter(pk__in=owners).order_by("name", "pk")
    return people
