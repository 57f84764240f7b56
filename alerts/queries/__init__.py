"""Composed reads of alerts for screens and for upper apps."""

from alerts.queries.cards import Card, cards, history, planned_days
from alerts.queries.customers import (
    facet_counts,
    last_done_run,
    last_run,
    open_alerts,
    open_by_kind,
    open_rep_alerts_by_kind,
    with_facts,
)
from alerts.queries.explain import Explanation, Loser, explain, not_judged
from alerts.queries.reps import RepBoard, figures, rep_boards
from alerts.queries.rules import department_parents, rule_lines
from alerts.queries.words import last_event, reason, who

__all__ = [
    "Card",
    "Explanation",
    "Loser",
    "RepBoard",
    "cards",
    "department_parents",
    "explain",
    "facet_counts",
    "figures",
    "history",
    "last_done_run",
    "last_event",
    "last_run",
    "not_judged",
    "open_alerts",
    "open_by_kind",
    "open_rep_alerts_by_kind",
    "planned_days",
    "reason",
    "rep_boards",
    "rule_lines",
    "who",
    "with_facts",
]
