"""Read-only figures over all apps: a file a family."""

from reports.queries.home import (
    Money,
    Sums,
    Trend,
    Waiting,
    Workbench,
    alert_counts,
    receivable_of,
    sums,
    visit_counts,
    workbench,
)

__all__ = [
    "Money",
    "Sums",
    "Trend",
    "Waiting",
    "Workbench",
    "alert_counts",
    "receivable_of",
    "sums",
    "visit_counts",
    "workbench",
]
