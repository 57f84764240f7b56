"""Columns of the lists of visits, and the words for codes: a file a family."""

from visits.tables.visits import (
    FENCE_COLOURS,
    MAP_NAMES,
    TASK_COLOURS,
    TASK_COLUMNS,
    VISIT_COLUMNS,
    CheckInColumn,
    CheckOutColumn,
    DwellColumn,
    FlagColumn,
    MetreColumn,
    PlannedColumn,
    StatusColumn,
    flag_words,
    map_names,
)

__all__ = [
    "FENCE_COLOURS",
    "MAP_NAMES",
    "TASK_COLOURS",
    "TASK_COLUMNS",
    "VISIT_COLUMNS",
    "CheckInColumn",
    "CheckOutColumn",
    "DwellColumn",
    "FlagColumn",
    "MetreColumn",
    "PlannedColumn",
    "StatusColumn",
    "flag_words",
    "map_names",
]
