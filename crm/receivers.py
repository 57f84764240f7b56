"""Facts that start jobs: whoever queues one need not know the worker."""

from functools import partial
from typing import Any

from django.db import transaction
from django.dispatch import receiver

from crm import signals
from crm.tasks.geocoding import run_geocode_job


@receiver(signals.geocode_queued, dispatch_uid="crm.nudge_geocoding")
def nudge_geocoding(sender: Any, job_id: int, **_kwargs: Any) -> None:
    """Tell a worker once the row is committed; without a broker the sweeper finds the row."""
    transaction.on_commit(partial(run_geocode_job.delay, job_id), robust=True)
