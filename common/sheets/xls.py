"""The old binary .xls, parsed in a process of its own.

Its records cannot be bounded by looking at the file as an .xlsx can: two cells in far corners make the parser take
a gigabyte, and damaged records make it panic. So a child with little memory and time reads it and hands rows over
as JSON lines; when the child dies, the file is refused and the caller lives.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from common.sheets.archive import BROKEN
from common.sheets.errors import SheetError
from common.sheets.sniffing import EMPTY, ENCRYPTED
from common.sheets.values import Row
from common.sheets.workbook import NO_SUCH_SHEET

MEMORY_BYTES = 768 * 1024 * 1024  # a full sheet of 65,536 rows and 100 columns takes about 500 MB
CPU_SECONDS = 60
_ROOT = Path(__file__).resolve().parents[2]
# What the child may report, by the code that crosses the pipe; anything else is damage.
MESSAGES = {"empty": EMPTY, "encrypted": ENCRYPTED, "sheet": NO_SUCH_SHEET}


def xls_records(path: Path, sheet: str | None) -> tuple[Iterator[Row], int, list[str]]:
    """Like `workbook.workbook_records`, for a file of unknown appetite; raises SheetError."""
    rows = _rows(_command(path, sheet))
    head = next(rows)
    return (Row(*row) for row in rows), head["lines"], head["names"]


def _command(path: Path, sheet: str | None) -> list[str]:
    command = [sys.executable, "-m", "common.sheets.xls_child", str(path.resolve())]
    return command if sheet is None else [*command, sheet]


def _rows(command: list[str]) -> Iterator[Any]:
    """What the child writes, line by line; closing the iterator early ends the child."""
    # The arguments are our own module and a path we stored the upload under, and no shell is between.
    with subprocess.Popen(  # noqa: S603
        command, cwd=_ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL
    ) as child:
        assert child.stdout is not None
        finished = False
        try:
            for line in child.stdout:
                if not line.endswith(b"\n"):
                    break  # the child died while writing
                item = json.loads(line)
                if item is None:
                    finished = True
                elif isinstance(item, dict) and "error" in item:
                    raise SheetError(MESSAGES.get(item["error"], BROKEN), **item["params"])
                else:
                    yield item
        finally:
            if not finished:
                child.kill()
    if not finished:
        raise SheetError(BROKEN)
