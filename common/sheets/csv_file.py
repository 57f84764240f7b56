"""CSV as it comes: any of the usual encodings and separators."""

import csv
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from common.sheets import limits
from common.sheets.archive import BROKEN
from common.sheets.encoding import detect_encoding
from common.sheets.errors import SheetError
from common.sheets.values import Row, row_text

_DELIMITERS = ",\t;"
_SAMPLE_CHARS = 64 * 1024
_SAMPLE_RECORDS = 20
# Excel's own hint line, which it hides from the user.
_SEP_LINE = re.compile(r"""^"?sep=(.)"?\r?\n""", re.IGNORECASE)

UNREADABLE_LINE = _("The CSV file cannot be read from line %(line)s on; is a quotation mark never closed?")


def csv_records(path: Path) -> tuple[Iterator[Row], int]:
    """(records numbered as a spreadsheet would, number of lines) of a text file that `sniff` calls CSV."""
    encoding = detect_encoding(path)
    if encoding is None:
        raise SheetError(BROKEN)
    with path.open(encoding=encoding, newline="") as file:
        sample = file.read(_SAMPLE_CHARS)
        rest = sum(chunk.count("\n") for chunk in iter(lambda: file.read(1 << 20), ""))
    hint = _SEP_LINE.match(sample)
    delimiter = hint[1] if hint else _guess_delimiter(sample)
    lines = sample.count("\n") + rest + 1
    return _records(path, encoding, delimiter, skip_first=hint is not None), lines


def _guess_delimiter(sample: str) -> str:
    """The separator that cuts the most sample lines into one same number (above one) of cells."""
    lines = sample.splitlines(keepends=True)
    if len(sample) == _SAMPLE_CHARS and len(lines) > 1:
        lines.pop()  # the last line may be cut off
    best, best_score = ",", (0, 0)
    for delimiter in _DELIMITERS:
        widths: Counter[int] = Counter()
        try:
            for record in csv.reader(lines, delimiter=delimiter):
                if len(record) > 1:
                    widths[len(record)] += 1
                if widths.total() >= _SAMPLE_RECORDS:
                    break
        except csv.Error:
            continue
        if widths:
            width, count = widths.most_common(1)[0]
            best, best_score = max((best, best_score), (delimiter, (count, width)), key=lambda pair: pair[1])
    return best


def _records(path: Path, encoding: str, delimiter: str, *, skip_first: bool) -> Iterator[Row]:
    csv.field_size_limit(limits.MAX_FIELD_CHARS)
    with path.open(encoding=encoding, newline="") as file:
        reader = csv.reader(file, delimiter=delimiter)
        try:
            for number, record in enumerate(reader, 1):
                if not (skip_first and number == 1):
                    yield Row(number, row_text(record))
        except csv.Error as error:
            raise SheetError(UNREADABLE_LINE, line=reader.line_num) from error
