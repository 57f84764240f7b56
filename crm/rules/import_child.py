"""The child process of an import: reads the file and parses its lines while the parent writes to the database.

It needs settings and translations, but neither models nor a connection, and so starts in a quarter of a second. It
lives no longer than its parent: with nobody at the other end of the pipe its next batch is its last. Standard input
brings the task, standard output takes frames, each its length in four bytes, its kind in one, and its body.
"""

import gc
import marshal
import os
import pickle
import sys
from dataclasses import dataclass
from itertools import islice
from threading import Thread
from typing import IO

from django.apps import apps
from django.core.exceptions import ValidationError
from django.utils import translation

from common.names import pinyin_initials
from common.sheets import SheetError, read_rows
from crm.rules.duplicates import Fields
from crm.rules.import_columns import check_mapping, unique_headers
from crm.rules.import_lines import LineReader, pack
from crm.rules.import_records import Records
from crm.rules.import_rows import References, RowParser

HEADERS, ROWS, PROBLEM, END = b"h", b"r", b"p", b"e"


@dataclass(frozen=True)
class ChildTask:
    """What is to be read, and how: the lines after the first `skip`, in batches of `batch`."""

    path: str
    file_name: str
    mapping: dict[str, str]
    datum: str
    keep_extra: bool
    references: References
    fields: Fields
    records: Records | None
    skip: int
    batch: int
    language: str


def write_frame(pipe: IO[bytes], kind: bytes, body: bytes = b"") -> None:
    pipe.write((1 + len(body)).to_bytes(4, "little") + kind + body)
    pipe.flush()


def run(task: ChildTask, pipe: IO[bytes]) -> None:
    """Write the heads, then the rows batch by batch; of a file that cannot be read, why."""
    # The table of initials is built while the native parser reads the workbook.
    initials = Thread(target=pinyin_initials, args=("",))
    initials.start()
    try:
        sheet = read_rows(task.path, task.file_name, measured=True)
        initials.join()
        headers = unique_headers(sheet.headers)
        write_frame(pipe, HEADERS, marshal.dumps(headers))
        check_mapping(task.mapping, headers)
        parser = RowParser(headers, task.mapping, datum=task.datum, keep_extra=task.keep_extra)
        reader = LineReader(parser, task.references, task.fields, task.records)
        lines = islice(sheet.rows, task.skip, None)
        while batch := list(islice(lines, task.batch)):
            write_frame(pipe, ROWS, pack(reader.read(batch)))
    except SheetError as error:
        write_frame(pipe, PROBLEM, marshal.dumps([str(error)]))
    except ValidationError as error:
        write_frame(pipe, PROBLEM, marshal.dumps([str(message) for message in error.messages]))
    else:
        write_frame(pipe, END)


def main() -> None:
    task: ChildTask = pickle.load(sys.stdin.buffer)  # noqa: S301 - from the parent, never from a user
    # Nobody else may write into the pipe of frames, whatever a library prints.
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=0) as pipe:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        apps.populate(())  # translations ask whether the apps are ready; ours are all in locale/
        gc.disable()  # rows have no cycles
        with translation.override(task.language):
            try:
                run(task, pipe)
            except BrokenPipeError:
                sys.exit(1)  # the parent is gone


if __name__ == "__main__":
    # By its real name, as the parent's pickle has it.
    from crm.rules import import_child

    import_child.main()
