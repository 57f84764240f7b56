"""The writers of alerts."""

from alerts.services.events import check_last_events, close_for_event
from alerts.services.plans import PlanResult, add_to_plan
from alerts.services.runs import (
    claim_run,
    compute_alerts,
    fail_run,
    forget_runs,
    judge_changes,
    request_run,
)

__all__ = [
    "PlanResult",
    "add_to_plan",
    "check_last_events",
    "claim_run",
    "close_for_event",
    "compute_alerts",
    "fail_run",
    "forget_runs",
    "judge_changes",
    "request_run",
]
