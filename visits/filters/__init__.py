"""Filters of the lists of visits: a file a family."""

from visits.filters.visits import (
    YES_NO,
    TaskFilter,
    VisitFilter,
    reps_of,
    search_customers,
)

__all__ = [
    "YES_NO",
    "TaskFilter",
    "VisitFilter",
    "reps_of",
    "search_customers",
]
