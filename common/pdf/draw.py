"""Blocks onto A4 pages. The fonts are Noto Sans SC from node_modules; the file carries the characters it uses."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from common.pdf.blocks import BODY_SIZE, SMALL, Block, Cell, Run, Table, Text, parse
from common.pdf.lines import Line, break_lines

if TYPE_CHECKING:
    from fpdf import FPDF

FONTS = {"": "NotoSansHans-Regular.otf", "B": "NotoSansHans-Bold.otf"}
FAMILY = "Noto"
PAGE = (210.0, 297.0)  # millimetres
MARGIN = 16.0
BOTTOM = 18.0
POINT = 25.4 / 72
LEADING = 1.5
PADDING = 1.4
INDENT = 6.0
GREY = 160


def html_to_pdf(html: str, *, title: str, footer: str = "") -> bytes:
    """A PDF of cleaned HTML (common.markup.clean_paper); `footer` stands left of "page 1 / 2" at the foot."""
    sheet = Sheet(title=title, footer=footer)
    for block in parse(html):
        sheet.draw(block)
    return sheet.finish()


def font_path(style: str) -> Path:
    return Path(settings.BASE_DIR) / "node_modules/@embedpdf/fonts-sc/fonts" / FONTS[style]


class Sheet:
    """A document that is written from top to bottom. All lengths are millimetres."""

    def __init__(self, *, title: str, footer: str) -> None:
        # Here and not above: reading the library takes half a second, and few processes write a PDF.
        from fpdf import FPDF

        class Paper(FPDF):
            def footer(self) -> None:
                self.set_font(FAMILY, size=8)
                self.set_text_color(GREY - 60)
                self.set_xy(MARGIN, -12)
                self.cell(PAGE[0] - 2 * MARGIN, 4, footer)
                self.set_xy(MARGIN, -12)
                self.cell(PAGE[0] - 2 * MARGIN, 4, f"{self.page_no()} / {{nb}}", align="R")
                self.set_text_color(0)

        self.pdf: FPDF = Paper(format="A4")
        self.pdf.set_auto_page_break(False)
        self.pdf.set_title(title)
        self.pdf.set_creator("Paodian")
        for style in FONTS:
            self.pdf.add_font(FAMILY, style, font_path(style))
        self.pdf.set_draw_color(GREY)
        self.pdf.set_line_width(0.2)
        self.pdf.add_page()
        self.y = MARGIN
        self._widths: dict[tuple[str, bool], float] = {}

    def finish(self) -> bytes:
        return bytes(self.pdf.output())

    @property
    def left(self) -> float:
        """Height that is left on this page."""
        return PAGE[1] - BOTTOM - self.y

    def new_page(self) -> None:
        self.pdf.add_page()
        self.y = MARGIN

    def draw(self, block: Block) -> None:
        if isinstance(block, Table):
            self.draw_table(block)
        elif isinstance(block, Text):
            self.draw_text(block)
        else:
            self.y += 2
            self.pdf.line(MARGIN, self.y, PAGE[0] - MARGIN, self.y)
            self.y += 3

    # --- text
    def measure(self, run: Run) -> float:
        """Width of a run at one point of size; single characters are met again and again."""
        if len(run.text) > 1:
            return sum(self._character(character, run.bold) for character in run.text) * (
                SMALL if run.small else 1
            )
        return self._character(run.text, run.bold) * (SMALL if run.small else 1)

    def _character(self, character: str, bold: bool) -> float:
        known = self._widths.get((character, bold))
        if known is None:
            self.pdf.set_font(FAMILY, "B" if bold else "", 100)
            known = self._widths[character, bold] = float(self.pdf.get_string_width(character)) / 100
        return known

    def lines_of(self, text: Text, width: float) -> list[Line]:
        return break_lines(text.runs, width / text.size, self.measure)

    def put(self, line: Line, *, x: float, y: float, width: float, size: float, align: str) -> None:
        """One line with its top at `y`."""
        length = sum(self.measure(run) for run in line) * size
        x += {"center": (width - length) / 2, "right": width - length}.get(align, 0.0)
        base = y + size * POINT * (LEADING / 2 + 0.36)
        for run in line:
            if run.text:
                own = size * (SMALL if run.small else 1)
                self.pdf.set_font(FAMILY, ("B" if run.bold else "") + ("U" if run.underline else ""), own)
                self.pdf.text(x, base, run.text)
            x += self.measure(run) * size

    def draw_text(self, text: Text) -> None:
        indent = INDENT if text.mark else 0.0
        width = PAGE[0] - 2 * MARGIN - indent
        height = text.size * POINT * LEADING
        if text.is_heading and self.y > MARGIN:
            self.y += text.size * POINT * 0.4
        for number, line in enumerate(self.lines_of(text, width)):
            if self.left < height * (3 if text.is_heading else 1):  # no heading alone at the foot
                self.new_page()
            if number == 0 and text.mark:
                mark = [Run(text.mark)]
                self.put(mark, x=MARGIN + 1, y=self.y, width=indent, size=text.size, align="left")
            self.put(line, x=MARGIN + indent, y=self.y, width=width, size=text.size, align=text.align)
            self.y += height
        self.y += 1.2

    # --- tables
    def draw_table(self, table: Table) -> None:
        shares = table.shares()
        rows = [_Row(self, cells, shares, has_border=table.has_border) for cells in table.rows]
        heads, body = rows[: table.head_rows], rows[table.head_rows :]
        for head in heads:
            head.draw()
        for row in body:
            self._draw_row(row, heads)
        self.y += 2

    def _draw_row(self, row: _Row, heads: Sequence[_Row]) -> None:
        """On this page if it fits, else on the next; one that no page holds goes on over several."""
        whole = PAGE[1] - BOTTOM - MARGIN - sum(head.height for head in heads)
        if self.left < row.height <= whole or self.left < 12:
            self._next_page(heads)
        while rest := row.draw(upto=self.left):
            self._next_page(heads)
            row = rest

    def _next_page(self, heads: Sequence[_Row]) -> None:
        self.new_page()
        for head in heads:
            head.draw()


class _Row:
    """A row whose cells are broken into lines: (line, size, alignment) each."""

    def __init__(
        self,
        sheet: Sheet,
        cells: Sequence[Cell],
        shares: Sequence[float],
        *,
        has_border: bool,
        lines: list[list[tuple[Line, float, str]]] | None = None,
    ) -> None:
        self.sheet, self.cells, self.shares, self.has_border = sheet, cells, shares, has_border
        self.padding = PADDING if has_border else 0.4
        self.widths = []
        column = 0
        for cell in cells:
            self.widths.append(sum(shares[column : column + cell.colspan]) * (PAGE[0] - 2 * MARGIN))
            column += cell.colspan
        self.lines = lines if lines is not None else self._broken()
        self.height = max((_height(part) for part in self.lines), default=0) + 2 * self.padding

    def _broken(self) -> list[list[tuple[Line, float, str]]]:
        return [
            [
                (line, text.size, text.align)
                for text in cell.texts
                for line in self.sheet.lines_of(text, width - 2 * self.padding)
            ]
            or [([], BODY_SIZE, "left")]
            for cell, width in zip(self.cells, self.widths, strict=True)
        ]

    def draw(self, *, upto: float = 1e9) -> _Row | None:
        """Draw what fits into `upto`; the rest, or None."""
        room = upto - 2 * self.padding
        now, later = [], []
        for part in self.lines:
            count = next((n for n in range(len(part) + 1) if _height(part[: n + 1]) > room), len(part))
            now.append(part[:count])
            later.append(part[count:])
        height = max((_height(part) for part in now), default=0) + 2 * self.padding
        sheet, x = self.sheet, MARGIN
        for cell, width, part in zip(self.cells, self.widths, now, strict=True):
            if self.has_border:
                sheet.pdf.set_fill_color(241, 245, 249)
                sheet.pdf.rect(x, sheet.y, width, height, style="FD" if cell.is_head else "D")
            y = sheet.y + self.padding + (height - 2 * self.padding - _height(part)) / 2
            y = y if self.has_border else sheet.y + self.padding
            for line, size, align in part:
                inner = width - 2 * self.padding
                sheet.put(line, x=x + self.padding, y=y, width=inner, size=size, align=align)
                y += size * POINT * LEADING
            x += width
        sheet.y += height
        if not any(later):
            return None
        return _Row(sheet, self.cells, self.shares, has_border=self.has_border, lines=later)


def _height(lines: Sequence[tuple[Line, float, str]]) -> float:
    return sum(size * POINT * LEADING for _line, size, _align in lines)
