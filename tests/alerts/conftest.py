import datetime as dt

import pytest

from alerts.models import AlertRule, RepAlertRule


@pytest.fixture
def no_rules(db):
    """Only the rules a test makes."""
    AlertRule.objects.all().delete()
    RepAlertRule.objects.all().delete()


@pytest.fixture
def rule(no_rules):
    """rule("unvisited", 14, level="A") → a rule; the seeded ones are gone."""

    def _rule(kind, period_days, **fields):
        return AlertRule.objects.create(kind=kind, period_days=period_days, **fields)

    return _rule


@pytest.fixture
def on():
    """on(3, 15) → 2026-03-15"""
    return lambda month, day: dt.date(2026, month, day)
