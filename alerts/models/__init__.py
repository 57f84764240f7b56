from alerts.models.alert import Alert, RepAlert
from alerts.models.backtest import BacktestLine, BacktestRun
from alerts.models.rhythm import CustomerRhythm, RhythmState
from alerts.models.rule import AlertExemption, AlertRule, AlertRuleVersion, RepAlertRule
from alerts.models.run import AlertMark, AlertRun
from alerts.models.snooze import AlertSnooze

__all__ = [
    "Alert",
    "AlertExemption",
    "AlertMark",
    "AlertRule",
    "AlertRuleVersion",
    "AlertRun",
    "AlertSnooze",
    "BacktestLine",
    "BacktestRun",
    "CustomerRhythm",
    "RepAlert",
    "RepAlertRule",
    "RhythmState",
]
