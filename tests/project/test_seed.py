"""A test that commits must not rob the next one of what migrations seed."""

import pytest
from django_celery_beat.models import PeriodicTask

from accounts.models import Role


@pytest.mark.django_db(transaction=True)
def test_a_committing_test_starts_from_the_seed():
    assert Role.objects.exists()
    assert PeriodicTask.objects.exists()
