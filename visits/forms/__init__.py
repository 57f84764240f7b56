"""What phones and planners type: a file a family."""

from visits.forms.visits import (
    MAX_CUSTOMERS,
    MAX_DAYS,
    CheckInForm,
    CheckOutForm,
    FixForm,
    IsoMomentField,
    MoveForm,
    PlanTasksForm,
    SkipForm,
    date_input,
    not_past,
    weekday_choices,
)

__all__ = [
    "MAX_CUSTOMERS",
    "MAX_DAYS",
    "CheckInForm",
    "CheckOutForm",
    "FixForm",
    "IsoMomentField",
    "MoveForm",
    "PlanTasksForm",
    "SkipForm",
    "date_input",
    "not_past",
    "weekday_choices",
]
