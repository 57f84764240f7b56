"""Files the lead import hands out: the template, and the workbook of failed lines that can be imported again.

Failed lines are kept in storage while the import runs, a file a batch named after its first line and written before
the batch commits: a batch done again after a crash overwrites its file.
"""

import json
import tempfile
from collections.abc import Iterator, Sequence
from typing import IO

from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils.translation import gettext as _

from common.sheets import write_workbook
from crm.models import LeadImport
from crm.rules.lead_import import TEMPLATE_FIELDS
from crm.services.lead_imports.plan import Action, Outcome


def template_file() -> IO[bytes]:
    """An .xlsx with our heads and one example row, open for reading; closing it removes it."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    heads = [f"{field.header}*" if field.required else field.header for field in TEMPLATE_FIELDS]
    write_workbook(file, heads, [[field.example for field in TEMPLATE_FIELDS]], title="潜客")
    file.seek(0)
    return file


def _folder(job: LeadImport) -> str:
    return f"imports/leads-failed-{job.pk}"


def keep_failed(job: LeadImport, start: int, outcomes: Sequence[Outcome]) -> None:
    """Store the failed lines of the batch that begins after `start` lines, replacing what an earlier try left."""
    name = f"{_folder(job)}/{start:09}.jsonl"
    if default_storage.exists(name):
        default_storage.delete(name)
    failed = [outcome for outcome in outcomes if outcome.action is Action.FAIL]
    if failed:
        lines = [json.dumps([one.row.cells, one.reason], ensure_ascii=False) for one in failed]
        default_storage.save(name, ContentFile("\n".join(lines).encode()))


def write_report(job: LeadImport, headers: Sequence[str]) -> str:
    """Make the error workbook of all failed lines and return its name in storage; "" when no line failed."""
    names = sorted(_stored(job))
    if not names:
        return ""
    with tempfile.TemporaryFile() as file:
        columns = [*headers, _("Reason for failure")]
        write_workbook(file, columns, _lines(job, names, len(headers)), title=_("Failed rows"))
        file.seek(0)
        return default_storage.save(f"imports/lead-errors-{job.pk}.xlsx", File(file))


def drop_failed(job: LeadImport) -> None:
    """Remove the kept lines, once the workbook is on record."""
    for name in _stored(job):
        default_storage.delete(f"{_folder(job)}/{name}")


def _stored(job: LeadImport) -> list[str]:
    try:
        return list(default_storage.listdir(_folder(job))[1])
    except FileNotFoundError:
        return []


def _lines(job: LeadImport, names: Sequence[str], width: int) -> Iterator[list[str]]:
    for name in names:
        with default_storage.open(f"{_folder(job)}/{name}") as file:
            for line in file:
                cells, reason = json.loads(line)
                padded = [*cells[:width], *[""] * (width - len(cells))]
                yield [*padded, reason]
