"""The writers of visits."""

from visits.services.check_in import check_in
from visits.services.check_out import check_out
from visits.services.evidence import close_forgotten, grade_visits
from visits.services.in_store import (
    link_slip,
    record_display,
    record_form_answer,
    record_maturity,
    record_sell_out,
    record_shelf_count,
    record_summary,
)
from visits.services.orders import link_order
from visits.services.photos import add_photos, record_photo
from visits.services.sync import run_actions
from visits.services.tasks import (
    MoveResult,
    TaskResult,
    assign_tasks,
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
    "assign_tasks",
    "check_in",
    "check_out",
    "close_forgotten",
    "create_tasks",
    "grade_visits",
    "link_order",
    "link_slip",
    "move_missed",
    "move_task",
    "move_tasks",
    "record_display",
    "record_form_answer",
    "record_maturity",
    "record_photo",
    "record_sell_out",
    "record_shelf_count",
    "record_summary",
    "reopen_task",
    "run_actions",
    "skip_task",
    "skip_tasks",
]
