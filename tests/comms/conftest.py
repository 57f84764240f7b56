"""Whether a work report is due depends on the day the tests run on; what comms does with to-dos must not."""

import pytest

from team.models import WorkReportTemplate


@pytest.fixture(autouse=True)
def _nobody_owes_a_report(request):
    if "db" in request.fixturenames or request.node.get_closest_marker("django_db"):
        request.getfixturevalue("transactional_db" if "transactional_db" in request.fixturenames else "db")
        WorkReportTemplate.objects.update(is_due=False)
