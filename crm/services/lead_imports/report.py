"""Files the lead import hands out: the template, and the workbook of failed lines (crm.services.failed_rows)."""

from collections.abc import Sequence
from typing import IO

from crm.models import LeadImport
from crm.rules.lead_import import TEMPLATE_FIELDS
from crm.services import failed_rows
from crm.services.imports.template import blank_workbook
from crm.services.lead_imports.plan import Action, Outcome


def template_file() -> IO[bytes]:
    """An .xlsx with our heads and one example row, open for reading; closing it removes it."""
    return blank_workbook(TEMPLATE_FIELDS, title="潜客")


def _folder(job: LeadImport) -> str:
    return f"imports/leads-failed-{job.pk}"


def keep_failed(job: LeadImport, start: int, outcomes: Sequence[Outcome]) -> None:
    """Store the failed lines of the batch that begins after `start` lines."""
    failed = ((one.row.cells, one.reason) for one in outcomes if one.action is Action.FAIL)
    failed_rows.keep(_folder(job), start, failed)


def write_report(job: LeadImport, headers: Sequence[str]) -> str:
    """Make the error workbook and return its name in storage; "" when no line failed."""
    return failed_rows.write_kept(_folder(job), f"imports/lead-errors-{job.pk}.xlsx", headers)


def drop_failed(job: LeadImport) -> None:
    failed_rows.drop(_folder(job))
