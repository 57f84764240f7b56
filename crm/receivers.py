"""Facts that start jobs: whoever queues one need not know the worker."""

import datetime as dt
from functools import partial
from typing import Any

from django.db import transaction
from django.dispatch import receiver
from django.utils.translation import gettext as _

from accounts.models import User
from comms.rules.todos import Todo
from comms.signals import collecting_todos
from crm import signals
from crm.queries.follow_ups import count_due
from crm.tasks.geocoding import run_geocode_job


@receiver(signals.geocode_queued, dispatch_uid="crm.nudge_geocoding")
def nudge_geocoding(sender: Any, job_id: int, **_kwargs: Any) -> None:
    """Tell a worker once the row is committed; without a broker the sweeper finds the row."""
    transaction.on_commit(partial(run_geocode_job.delay, job_id), robust=True)


@receiver(collecting_todos, dispatch_uid="crm.todos")
def say_whom_to_contact(sender: Any, user: User, today: dt.date, **_kwargs: Any) -> list[Todo]:
    """Customers and leads of the user's people whose next contact is due."""
    if not user.has_perm("crm.view_followup"):
        return []
    due = count_due(user, today)
    return [Todo("contacts", _("Customers to contact today"), due, "/follow-ups/due/", "phone", order=10)]
