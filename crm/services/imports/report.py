"""The failed lines of a customer import, see crm.services.failed_rows."""

from collections.abc import Sequence

from crm.models import ImportJob
from crm.rules.import_matches import Action
from crm.services import failed_rows
from crm.services.imports.plan import Plan


def _folder(job: ImportJob) -> str:
    return f"imports/failed-{job.pk}"


def keep_failed(job: ImportJob, start: int, plan: Plan) -> None:
    """Store the failed lines of the batch that begins after `start` lines."""
    failed = ((one.row.cells, one.reason) for one in plan.outcomes if one.action is Action.FAIL)
    failed_rows.keep(_folder(job), start, failed)


def write_report(job: ImportJob, headers: Sequence[str]) -> str:
    """Make the error workbook and return its name in storage; "" when no line failed."""
    return failed_rows.write_kept(_folder(job), f"imports/errors-{job.pk}.xlsx", headers)


def drop_failed(job: ImportJob) -> None:
    failed_rows.drop(_folder(job))
