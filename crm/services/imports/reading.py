"""The lines of an import as batches; those of a large file are read in a process of its own.

Reading and parsing takes Python as long as PostgreSQL needs for half of its writing, and a thread shares our
interpreter: the two would wait for each other. A child of our own has the second processor for itself
(crm.rules.import_child).
"""

import marshal
import pickle
import subprocess
import sys
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import translation

from crm.rules.duplicates import Fields
from crm.rules.import_batches import Batch
from crm.rules.import_child import END, HEADERS, PROBLEM, ChildTask
from crm.rules.import_columns import check_mapping
from crm.rules.import_lines import LineReader, unpack
from crm.rules.import_records import Records
from crm.rules.import_rows import References, RowParser
from crm.services.imports.check import Options, batches
from crm.services.imports.source import open_source

OWN_PROCESS_FROM = 10_000  # lines; fewer are read before the child has started
_GRACE = 10  # seconds for a child that has said its last to end


@dataclass(frozen=True)
class Task:
    """What is to be read: the lines after the first `skip`, in batches of `batch`.

    With `records`, a process of its own also writes the new customers as COPY's text.
    """

    path: Path
    file_name: str
    options: Options
    references: References
    fields: Fields
    records: Records | None
    skip: int
    batch: int
    lines: int  # how many there are about


@dataclass(frozen=True)
class Lines:
    headers: list[str]
    reader: LineReader
    batches: Generator[Batch, None, None]


def read_lines(task: Task) -> Lines:
    """The heads, and the batches ready for planning.

    Raises ValidationError for a file or a mapping that cannot work, also while the batches are walked; closing
    `batches` ends whatever reads.
    """
    return _in_process(task) if task.lines - task.skip >= OWN_PROCESS_FROM else _here(task)


def _reader(task: Task, headers: list[str]) -> LineReader:
    options = task.options
    check_mapping(options.mapping, headers)
    parser = RowParser(headers, options.mapping, datum=options.datum, keep_extra=options.keep_extra)
    return LineReader(parser, task.references, task.fields)


def _here(task: Task) -> Lines:
    source = open_source(task.path, task.file_name, measured=True)
    reader = _reader(task, source.headers)
    rows = batches(islice(source.rows, task.skip, None), task.batch)
    return Lines(source.headers, reader, (reader.read(batch) for batch in rows))


# --- the process
def _in_process(task: Task) -> Lines:
    frames = _frames(task.path, task.file_name, _described(task))
    try:
        kind, body = next(frames)
        headers: list[str] = _loaded(kind, body, HEADERS)
        reader = _reader(task, headers)
    except BaseException:
        frames.close()
        raise
    return Lines(headers, reader, _unpacked(frames))


def _unpacked(frames: Generator[tuple[bytes, bytes], None, None]) -> Generator[Batch, None, None]:
    with closing(frames):
        for _kind, body in frames:
            yield unpack(body)


def _described(task: Task) -> bytes:
    options = task.options
    return pickle.dumps(
        ChildTask(
            mapping=options.mapping,
            datum=options.datum,
            keep_extra=options.keep_extra,
            references=task.references,
            fields=task.fields,
            records=task.records,
            skip=task.skip,
            batch=task.batch,
            language=translation.get_language() or settings.LANGUAGE_CODE,
        )
    )


def _frames(path: Path, file_name: str, described: bytes) -> Generator[tuple[bytes, bytes], None, None]:
    """(kind, body) of what the child writes, up to its end; closing the generator early ends the child.

    Raises ValidationError with the child's words on the file, and RuntimeError when the child dies.
    """
    # Our own module; no shell is between, and how to read the file goes in by the pipe. In a session of its own: a
    # Ctrl-C at the terminal is for the worker, which finishes its task first.
    with subprocess.Popen(  # noqa: S603 - our own module, which only reads what it is given
        [sys.executable, "-m", "crm.rules.import_child_start", str(path), file_name],
        cwd=settings.BASE_DIR,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        finished = False
        try:
            child.stdin.write(described)
            child.stdin.close()
            while frame := _frame(child.stdout):
                kind, body = frame
                finished = kind in (PROBLEM, END)
                if kind == PROBLEM:
                    raise ValidationError(_loaded(kind, body, PROBLEM))
                if finished:
                    break
                yield kind, body
            else:
                raise RuntimeError(f"The reader of the import ended early, code {child.wait(_GRACE)}")
        finally:
            if not finished:
                child.kill()


def _frame(pipe: IO[bytes]) -> tuple[bytes, bytes] | None:
    """None when the child has died, in the middle of a frame too."""
    size = int.from_bytes(pipe.read(4), "little")
    frame = pipe.read(size) if size else b""
    return (frame[:1], frame[1:]) if size and len(frame) == size else None


def _loaded(kind: bytes, body: bytes, expected: bytes) -> Any:
    if kind != expected:
        raise RuntimeError(f"The reader of the import said {kind!r} instead of {expected!r}")
    return marshal.loads(body)  # noqa: S302 - from our own child
