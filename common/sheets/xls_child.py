"""The child process of `common.sheets.xls`: reads one .xls under limits and writes its rows as JSON lines."""

import json
import resource
import sys
from pathlib import Path
from typing import Any

from common.sheets.errors import SheetError
from common.sheets.workbook import workbook_records
from common.sheets.xls import CPU_SECONDS, MEMORY_BYTES, MESSAGES


def run(path: str, sheet: str | None) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        records, lines, names = workbook_records(Path(path), sheet)
        _write({"lines": lines, "names": names})
        for record in records:
            _write(record)
        _write(None)
    except SheetError as error:
        code = next((code for code, message in MESSAGES.items() if message is error.message), "broken")
        _write({"error": code, "params": error.params})


def _write(item: Any) -> None:
    sys.stdout.write(json.dumps(item))
    sys.stdout.write("\n")


if __name__ == "__main__":
    run(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None)
