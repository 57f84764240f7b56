"""Rep alerts, rule by rule (domain-rules §4)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from django.db.models import Q

from alerts.models import RepAlert, RepAlertRule
from alerts.queries import RepBoard, rep_boards


def judge_reps(today: dt.date) -> tuple[int, int]:
    """Open, close and bring up to date the rep alerts as of `today`; returns (opened, closed).

    A few statements for each rule. Alerts of switched-off rules and of people no longer compared are closed.
    """
    rules = list(RepAlertRule.objects.filter(is_enabled=True))
    stale = RepAlert.objects.open().filter(~Q(rule__in=[rule.pk for rule in rules]))
    opened, closed = 0, stale.update(closed_on=today)
    for board in rep_boards(rules, today):
        new, gone = _apply(board, today)
        opened, closed = opened + new, closed + gone
    return opened, closed


def _apply(board: RepBoard, today: dt.date) -> tuple[int, int]:
    due = {standing.rep_id: standing for standing in board.comparison.standings if standing.kind is not None}
    there = {alert.rep_id: alert for alert in RepAlert.objects.open().filter(rule=board.rule)}
    gone = [alert.pk for rep_id, alert in there.items() if rep_id not in due]
    closed = RepAlert.objects.filter(pk__in=gone).update(closed_on=today)
    # The same for everybody the rule names: one statement, however many they are.
    shared = {"average": board.comparison.average, "of": len(board.comparison.standings), "judged_on": today}
    kept = RepAlert.objects.filter(pk__in=[alert.pk for rep_id, alert in there.items() if rep_id in due])
    if any(_differs(alert, shared) for rep_id, alert in there.items() if rep_id in due):
        kept.update(**shared)
    new, changed = [], []
    for rep_id, standing in due.items():
        own = {"kind": standing.kind, "value": standing.value, "rank": standing.rank}
        alert = there.get(rep_id)
        if alert is None:
            new.append(RepAlert(rep_id=rep_id, rule=board.rule, opened_on=today, **own, **shared))
        elif _differs(alert, own):
            for name, value in own.items():
                setattr(alert, name, value)
            changed.append(alert)
    RepAlert.objects.bulk_create(new, ignore_conflicts=True)
    RepAlert.objects.bulk_update(changed, ["kind", "value", "rank"], batch_size=500)
    return len(new), closed


def _differs(alert: RepAlert, values: Mapping[str, object]) -> bool:
    return any(getattr(alert, name) != value for name, value in values.items())
