"""The writers of visits."""

from visits.services.check_in import check_in
from visits.services.check_out import check_out
from visits.services.orders import link_order
from visits.services.photos import add_photos
from visits.services.sync import run_actions
from visits.services.tasks import (
    MoveResult,
    TaskResult,
    create_tasks,
    move_missed,
    move_task,
    move_tasks,
    reopen_task,
    skip_task,
    skip_tasks,
)

__all__ = [
    "MoveResult",
    "TaskResult",
    "add_photos",
    "check_in",
    "check_out",
    "create_tasks",
    "link_order",
    "move_missed",
    "move_task",
    "move_tasks",
    "reopen_task",
    "run_actions",
    "skip_task",
    "skip_tasks",
]
