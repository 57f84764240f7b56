import pytest

from tests.team.report_data import write


@pytest.fixture
def copied(people):
    """A colleague of another department, who sees nobody's records but his own."""
    return people.outsider


@pytest.fixture
def report(people, copied):
    return write(people.owner, copies=[copied.pk])
