"""The lines of an import ahead of the one that writes: in a thread, or for a large file in a process of its own.

Reading and parsing takes Python as long as PostgreSQL needs to write, and a thread shares our interpreter: the two
would wait for each other. A child of our own has the second processor for itself (crm.rules.import_child).
"""

import logging
import marshal
import os
import subprocess
import sys
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any, TypeVar, cast

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import translation

from crm.rules.duplicates import Fields
from crm.rules.import_child import END, HEADERS, PROBLEM
from crm.rules.import_columns import check_mapping
from crm.rules.import_lines import LineReader, unpack
from crm.rules.import_rows import ImportRow, References, RowParser
from crm.services.imports.check import Options, batches
from crm.services.imports.source import open_source

OWN_PROCESS_FROM = 10_000  # lines; fewer are read before the child has started
_GRACE = 10  # seconds for a child that has said its last to end
T = TypeVar("T")
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Task:
    """What is to be read: the lines after the first `skip`, in batches of `batch`."""

    path: Path
    file_name: str
    options: Options
    references: References
    fields: Fields
    skip: int
    batch: int
    lines: int  # how many there are about


@dataclass(frozen=True)
class Lines:
    headers: list[str]
    reader: LineReader
    batches: Generator[list[ImportRow], None, None]


def read_ahead(task: Task) -> Lines:
    """The heads, and the batches ready for planning, each made while the one before is worked on.

    Raises ValidationError for a file or a mapping that cannot work, also while the batches are walked; closing
    `batches` ends whatever reads.
    """
    return _in_process(task) if task.lines - task.skip >= OWN_PROCESS_FROM else _in_thread(task)


def _reader(task: Task, headers: list[str]) -> LineReader:
    options = task.options
    check_mapping(options.mapping, headers)
    parser = RowParser(headers, options.mapping, datum=options.datum, keep_extra=options.keep_extra)
    return LineReader(parser, task.references, task.fields)


def _in_thread(task: Task) -> Lines:
    source = open_source(task.path, task.file_name)
    reader = _reader(task, source.headers)
    rows = batches(islice(source.rows, task.skip, None), task.batch)
    return Lines(source.headers, reader, _ahead(map(reader.read, rows)))


def _ahead(items: Iterator[T]) -> Generator[T, None, None]:
    """The same items, each made in a thread while the one before is worked on."""
    language = translation.get_language()
    end = object()

    def step() -> T | object:
        with translation.override(language):
            return next(items, end)

    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="import") as pool:
        future = pool.submit(step)
        while (item := future.result()) is not end:
            future = pool.submit(step)
            yield cast(T, item)


# --- the process
def _in_process(task: Task) -> Lines:
    frames = _frames(_described(task))
    kind, body = next(frames)
    headers: list[str] = _loaded(kind, body, HEADERS)
    reader = _reader(task, headers)
    return Lines(headers, reader, _ahead(unpack(body) for _kind, body in frames))


def _described(task: Task) -> bytes:
    options, references = task.options, task.references
    return marshal.dumps(
        {
            "path": str(task.path),
            "file_name": task.file_name,
            "mapping": options.mapping,
            "datum": options.datum,
            "keep_extra": options.keep_extra,
            "references": {
                "choices": references.choices,
                "people": references.people,
                "mine": references.mine,
                "create_choices": references.create_choices,
            },
            "fields": asdict(task.fields),
            "skip": task.skip,
            "batch": task.batch,
            "language": translation.get_language(),
        }
    )


def _frames(described: bytes) -> Iterator[tuple[bytes, bytes]]:
    """(kind, body) of what the child writes, up to its end; closing the iterator early ends the child."""
    # Our own module; no shell is between, and what is to be read goes in by the pipe.
    with subprocess.Popen(
        [sys.executable, "-m", "crm.rules.import_child"],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": os.environ["DJANGO_SETTINGS_MODULE"]},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        finished = False
        try:
            child.stdin.write(described)
            child.stdin.close()
            while frame := _frame(child.stdout):
                kind, body = frame
                if kind == PROBLEM:
                    finished = True
                    raise ValidationError(_loaded(kind, body, PROBLEM))
                if kind == END:
                    finished = True
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
