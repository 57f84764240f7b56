"""The history of rules: what judged must stay readable after the rule has changed."""

from __future__ import annotations

from accounts.models import User
from alerts.models import AlertRule, AlertRuleVersion
from alerts.queries.rules import latest_versions, same_rule, snapshot


def keep_versions(*, actor: User | None = None) -> dict[int, int]:
    """Write a version of every rule that differs from its newest one; returns {rule: present version}.

    Called by whoever saves a rule and by every run, so that no door around the services leaves a gap. Three
    statements at most, whatever the number of rules.
    """
    known = latest_versions()
    new = []
    for rule in AlertRule.objects.select_related("department", "channel", "tag").order_by("pk"):
        values, last = snapshot(rule), known.get(rule.pk)
        if last is None or not same_rule(last.values, values):
            number = last.number + 1 if last else 1
            new.append(AlertRuleVersion(rule=rule, number=number, values=values, made_by=actor))
    if new:
        # Somebody else may have written the same version meanwhile: one stays.
        AlertRuleVersion.objects.bulk_create(new, ignore_conflicts=True)
        known = latest_versions()
    return {pk: version.pk for pk, version in known.items()}
