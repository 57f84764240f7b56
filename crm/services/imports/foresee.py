"""Whom a dry run would refuse: the same caps and rules of owners that the run asks, counted on from batch to batch."""

from accounts.models import User
from crm.enums import OwnerChangeReason
from crm.models import Customer
from crm.services.imports.plan import Plan
from crm.services.imports.write import kept_owner, over_cap, receivers
from crm.services.owners import Room, foresee_owner, rooms_of


class Rooms:
    """The people who get customers by one file, and how many more each of them may have. Writes and locks nothing."""

    def __init__(self, actor: User | None) -> None:
        self.actor = actor
        self._rooms: dict[int, Room] = {}
        self._asked: set[int] = set()

    def refuse(self, plan: Plan) -> bool:
        """Let the lines of the batch fail that the run would refuse; says whether there were any."""
        unknown = receivers(plan) - self._asked
        if unknown:
            self._rooms |= rooms_of(owners=unknown, lock=False)
            self._asked |= unknown
        refused = over_cap(plan, self._rooms)
        plan.refuse(refused)
        kept = self._kept(plan)
        plan.refuse(kept)
        return bool(refused or kept)

    def _kept(self, plan: Plan) -> dict[int, str]:
        """{id() of a row of `plan.updated`: why its customer keeps its owner}."""
        wanted = {pk: row.owner_id for pk, row in plan.updated.items() if row.owner_id}
        if not wanted:
            return {}
        rows = Customer.objects.filter(pk__in=wanted).values_list("pk", "owner_id", "last_order_on")
        had = {pk: (owner_id, dealt is not None) for pk, owner_id, dealt in rows}
        by_owner: dict[int, list[int]] = {}
        for pk, owner_id in wanted.items():
            if pk in had and had[pk][0] != owner_id:
                by_owner.setdefault(owner_id, []).append(pk)
        owners = User.objects.in_bulk(by_owner)
        refused: dict[int, str] = {}
        for owner_id, customers in sorted(by_owner.items()):
            room = self._rooms.get(owner_id)
            outcome = foresee_owner(
                actor=self.actor,
                customers=customers,
                owner=owners[owner_id],
                reason=OwnerChangeReason.IMPORTED,
                caps=room.caps if room else None,
            )
            refused |= {id(plan.updated[pk]): kept_owner(why) for pk, why in outcome.refused.items()}
            for pk in outcome.changed:
                self._leaves(*had[pk])
        return refused

    def _leaves(self, owner_id: int | None, dealt: bool) -> None:
        room = self._rooms.get(owner_id or 0)
        if room is not None and not (dealt and room.caps.excludes_dealt):
            room.caps.held -= 1
