"""Failed lines: kept in storage while an import runs, handed back as a workbook that can be imported again.

Each batch has its own file, named after its first line and written before the batch commits: a batch that is done
again after a crash overwrites its file, so that nothing is in the workbook twice and nothing is missing.
"""

import json
import tempfile
from collections.abc import Iterable, Iterator, Sequence

from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils.translation import gettext as _

from common.sheets import write_workbook

Line = tuple[list[str], str]  # its cells as in the file, and the reason


def keep(folder: str, start: int, failed: Iterable[Line]) -> None:
    """Store the failed lines of the batch that begins after `start` lines, replacing what an earlier try left."""
    name = f"{folder}/{start:09}.jsonl"
    if default_storage.exists(name):
        default_storage.delete(name)
    lines = [json.dumps(line, ensure_ascii=False) for line in failed]
    if lines:
        default_storage.save(name, ContentFile("\n".join(lines).encode()))


def write_kept(folder: str, report: str, headers: Sequence[str]) -> str:
    """Make the error workbook `report` of all kept lines; returns its name in storage, "" when no line failed."""
    names = sorted(_stored(folder))
    return save_report(report, headers, _lines(folder, names)) if names else ""


def save_report(report: str, headers: Sequence[str], failed: Iterable[Line]) -> str:
    """Store the lines under `headers` with the reason behind them as a workbook; returns its name in storage."""
    reason, width = _("Reason for failure"), len(headers)
    rows = ([*cells[:width], *[""] * (width - len(cells)), why] for cells, why in failed)
    with tempfile.TemporaryFile() as file:
        write_workbook(file, [*headers, reason], rows, title=_("Failed rows"), sentences=[reason])
        file.seek(0)
        return str(default_storage.save(report, File(file)))


def drop(folder: str) -> None:
    """Remove the kept lines, once the workbook is on record."""
    for name in _stored(folder):
        default_storage.delete(f"{folder}/{name}")


def _stored(folder: str) -> list[str]:
    try:
        return list(default_storage.listdir(folder)[1])
    except FileNotFoundError:
        return []


def _lines(folder: str, names: Sequence[str]) -> Iterator[Line]:
    for name in names:
        with default_storage.open(f"{folder}/{name}") as file:
            for line in file:
                cells, reason = json.loads(line)
                yield cells, reason
