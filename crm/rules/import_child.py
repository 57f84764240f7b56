"""The child process of an import: reads the file and parses its lines while the parent writes to the database.

It needs settings and translations, but neither models nor a connection, and so starts in a quarter of a second, in
which the native parser reads the file already (crm.rules.import_child_start). It lives no longer than its parent: with nobody at the other end of the pipe its next batch is its last. Standard input
brings the task, standard output takes frames, each its length in four bytes, its kind in one, and its body.
"""

import gc
import marshal
import pickle
import sys
from concurrent.futures import Future
from dataclasses import dataclass
from itertools import islice
from typing import IO

from django.apps import apps
from django.core.exceptions import ValidationError
from django.utils import translation

from common.names import pinyin_initials
from common.sheets import Sheet, SheetError
from crm.rules.duplicates import Fields
from crm.rules.import_columns import check_mapping, unique_headers
from crm.rules.import_lines import LineReader, pack
from crm.rules.import_records import Records
from crm.rules.import_rows import References, RowParser

HEADERS, ROWS, PROBLEM, END = b"h", b"r", b"p", b"e"


@dataclass(frozen=True)
class ChildTask:
    """What is to be read, and how: the lines after the first `skip`, in batches of `batch`."""

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


def run(task: ChildTask, opening: "Future[Sheet]", pipe: IO[bytes]) -> None:
    """Write the heads, then the rows batch by batch; of a file that cannot be read, why."""
    try:
        sheet = opening.result()
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


def main(opening: "Future[Sheet]", pipe: IO[bytes]) -> None:
    """Do the task on standard input; `opening` becomes the sheet it is about."""
    pinyin_initials("")  # builds its table while the native parser is at work
    task: ChildTask = pickle.load(sys.stdin.buffer)  # noqa: S301 - from the parent, never from a user
    apps.populate(())  # translations ask whether the apps are ready; ours are all in locale/
    gc.disable()  # rows have no cycles
    with translation.override(task.language):
        try:
            run(task, opening, pipe)
        except BrokenPipeError:
            sys.exit(1)  # the parent is gone
