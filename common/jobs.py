"""A row that is a job: queued → running → what comes of it, or failed. Celery's message is only a nudge.

Every step is a conditional UPDATE that must change exactly one row. `attempts` grows with each claim and so tells a
worker that was given up apart from the one that took over; `heartbeat_at` tells which were given up.
"""

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar, cast

from django.db.models import F, Model, QuerySet
from django.utils import timezone

QUEUED, RUNNING, FAILED = "queued", "running", "failed"  # so are these states called in the enums of all jobs
MESSAGE_LENGTH = 400


class JobRow(Protocol):
    """A model that besides these has `state`, `heartbeat_at` and `message`."""

    @property
    def pk(self) -> Any: ...
    @property
    def attempts(self) -> Any: ...


J = TypeVar("J", bound=JobRow)


class LostClaim(Exception):
    """Another worker has taken the job over; whatever this one was doing is rolled back."""


@dataclass(frozen=True)
class JobLife(Generic[J]):
    """The state machine of one kind of job; nobody else assigns the state of `model`.

    `stale_after`: so long a silence is a dead worker. `has_end`: the model notes when it was over (`finished_at`).
    `asked_by`: who asked for it; comes with the row that is claimed.
    """

    model: type[J]
    stale_after: dt.timedelta = dt.timedelta(minutes=5)
    max_attempts: int = 5
    has_end: bool = True
    asked_by: str = "created_by"

    @property
    def _rows(self) -> QuerySet[Any]:
        return cast("type[Model]", self.model)._default_manager.all()

    def move(
        self,
        pk: int,
        sources: str | Collection[str],
        target: str,
        *,
        guard: Mapping[str, Any] | None = None,
        **fields: Any,
    ) -> bool:
        """The one door of the state machine; False when the job is not where the caller thinks it is."""
        states = [sources] if isinstance(sources, str) else list(sources)
        rows = self._rows.filter(pk=pk, state__in=states, **(guard or {}))
        return bool(rows.update(state=target, **fields) == 1)

    # --- the worker's
    def claim(self, pk: int, source: str = QUEUED, target: str = RUNNING, **fields: Any) -> J | None:
        """The job for this worker alone; None when it does not wait, or another worker was faster."""
        now = timezone.now()
        if not self.move(pk, source, target, attempts=F("attempts") + 1, heartbeat_at=now, **fields):
            return None
        job: J = self._rows.select_related(self.asked_by).get(pk=pk)
        return job

    def alive(self, job: J, state: str = RUNNING, **fields: Any) -> None:
        """The heartbeat, with what has been done so far; inside a transaction it also locks the job's row.

        Raises LostClaim when the job is another worker's.
        """
        self.end(job, state, state, heartbeat_at=timezone.now(), **fields)

    def end(self, job: J, target: str, state: str = RUNNING, **fields: Any) -> None:
        """Hand the job on to its next state. Raises LostClaim when it is another worker's."""
        if not self.move(job.pk, state, target, guard={"attempts": job.attempts}, **fields):
            raise LostClaim

    def fail(self, job: J, message: str, state: str = RUNNING) -> None:
        """Mark it failed with a message for people, unless it is another worker's meanwhile."""
        self._give_up(job.pk, state, {"attempts": job.attempts}, message, timezone.now())

    # --- what went wrong
    def sweep(
        self,
        message: str,
        *,
        now: dt.datetime | None = None,
        states: Collection[str] = (QUEUED, RUNNING),
        target: str = QUEUED,
    ) -> list[int]:
        """Ids of jobs to nudge, which wait in `target` now: their message was lost or their worker died. What died too
        often fails with `message`, in which %(count)s says how often."""
        now = now or timezone.now()
        silent = {"heartbeat_at__lt": now - self.stale_after}
        rows = self._rows.filter(state__in=states, **silent)
        nudge: list[int] = []
        for pk, state, attempts in list(rows.values_list("pk", "state", "attempts")):
            if state != QUEUED and attempts >= self.max_attempts:
                self._give_up(pk, state, silent, message % {"count": attempts}, now)
            elif self.move(pk, state, target, guard=silent, heartbeat_at=now):
                nudge.append(pk)
        return nudge

    def _give_up(self, pk: int, state: str, guard: Mapping[str, Any], message: str, now: dt.datetime) -> None:
        ended = {"finished_at": now} if self.has_end else {}
        self.move(pk, state, FAILED, guard=guard, message=message[:MESSAGE_LENGTH], **ended)
