"""The words of Word, Excel, PowerPoint, PDF and text files, for a search. Files come from strangers.

`file_text` is what a caller uses: it reads in a process of its own, which the operating system ends when it takes too
much time or memory, whatever the file makes a parser do. `python -m common.file_text KIND PATH` is that process.
"""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from common.sheets.archive import check_archive
from common.sheets.encoding import detect_encoding
from common.sheets.errors import SheetError

MAX_CHARS = 200_000
SECONDS = 40
_MEMORY = 1536 * 1024 * 1024
_PAGES = 400
_PART = 64 * 1024 * 1024  # of one part of an Office package, unpacked
KINDS = ("docx", "xlsx", "pptx", "pdf", "txt")


class Unreadable(Exception):
    """The file could not be read: damaged, locked with a password, or too much for the bounds."""


def file_text(kind: str, path: Path) -> str:
    """The file's text, at most MAX_CHARS of it; raises Unreadable. `kind`: one of KINDS."""
    try:
        done = subprocess.run(  # noqa: S603 - our own module, with a path of our own
            [sys.executable, "-m", "common.file_text", kind, str(path)],
            capture_output=True,
            timeout=SECONDS,
            check=False,
            cwd=Path(__file__).resolve().parent.parent,
        )
    except subprocess.TimeoutExpired as error:
        raise Unreadable("takes too long") from error
    if done.returncode:
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        raise Unreadable(lines[-1][:200] if lines else f"ended with {done.returncode}")
    return done.stdout.decode("utf-8", "replace").replace("\x00", "")


def read_text(kind: str, path: Path) -> str:
    """The text, read in this very process: no bounds but those on size. Raises whatever the parsers raise."""
    readers = {"docx": _docx, "pptx": _pptx, "xlsx": _xlsx, "pdf": _pdf, "txt": _txt}
    pieces: list[str] = []
    left = MAX_CHARS
    for piece in readers[kind](path):
        pieces.append(piece[:left])
        left -= len(piece) + 1
        if left <= 0:
            break
    return "\n".join(piece for piece in pieces if piece.strip())


def _docx(path: Path) -> Iterator[str]:
    parts = (
        "word/document",
        "word/header",
        "word/footer",
        "word/footnotes",
        "word/endnotes",
        "word/comments",
    )
    yield from _paragraphs(path, parts)


def _pptx(path: Path) -> Iterator[str]:
    yield from _paragraphs(path, ("ppt/slides/slide", "ppt/notesSlides/notesSlide"))


def _paragraphs(path: Path, beginnings: tuple[str, ...]) -> Iterator[str]:
    """A line for each paragraph of the parts whose names begin so, in the order of these beginnings."""
    check_archive(path)
    with zipfile.ZipFile(path) as package:
        names = [name for name in package.namelist() if name.endswith(".xml") and name.startswith(beginnings)]
        order = {beginning: at for at, beginning in enumerate(beginnings)}

        def place(name: str) -> tuple[int, int, str]:
            return (next(order[b] for b in beginnings if name.startswith(b)), len(name), name)

        for name in sorted(names, key=place):
            yield from _lines(package, name)


def _lines(package: zipfile.ZipFile, name: str) -> Iterator[str]:
    from defusedxml.ElementTree import iterparse

    if package.getinfo(name).file_size > _PART:
        raise Unreadable("a part is too large")
    line: list[str] = []
    with package.open(name) as part:
        for _event, element in iterparse(part, forbid_dtd=True):
            tag = element.tag.rpartition("}")[2]
            if tag == "t":
                line.append(element.text or "")
            elif tag in ("tab", "br", "cr", "tc"):
                line.append(" ")
            elif tag == "p":
                yield " ".join("".join(line).split())
                line = []
                element.clear()
    yield " ".join("".join(line).split())


def _xlsx(path: Path) -> Iterator[str]:
    from python_calamine import CalamineWorkbook

    check_archive(path)
    book: Any = CalamineWorkbook.from_path(str(path))
    for name in book.sheet_names:
        yield name
        for row in book.get_sheet_by_name(name).iter_rows():
            yield " ".join(_cell(value) for value in row if value not in ("", None))


def _cell(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return " ".join(str(value).split())


def _pdf(path: Path) -> Iterator[str]:
    from pypdf import PdfReader

    reader = PdfReader(path)
    if reader.is_encrypted and not reader.decrypt(""):
        raise Unreadable("locked with a password")
    for number, page in enumerate(reader.pages):
        if number == _PAGES:
            break
        yield page.extract_text()


def _txt(path: Path) -> Iterator[str]:
    encoding = detect_encoding(path)
    if encoding is None:
        raise Unreadable("no text")
    with path.open(encoding=encoding) as file:
        yield file.read(MAX_CHARS)


def _bound() -> None:
    """No more memory and time than a search is worth; Windows has no such bounds, only the time of the caller."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 5))


def main() -> int:
    """The child process: text to standard output, or one line why not and 1."""
    kind, path = sys.argv[1:3]
    _bound()
    try:
        text = read_text(kind, Path(path))
    except SheetError:  # its words are for people and want a language, which this process has none of
        sys.stderr.write("the package is damaged or unpacks to far too much\n")
        return 1
    except Exception as error:  # parsers answer broken and hostile files with every kind of exception
        words = " ".join(str(error).split())[:150]
        sys.stderr.write(f"{type(error).__name__}: {words}\n")
        return 1
    sys.stdout.buffer.write(text.encode("utf-8", "replace"))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
