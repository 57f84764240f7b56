from alerts.models.alert import Alert, RepAlert
from alerts.models.rule import AlertRule, RepAlertRule
from alerts.models.run import AlertRun

__all__ = ["Alert", "AlertRule", "AlertRun", "RepAlert", "RepAlertRule"]
