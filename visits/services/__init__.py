"""The writers of visits."""

from visits.services.check_in import check_in
from visits.services.check_out import check_out
from visits.services.day_end import (
    StopChoice,
    close_stops,
    read_report,
    save_remark,
    send_report,
    unsend_report,
)
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
    "StopChoice",
    "TaskResult",
    "add_photos",
    "assign_tasks",
    "check_in",
    "check_out",
    "close_forgotten",
    "close_stops",
    "create_tasks",
    "grade_visits",
    "link_order",
    "link_slip",
    "move_missed",
    "move_task",
    "move_tasks",
    "read_report",
    "record_display",
    "record_form_answer",
    "record_maturity",
    "record_photo",
    "record_sell_out",
    "record_shelf_count",
    "record_summary",
    "reopen_task",
    "run_actions",
    "save_remark",
    "send_report",
    "skip_task",
    "skip_tasks",
    "unsend_report",
]
