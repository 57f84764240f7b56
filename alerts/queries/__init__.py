"""Composed reads of alerts for screens and for upper apps."""

from alerts.queries.cards import (
    Card,
    CardPage,
    Planned,
    alerts_of,
    card_page,
    cards,
    kind_counts,
    planned_tasks,
)
from alerts.queries.customers import (
    last_done_run,
    last_run,
    open_alerts,
    open_by_kind,
    open_rep_alerts_by_kind,
)
from alerts.queries.explain import Explanation, Loser, explain, not_judged
from alerts.queries.groups import BANDS, Group, group_alerts
from alerts.queries.rep_days import Gap, RepDay, family, gaps, is_amount, rep_days, rows_behind
from alerts.queries.reps import RepBoard, Window, compare, figures, rep_boards, windows
from alerts.queries.rows import Point, Points, last_snooze, map_points, with_facts, with_snoozes
from alerts.queries.rules import department_parents, rule_lines
from alerts.queries.snoozes import batch_terms, snoozed_together
from alerts.queries.trend import TrendDay, open_trend
from alerts.queries.words import last_event, reason, who

__all__ = [
    "BANDS",
    "Card",
    "CardPage",
    "Explanation",
    "Gap",
    "Group",
    "Loser",
    "Planned",
    "Point",
    "Points",
    "RepBoard",
    "RepDay",
    "TrendDay",
    "Window",
    "alerts_of",
    "batch_terms",
    "card_page",
    "cards",
    "compare",
    "department_parents",
    "explain",
    "family",
    "figures",
    "gaps",
    "group_alerts",
    "is_amount",
    "kind_counts",
    "last_done_run",
    "last_event",
    "last_run",
    "last_snooze",
    "map_points",
    "not_judged",
    "open_alerts",
    "open_by_kind",
    "open_rep_alerts_by_kind",
    "open_trend",
    "planned_tasks",
    "reason",
    "rep_boards",
    "rep_days",
    "rows_behind",
    "rule_lines",
    "snoozed_together",
    "who",
    "windows",
    "with_facts",
    "with_snoozes",
]
