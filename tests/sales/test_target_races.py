"""Several people fill the same empty cells at once: each cell exists once, and nobody sees an error."""

from decimal import Decimal

import pytest
from django.db import connection

from sales.models import Target
from sales.queries.targets import Measure
from sales.services.targets import Cell, set_targets
from tests.races import race

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="row locks are PostgreSQL's"),
]


def test_the_same_empty_cells_at_once(people):
    def fill(value):
        cells = [Cell(f"r{people.owner.pk}", month, Decimal(value)) for month in range(1, 13)]
        return set_targets(actor=people.admin, measure=Measure("visits"), year=2026, cells=cells)

    for year in range(3):
        outcomes = race(*(lambda n=n: fill(n + 10 * year) for n in range(6)))  # noqa: B023
        assert all(isinstance(outcome, int) for outcome in outcomes), outcomes
        assert Target.objects.count() == 12
