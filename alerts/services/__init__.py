"""The writers of alerts."""

from alerts.services.events import check_last_events, close_for_event
from alerts.services.plans import MOST as MOST_PLANNED
from alerts.services.plans import PlanResult, add_to_plan, next_working_day, take_back_plan
from alerts.services.runs import (
    claim_run,
    compute_alerts,
    fail_run,
    forget_runs,
    judge_changes,
    request_run,
)
from alerts.services.snoozes import MOST as MOST_SNOOZED
from alerts.services.snoozes import SnoozeResult, end_for_new_owner, snooze, undo_snooze, wake

__all__ = [
    "MOST_PLANNED",
    "MOST_SNOOZED",
    "PlanResult",
    "SnoozeResult",
    "add_to_plan",
    "check_last_events",
    "claim_run",
    "close_for_event",
    "compute_alerts",
    "end_for_new_owner",
    "fail_run",
    "forget_runs",
    "judge_changes",
    "next_working_day",
    "request_run",
    "snooze",
    "take_back_plan",
    "undo_snooze",
    "wake",
]
