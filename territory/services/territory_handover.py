"""Publishing a scenario (F4): its customers change hands through crm's bulk actions, one for each rep who gets some.

So caps, the waiting time of a last owner, history, notices and the reason of each refusal are theirs, and so is undoing.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from crm.enums import BulkKind, BulkState
from crm.models import Customer
from crm.services import bulk
from territory.enums import ScenarioState
from territory.models import ScenarioHandover, TerritoryScenario
from territory.queries.territories import to_hand_over
from territory.services.territories import move_state


@transaction.atomic
def publish_scenario(
    *, actor: User, scenario: TerritoryScenario, note: str = "", now: dt.datetime | None = None
) -> int:
    """Queue the hand-over of every customer that shall have another owner; answers how many. `run_handover` does it.

    Only customers the actor sees, and whose owner is still the one the scenario was reckoned with. Raises
    ValidationError when it is not a proposal (any more) or nobody would change hands.
    """
    now = now or timezone.now()
    # The state first: of two people who publish at once, one is refused here.
    if not move_state(scenario.pk, ScenarioState.READY, ScenarioState.PUBLISHED, published_at=now):
        raise ValidationError(_("Only a proposal can be published, and only once."))
    moving = to_hand_over(scenario)
    gets = Counter(moving.values_list("rep_id", flat=True))
    gives = Counter(moving.values_list("owner_id", flat=True))
    total = 0
    # Who gains most comes first: he has room, and makes room for the others.
    for rep in sorted(gets, key=lambda rep: (gives[rep] - gets[rep], rep)):
        chosen = Customer.objects.visible_to(actor).filter(
            pk__in=moving.filter(rep_id=rep).values("customer_id")
        )
        if not chosen.exists():
            continue
        params = {"owner": rep, "note": note or _("Territories: %(name)s") % {"name": scenario.name}}
        job = bulk.start(actor=actor, kind=BulkKind.TRANSFER, params=params, rows=chosen, now=now)
        ScenarioHandover.objects.create(scenario=scenario, job=job)
        total += job.total
    if not total:
        raise ValidationError(_("Nobody would change hands: there is nothing to publish."))
    scenario.refresh_from_db()
    return total


def run_handover(scenario_id: int) -> None:
    """Do what is queued of a scenario, one rep after the other; what another worker has is left to him."""
    jobs = ScenarioHandover.objects.filter(scenario_id=scenario_id, job__state=BulkState.QUEUED).order_by(
        "pk"
    )
    for job_id in list(jobs.values_list("job_id", flat=True)):
        bulk.run_job(job_id)


def undo_handover(*, actor: User, scenario: TerritoryScenario, now: dt.datetime | None = None) -> int:
    """Queue the taking back of everything that was handed over and can be taken back; answers of how many actions."""
    queued = 0
    for handover in scenario.handovers.select_related("job"):
        try:
            bulk.undo(actor=actor, job=handover.job, now=now)
        except ValidationError:
            continue  # taken back already, too late, or nothing was changed: its page says which
        queued += 1
    if not queued:
        raise ValidationError(_("There is nothing left that can be taken back."))
    return queued
