"""A test that commits must not rob the next one of what migrations seed, nor leave it anything."""

import pytest
from django_celery_beat.models import PeriodicTask

from accounts.models import Role
from crm.models import Customer
from tests.factories import CustomerFactory

seeded = pytest.mark.django_db(transaction=True)


@seeded
@pytest.mark.parametrize("time", ["first", "second"])
def test_a_committing_test_starts_from_the_seed(time):
    assert Role.objects.exists()
    assert PeriodicTask.objects.exists()
    assert not Customer.objects.exists()
    CustomerFactory()
    PeriodicTask.objects.all().delete()
