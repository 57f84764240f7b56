from alerts.models.alert import Alert, RepAlert
from alerts.models.rule import AlertExemption, AlertRule, AlertRuleVersion, RepAlertRule
from alerts.models.run import AlertMark, AlertRun

__all__ = [
    "Alert",
    "AlertExemption",
    "AlertMark",
    "AlertRule",
    "AlertRuleVersion",
    "AlertRun",
    "RepAlert",
    "RepAlertRule",
]
