"""The life of a scenario of territories (F4): queued → running → ready → published, or failed.

Only this file and territory_handover assign a scenario's state, by conditional UPDATE. `attempts` tells a worker that
was given up from its successor. A published scenario stays as it was; a copy of it can be reckoned anew.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Collection, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import in_language_of
from common.business_calendar import business_day
from crm.models import Customer
from territory.enums import ScenarioState
from territory.models import ScenarioCustomer, ScenarioMove, ScenarioRep, TerritoryScenario
from territory.queries.territories import customers_in_question, recent_sales
from territory.rules.territories import Areas, Place, Task, make_areas
from territory.rules.territory_terms import (
    MOST_CUSTOMERS,
    MOST_REPS,
    Terms,
    Weighed,
    place_numbers,
    read_terms,
    weights,
)

STALE_AFTER = dt.timedelta(minutes=3)  # a search says every some seconds that it lives
MAX_ATTEMPTS = 3
OWN_FIELDS = ("name", "weight", "tolerance", "keep_km")
log = logging.getLogger(__name__)


class LostScenario(Exception):
    """Another worker has it, or it is gone."""


def move_state(pk: int, source: str, target: str, *, guard: Any = None, **fields: Any) -> bool:
    """The one door of the state machine; False when the scenario is not where the caller thinks it is."""
    rows = TerritoryScenario.objects.filter(pk=pk, state=source, **(guard or {}))
    return rows.update(state=target, **fields) == 1


# --- asked for
@transaction.atomic
def save_scenario(
    *,
    actor: User,
    scenario: TerritoryScenario | None,
    values: Mapping[str, Any],
    terms: Terms,
    reps: Collection[User],
    locked_reps: Collection[int] = (),
    now: dt.datetime | None = None,
) -> TerritoryScenario:
    """Keep what shall be reckoned and queue it; `run_scenario` does it. `values`: of OWN_FIELDS.

    Raises ValidationError without a rep who may get something, with more than 60, and for one that is published.
    """
    if not {rep.pk for rep in reps} - set(locked_reps):
        raise ValidationError({"reps": _("Choose at least one rep who gets an area.")})
    if len(reps) > MOST_REPS:
        raise ValidationError({"reps": _("At most %(n)s reps.") % {"n": MOST_REPS}})
    fresh = {"terms": terms.as_json(), **{name: values[name] for name in OWN_FIELDS}}
    if scenario is None:
        scenario = TerritoryScenario.objects.create(
            created_by=actor, heartbeat_at=now or timezone.now(), **fresh
        )
    else:
        _requeue(scenario, now, **fresh)
        scenario.reps.all().delete()
    ScenarioRep.objects.bulk_create(
        ScenarioRep(scenario=scenario, rep=rep, number=number, is_locked=rep.pk in locked_reps)
        for number, rep in enumerate(sorted(reps, key=lambda rep: (rep.name, rep.pk)))
    )
    return scenario


def reckon_again(*, actor: User, scenario: TerritoryScenario, now: dt.datetime | None = None) -> None:
    """Queue it anew with the customers of now; pinned ones stay with their owners. Raises ValidationError if published."""
    _requeue(scenario, now)


def _requeue(scenario: TerritoryScenario, now: dt.datetime | None, **fields: Any) -> None:
    states = [ScenarioState.READY, ScenarioState.FAILED, ScenarioState.QUEUED]
    rows = TerritoryScenario.objects.filter(pk=scenario.pk, state__in=states)
    now = now or timezone.now()
    if not rows.update(
        state=ScenarioState.QUEUED, attempts=0, done=0, message="", heartbeat_at=now, **fields
    ):
        raise ValidationError(_("It is being reckoned, or published already. Make a copy instead."))
    scenario.refresh_from_db()


@transaction.atomic
def delete_scenario(*, actor: User, scenario: TerritoryScenario) -> None:
    """Customers stay with whom they are. A published one is kept: it says why they are there."""
    if scenario.state == ScenarioState.PUBLISHED:
        raise ValidationError(_("A published scenario is kept."))
    scenario.delete()


# --- reckoned
def run_scenario(scenario_id: int, *, now: dt.datetime | None = None) -> TerritoryScenario | None:
    """Reckon it; None when another worker has it. No transaction is held while it is searched."""
    now = now or timezone.now()
    claimed = move_state(
        scenario_id,
        ScenarioState.QUEUED,
        ScenarioState.RUNNING,
        attempts=F("attempts") + 1,
        done=0,
        heartbeat_at=now,
    )
    if not claimed:
        return None
    row: TerritoryScenario = TerritoryScenario.objects.select_related("created_by").get(pk=scenario_id)
    guard = {"attempts": row.attempts}
    with in_language_of(row.created_by):
        try:
            _Reckoning(row, business_day(now)).run()
        except LostScenario:
            log.warning("Scenario %s was taken over or deleted", scenario_id)
            return None
        except ValidationError as error:
            message = " ".join(error.messages)[:400]
            move_state(row.pk, ScenarioState.RUNNING, ScenarioState.FAILED, guard=guard, message=message)
        except Exception:
            log.exception("Scenario %s stopped", scenario_id)
            message = _("It stopped with an unexpected error; it is in the log. No customer was moved.")
            move_state(row.pk, ScenarioState.RUNNING, ScenarioState.FAILED, guard=guard, message=message)
    row.refresh_from_db()
    return row


class _Reckoning:
    """One run: read, search, write."""

    def __init__(self, row: TerritoryScenario, today: dt.date) -> None:
        self.row, self.today = row, today
        self.terms = read_terms(row.terms)
        reps = list(row.reps.all())
        self.locked_reps = {rep.rep_id for rep in reps if rep.is_locked}
        self.areas = [rep.rep_id for rep in reps if not rep.is_locked]
        self.told = 0.0

    def tell(self, share: float) -> None:
        """A sign of life every few per cent."""
        if share - self.told < 0.03:
            return
        self.told = share
        mine = TerritoryScenario.objects.filter(
            pk=self.row.pk, state=ScenarioState.RUNNING, attempts=self.row.attempts
        )
        if not mine.update(heartbeat_at=timezone.now(), done=min(99, int(share * 100))):
            raise LostScenario

    def run(self) -> None:
        rows = self._read()
        self.tell(0.05)
        task, free = self._task(rows)
        areas = make_areas(task, lambda share: self.tell(0.05 + 0.9 * share)) if task.places else None
        if areas is not None:
            for row in free:
                assert row.place is not None
                row.rep_id = self.areas[areas.area[row.place]]
        self._write(rows, areas)

    def _read(self) -> list[ScenarioCustomer]:
        customers = customers_in_question(self.row.created_by, self.terms, [*self.areas, *self.locked_reps])
        count = customers.count()
        if not count:
            raise ValidationError(_("No customer matches. Choose other reps or fewer filters."))
        if count > MOST_CUSTOMERS:
            raise ValidationError(
                _("%(n)s customers match; at most %(most)s can be shared out at once. Narrow them down.")
                % {"n": count, "most": MOST_CUSTOMERS}
            )
        pinned = set(self.row.customers.filter(is_pinned=True).values_list("customer_id", flat=True))
        sales = recent_sales(customers, self.today)
        columns = ("pk", "owner_id", "level", "latitude", "longitude", "pool_locked")
        found = list(customers.order_by("pk").values_list(*columns))
        loads = weights(
            self.row.weight,
            self.terms,
            [
                Weighed(r[2], float(sales.get(r[0], 0)), (r[3], r[4]) if r[3] is not None else None)
                for r in found
            ],
        )
        if not sum(loads) > 0:
            raise ValidationError(
                _("There is nothing to balance: what was chosen to be even is 0 everywhere.")
            )
        return [
            ScenarioCustomer(
                scenario=self.row,
                customer_id=pk,
                owner_id=owner,
                rep_id=owner if owner in self.areas or owner in self.locked_reps else None,
                weight=load,
                sales=sales.get(pk, 0),
                latitude=lat,
                longitude=lng,
                is_pinned=pk in pinned,
                is_locked=self._is_locked(owner, level, locked, pk in pinned),
            )
            for (pk, owner, level, lat, lng, locked), load in zip(found, loads, strict=True)
        ]

    def _is_locked(self, owner: int | None, level: str, locked: bool, pinned: bool) -> bool:
        if owner is None:
            return False
        by_terms = (locked and self.terms.keep_locked) or level in self.terms.locked_levels
        return owner in self.locked_reps or pinned or by_terms

    def _task(self, rows: list[ScenarioCustomer]) -> tuple[Task, list[ScenarioCustomer]]:
        """What is searched, and the customers that are shared out by it; the others weigh on those who have them."""
        number = {rep: at for at, rep in enumerate(self.areas)}
        base = [0.0] * len(self.areas)
        free = []
        for row in rows:
            if row.is_locked:
                row.rep_id = row.owner_id
            if row.is_locked or row.latitude is None:
                if row.owner_id in number:
                    base[number[row.owner_id]] += row.weight
            else:
                free.append(row)
        numbers = place_numbers([(row.latitude or 0.0, row.longitude or 0.0) for row in free])
        places: dict[int, list[ScenarioCustomer]] = {}
        for row, place in zip(free, numbers, strict=True):
            assert place is not None
            row.place = place
            places.setdefault(place, []).append(row)
        return (
            Task(
                [_place(places[at], number) for at in range(len(places))],
                base,
                self.row.tolerance / 100,
                self.row.keep_km,
            ),
            free,
        )

    @transaction.atomic
    def _write(self, rows: list[ScenarioCustomer], areas: Areas | None) -> None:
        guard = {"attempts": self.row.attempts}
        now = timezone.now()
        links = areas.links if areas else []
        fields = {"done": 100, "links": links, "heartbeat_at": now, "ready_at": now}
        if not move_state(self.row.pk, ScenarioState.RUNNING, ScenarioState.READY, guard=guard, **fields):
            raise LostScenario
        self.row.customers.all().delete()
        self.row.moves.all().delete()
        # Who was deleted or merged meanwhile would break the whole.
        alive = set(
            Customer.objects.filter(pk__in=[row.customer_id for row in rows]).values_list("pk", flat=True)
            if len(rows) < 500
            else Customer.objects.values_list("pk", flat=True)
        )
        ScenarioCustomer.objects.bulk_create(
            [row for row in rows if row.customer_id in alive], batch_size=2000
        )


def _place(rows: list[ScenarioCustomer], number: Mapping[int, int]) -> Place:
    today: dict[int, int] = {}
    for row in rows:
        area = None if row.owner_id is None else number.get(row.owner_id)
        if area is not None:
            today[area] = today.get(area, 0) + 1
    at = (
        sum(row.latitude or 0.0 for row in rows) / len(rows),
        sum(row.longitude or 0.0 for row in rows) / len(rows),
    )
    return Place(at, sum(row.weight for row in rows), len(rows), today)


def sweep_scenarios(now: dt.datetime | None = None) -> list[int]:
    """Ids of scenarios to nudge: their message was lost or their worker died. Gives up what died too often."""
    now = now or timezone.now()
    guard = {"heartbeat_at__lt": now - STALE_AFTER}
    busy = [ScenarioState.QUEUED, ScenarioState.RUNNING]
    waiting = list(
        TerritoryScenario.objects.filter(state__in=busy, **guard).values_list("pk", "state", "attempts")
    )
    nudge: list[int] = []
    for pk, state, attempts in waiting:
        if attempts >= MAX_ATTEMPTS:
            message = _("It was interrupted several times. No customer was moved; have it reckoned again.")
            move_state(pk, state, ScenarioState.FAILED, guard=guard, message=message)
        elif move_state(pk, state, ScenarioState.QUEUED, guard=guard, heartbeat_at=now):
            nudge.append(pk)
    return nudge


# --- changed by hand
def _lock_ready(scenario: TerritoryScenario) -> TerritoryScenario:
    row: TerritoryScenario = TerritoryScenario.objects.select_for_update().get(pk=scenario.pk)
    if row.state != ScenarioState.READY:
        raise ValidationError(_("Only a proposal that is not published can be changed."))
    return row


@transaction.atomic
def move_customers(*, actor: User, scenario: TerritoryScenario, rows: Collection[int], rep: int) -> int:
    """Give these rows of the scenario to another of its reps; answers how many moved. Locked ones stay.

    Raises ValidationError when he gets nothing in this scenario, or when nothing would move.
    """
    row = _lock_ready(scenario)
    if not row.reps.filter(rep_id=rep, is_locked=False).exists():
        raise ValidationError(_("Choose a rep of this scenario who is not locked."))
    moving = row.customers.filter(pk__in=rows, is_locked=False).exclude(rep_id=rep)
    before: dict[int | None, list[int]] = {}
    for pk, was in moving.order_by("pk").values_list("pk", "rep_id"):
        before.setdefault(was, []).append(pk)
    if not before:
        raise ValidationError(_("Nothing to move: choose customers of another rep that are not locked."))
    row.customers.filter(pk__in=[pk for pks in before.values() for pk in pks]).update(rep_id=rep)
    ScenarioMove.objects.create(
        scenario=row, made_by=actor, before=[[was, pks] for was, pks in before.items()]
    )
    return sum(len(pks) for pks in before.values())


@transaction.atomic
def undo_move(*, actor: User, scenario: TerritoryScenario) -> int:
    """Take the last change by hand back; answers how many customers moved, 0 when there is none."""
    row = _lock_ready(scenario)
    last = row.moves.first()
    if last is None:
        return 0
    moved = 0
    for was, pks in last.before:
        moved += row.customers.filter(pk__in=pks, is_locked=False).update(rep_id=was)
    last.delete()
    return moved


@transaction.atomic
def pin_customers(*, actor: User, scenario: TerritoryScenario, rows: Collection[int], pinned: bool) -> int:
    """Say that these stay with their owner (or need not any more), now and whenever it is reckoned again."""
    row = _lock_ready(scenario)
    chosen = row.customers.filter(pk__in=rows, owner__in=row.reps.values("rep_id"))
    if pinned:
        return chosen.filter(is_locked=False).update(is_locked=True, is_pinned=True, rep_id=F("owner_id"))
    return chosen.filter(is_pinned=True).update(is_locked=False, is_pinned=False)
