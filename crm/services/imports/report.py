"""Failed lines: kept on disk while the import runs, handed back as a workbook that can be imported again.

Each batch has its own file, named after its first line and written before the batch commits: a batch that is done
again after a crash overwrites its file, so that nothing is in the workbook twice and nothing is missing.
"""

import json
import tempfile
from collections.abc import Iterator, Sequence

from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils.translation import gettext as _

from common.sheets import write_workbook
from crm.models import ImportJob
from crm.rules.import_matches import Action
from crm.services.imports.plan import Plan


def _folder(job: ImportJob) -> str:
    return f"imports/failed-{job.pk}"


def keep_failed(job: ImportJob, start: int, plan: Plan) -> None:
    """Store the failed lines of the batch that begins after `start` lines, replacing what an earlier try left."""
    name = f"{_folder(job)}/{start:09}.jsonl"
    if default_storage.exists(name):
        default_storage.delete(name)
    failed = [outcome for outcome in plan.outcomes if outcome.action is Action.FAIL]
    if failed:
        lines = [json.dumps([one.row.cells, one.reason], ensure_ascii=False) for one in failed]
        default_storage.save(name, ContentFile("\n".join(lines).encode()))


def write_report(job: ImportJob, headers: Sequence[str]) -> str:
    """Make the error workbook of all failed lines and return its name in storage; "" when no line failed."""
    names = sorted(_stored(job))
    if not names:
        return ""
    with tempfile.TemporaryFile() as file:
        columns = [*headers, _("Reason for failure")]
        write_workbook(file, columns, _lines(job, names, len(headers)), title=_("Failed rows"))
        file.seek(0)
        return default_storage.save(f"imports/errors-{job.pk}.xlsx", File(file))


def drop_failed(job: ImportJob) -> None:
    """Remove the kept lines, once the workbook is on record."""
    for name in _stored(job):
        default_storage.delete(f"{_folder(job)}/{name}")


def _stored(job: ImportJob) -> list[str]:
    try:
        return list(default_storage.listdir(_folder(job))[1])
    except FileNotFoundError:
        return []


def _lines(job: ImportJob, names: Sequence[str], width: int) -> Iterator[list[str]]:
    for name in names:
        with default_storage.open(f"{_folder(job)}/{name}") as file:
            for line in file:
                cells, reason = json.loads(line)
                yield [*cells[:width], reason]
