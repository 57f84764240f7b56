"""The child process of an import: reads the file and parses its lines while the parent writes to the database.

It needs settings and translations, but neither models nor a connection, and so starts in a quarter of a second. It
lives no longer than its parent: with nobody at the other end of the pipe its next batch is its last. Standard input
brings the task, standard output takes frames, each its length in four bytes and what `marshal` makes of it.
"""

import marshal
import os
import sys
from itertools import islice
from typing import IO, Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.utils import translation

from common.sheets import SheetError, read_rows
from crm.rules.duplicates import Fields
from crm.rules.import_columns import check_mapping, unique_headers
from crm.rules.import_lines import LineReader, pack
from crm.rules.import_rows import References, RowParser

# The first byte of a frame.
HEADERS, ROWS, PROBLEM, END = b"h", b"r", b"p", b"e"


def write_frame(pipe: IO[bytes], kind: bytes, body: bytes = b"") -> None:
    pipe.write((1 + len(body)).to_bytes(4, "little") + kind + body)
    pipe.flush()


def run(task: dict[str, Any], pipe: IO[bytes]) -> None:
    """Write the heads, then the rows after the first `skip` lines in batches; a file that cannot be read as words."""
    try:
        sheet = read_rows(task["path"], task["file_name"])
        headers = unique_headers(sheet.headers)
        write_frame(pipe, HEADERS, marshal.dumps(headers))
        check_mapping(task["mapping"], headers)
        parser = RowParser(headers, task["mapping"], datum=task["datum"], keep_extra=task["keep_extra"])
        reader = LineReader(parser, References(**task["references"]), Fields(**task["fields"]))
        lines = islice(sheet.rows, task["skip"], None)
        while batch := list(islice(lines, task["batch"])):
            write_frame(pipe, ROWS, pack(reader.read(batch)))
    except SheetError as error:
        write_frame(pipe, PROBLEM, marshal.dumps([str(error)]))
    except ValidationError as error:
        write_frame(pipe, PROBLEM, marshal.dumps([str(message) for message in error.messages]))
    else:
        write_frame(pipe, END)


def main() -> None:
    task = marshal.loads(sys.stdin.buffer.read())  # noqa: S302 - from the parent, never from a user
    # Nobody else may write into the pipe of frames, whatever a library prints.
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=0) as pipe:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        apps.populate(())  # translations ask whether the apps are ready; ours are all in locale/
        with translation.override(task["language"]):
            try:
                run(task, pipe)
            except BrokenPipeError:
                sys.exit(1)  # the parent is gone


if __name__ == "__main__":
    main()
