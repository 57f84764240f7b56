"""What may happen to a lead: its stages, its clocks, and how the funnel is counted (C2, domain-rules §5). Pure."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from crm.enums import LeadStage

# The path of a lead; it may be walked forward, backward and with jumps.
PATH: tuple[LeadStage, ...] = (
    LeadStage.NEW,
    LeadStage.CONTACTED,
    LeadStage.INTERESTED,
    LeadStage.NEGOTIATING,
)
# The steps of the funnel, each a part of the one before it.
FUNNEL: tuple[LeadStage, ...] = (*PATH, LeadStage.CONVERTED)


def next_stages(stage: str) -> tuple[LeadStage, ...]:
    """The stages a person may move a lead to; a customer is made by converting only and stays one."""
    if stage == LeadStage.CONVERTED:
        return ()
    others = tuple(step for step in PATH if step != stage)
    return others if stage == LeadStage.LOST else (*others, LeadStage.LOST)


def recycle_on(
    *,
    received_on: dt.date | None,
    last_follow_up_on: dt.date | None,
    no_follow_up_days: int | None,
    max_hold_days: int | None,
) -> dt.date | None:
    """The last business day its owner keeps an open lead; the first job run after it takes the lead away.

    The earlier of: last follow-up (else received date; never before it) + no_follow_up_days, received date +
    max_hold_days. None when no clock is set or nobody received it.
    """
    if received_on is None:
        return None
    dates = []
    if no_follow_up_days is not None:
        dates.append(
            max(received_on, last_follow_up_on or received_on) + dt.timedelta(days=no_follow_up_days)
        )
    if max_hold_days is not None:
        dates.append(received_on + dt.timedelta(days=max_hold_days))
    return min(dates, default=None)


@dataclass(frozen=True)
class FunnelCount:
    """So many leads whose furthest step is `furthest` (a position in FUNNEL); `lost` ones have given up since."""

    furthest: int
    is_lost: bool
    leads: int


@dataclass(frozen=True)
class FunnelStep:
    """`reached` leads came as far as `stage`; `of_before` and `of_all` are fractions of the step before and of all."""

    stage: LeadStage
    reached: int
    of_before: float | None
    of_all: float | None


@dataclass(frozen=True)
class Funnel:
    steps: tuple[FunnelStep, ...]
    lost: int

    @property
    def created(self) -> int:
        return self.steps[0].reached

    @property
    def converted(self) -> int:
        return self.steps[-1].reached

    @property
    def conversion(self) -> float | None:
        """Converted ÷ created; None without leads."""
        return self.steps[-1].of_all


def funnel(counts: Iterable[FunnelCount]) -> Funnel:
    """The funnel of these leads: who came further also came as far as every step before."""
    reached = [0] * len(FUNNEL)
    lost = 0
    for count in counts:
        for position in range(count.furthest + 1):
            reached[position] += count.leads
        lost += count.leads if count.is_lost else 0
    steps = [
        FunnelStep(
            stage=stage,
            reached=reached[position],
            of_before=_share(reached[position], reached[max(position - 1, 0)]),
            of_all=_share(reached[position], reached[0]),
        )
        for position, stage in enumerate(FUNNEL)
    ]
    return Funnel(steps=tuple(steps), lost=lost)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
