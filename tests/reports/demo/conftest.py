import datetime as dt
from types import SimpleNamespace

import pytest
from django.core.management import call_command

from accounts.models import User
from common import business_calendar
from common.periods import Period
from tests.conftest import rolled_back
from tests.reports.demo import happenings


@pytest.fixture(scope="package")
def company(django_db_setup, django_db_blocker, tmp_path_factory):
    """A demo company, loaded once for all tests beside this file, each of which takes back what it changes: the
    administrator, a manager, a rep, today, and the last sixty days as a period."""
    with rolled_back(django_db_blocker, tmp_path_factory):
        yield made()


def made():
    call_command("demo", customers=80, reps=4, days=45, verbosity=0)
    today = business_calendar.today()
    happenings.make(today)
    people = {name: User.objects.get(username=name) for name in ("admin", "manager1", "rep1")}
    period = Period("custom", today - dt.timedelta(days=59), today)
    return SimpleNamespace(today=today, period=period, **people)
