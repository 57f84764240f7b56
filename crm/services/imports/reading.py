"""The lines of an import, made in a thread ahead of the one that writes.

A process of its own for the reading was quicker by about a fifth, but both together may take over 400 MB
(docs/benchmarks.md).
"""

from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TypeVar, cast

from django.utils import translation

from crm.rules.duplicates import Fields
from crm.rules.import_columns import check_mapping
from crm.rules.import_lines import LineReader
from crm.rules.import_rows import ImportRow, References, RowParser
from crm.services.imports.check import Options, batches
from crm.services.imports.source import open_source

T = TypeVar("T")


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
    source = open_source(task.path, task.file_name)
    reader = _reader(task, source.headers)
    rows = batches(islice(source.rows, task.skip, None), task.batch)
    return Lines(source.headers, reader, _ahead(map(reader.read, rows)))


def _reader(task: Task, headers: list[str]) -> LineReader:
    options = task.options
    check_mapping(options.mapping, headers)
    parser = RowParser(headers, options.mapping, datum=options.datum, keep_extra=options.keep_extra)
    return LineReader(parser, task.references, task.fields)


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
