"""HTML of a paper to the blocks that are drawn: texts, tables and rules. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TypeAlias

SIZES = {"h1": 18.0, "h2": 13.0, "h3": 11.0}  # points
BODY_SIZE = 10.0
SMALL = 0.85
BULLET = "•"


@dataclass(frozen=True, slots=True)
class Run:
    """Characters of one look; "\\n" ends a line."""

    text: str
    bold: bool = False
    underline: bool = False
    small: bool = False


@dataclass(slots=True)
class Text:
    """A paragraph, heading, or list item with its `mark`."""

    runs: list[Run] = field(default_factory=list)
    size: float = BODY_SIZE
    align: str = "left"
    mark: str = ""

    @property
    def is_heading(self) -> bool:
        return self.size > BODY_SIZE


@dataclass(slots=True)
class Cell:
    texts: list[Text] = field(default_factory=list)
    align: str = "left"
    colspan: int = 1
    width: float | None = None  # share of the table
    is_head: bool = False


@dataclass(slots=True)
class Table:
    rows: list[list[Cell]] = field(default_factory=list)
    has_border: bool = True

    @property
    def head_rows(self) -> int:
        """Leading rows of nothing but heads: they are repeated on every page."""
        count = 0
        for row in self.rows:
            if not row or not all(cell.is_head for cell in row):
                break
            count += 1
        return count if count < len(self.rows) else 0

    def shares(self) -> list[float]:
        """Widths of the columns, adding up to 1: those the cells name, what is left in equal parts."""
        count = max((sum(cell.colspan for cell in row) for row in self.rows), default=0)
        known: dict[int, float] = {}
        for row in self.rows:
            column = 0
            for cell in row:
                if cell.width and cell.colspan == 1:
                    known.setdefault(column, cell.width)
                column += cell.colspan
        rest = max(1 - sum(known.values()), 0.0)
        other = rest / (count - len(known)) if count > len(known) else 0.0
        widths = [known.get(column, other) or 0.02 for column in range(count)]
        whole = sum(widths)
        return [width / whole for width in widths]


@dataclass(frozen=True, slots=True)
class Rule:
    """A line across the page."""


Block: TypeAlias = Text | Table | Rule


def parse(html: str) -> list[Block]:
    """The blocks of cleaned HTML, in order. A table in a table is not drawn as one: its cells go on in the outer."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    reader.end_text()
    return reader.blocks


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[Block] = []
        self.text: Text | None = None
        self.table: Table | None = None
        self.cell: Cell | None = None
        self.look = {"b": 0, "u": 0, "small": 0}
        self.lists: list[int | None] = []  # of each open list: the last number, None without numbers

    # --- texts
    def end_text(self) -> None:
        text, self.text = self.text, None
        if text is None or not any(run.text.strip() for run in text.runs):
            return
        if self.cell is not None:
            self.cell.texts.append(text)
        elif self.table is None:
            self.blocks.append(text)

    def begin_text(self, tag: str, align: str | None = None) -> Text:
        self.end_text()
        usual = self.cell.align if self.cell else "left"
        self.text = Text(size=SIZES.get(tag, BODY_SIZE), align=align or usual)
        return self.text

    def handle_data(self, data: str) -> None:
        words = re.sub(r"[ \t\r\n\f]+", " ", data)
        if self.text is None:
            if not words.strip() or (self.table is not None and self.cell is None):
                return
            self.begin_text("p")
        self.add(words)

    def add(self, characters: str) -> None:
        assert self.text is not None
        is_start = not self.text.runs or self.text.runs[-1].text.endswith("\n")
        heading = self.text.is_heading or (self.cell is not None and self.cell.is_head)
        characters = characters.lstrip(" ") if is_start else characters
        if characters:
            self.text.runs.append(
                Run(
                    characters,
                    heading or bool(self.look["b"]),
                    bool(self.look["u"]),
                    bool(self.look["small"]),
                )
            )

    # --- tags
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        align = values.get("align")
        match tag:
            case "b" | "strong":
                self.look["b"] += 1
            case "u" | "small":
                self.look[tag] += 1
            case "br":
                if self.text is None:
                    self.begin_text("p")
                self.add("\n")
            case "p" | "div" | "h1" | "h2" | "h3":
                self.begin_text(tag, align)
            case "hr":
                self.end_text()
                if self.table is None:
                    self.blocks.append(Rule())
            case "ul" | "ol":
                self.end_text()
                self.lists.append(0 if tag == "ol" else None)
            case "li":
                self.begin_item()
            case "table" | "tr" | "td" | "th":
                self.begin_table_part(tag, values)

    def begin_table_part(self, tag: str, values: dict[str, str]) -> None:
        if tag == "table":
            if self.table is None:
                self.end_text()
                self.table = Table(has_border=values.get("border") != "0")
        elif self.table is not None and tag == "tr":
            self.end_cell()
            self.table.rows.append([])
        elif self.table is not None:
            self.begin_cell(tag, values)

    def handle_endtag(self, tag: str) -> None:
        match tag:
            case "b" | "strong":
                self.look["b"] = max(self.look["b"] - 1, 0)
            case "u" | "small":
                self.look[tag] = max(self.look[tag] - 1, 0)
            case "p" | "div" | "h1" | "h2" | "h3" | "li":
                self.end_text()
            case "ul" | "ol":
                self.end_text()
                if self.lists:
                    self.lists.pop()
            case "td" | "th" | "tr":
                self.end_cell()
            case "table" if self.table is not None:
                self.end_cell()
                table, self.table = self.table, None
                table.rows = [row for row in table.rows if row]
                if table.rows:
                    self.blocks.append(table)

    def begin_item(self) -> None:
        mark = BULLET
        if self.lists and (number := self.lists[-1]) is not None:
            self.lists[-1] = number + 1
            mark = f"{number + 1}."
        self.begin_text("li").mark = mark

    def begin_cell(self, tag: str, values: dict[str, str]) -> None:
        assert self.table is not None
        self.end_cell()
        if not self.table.rows:
            self.table.rows.append([])
        width = values.get("width", "")
        self.cell = Cell(
            align=values.get("align") or ("center" if tag == "th" else "left"),
            colspan=int(values.get("colspan") or 1),
            width=int(width[:-1]) / 100 if width.endswith("%") else None,
            is_head=tag == "th",
        )
        self.table.rows[-1].append(self.cell)

    def end_cell(self) -> None:
        if self.cell is not None:
            self.end_text()
            self.cell = None
