"""Runs of text to lines of a given width: Chinese breaks between any two characters, but not before a full stop. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from common.pdf.blocks import Run

Measure = Callable[[Run], float]
Line = list[Run]

_WIDE = "⺀-鿿가-힯豈-﫿︰-﹏＀-￯"
_ATOMS = re.compile(rf"\n|[^\S\n]+|[{_WIDE}]|[^\s{_WIDE}]+")
# What may not begin a line, and what may not end one.
_CLOSING = set("、。，．：；！？）］｝」』】》〉”’%％…—")
_OPENING = set("（［｛「『【《〈“‘￥¥")


def break_lines(runs: Sequence[Run], width: float, measure: Measure) -> list[Line]:
    """Lines no wider than `width` in the unit of `measure`; a word that is wider than a line is cut."""
    lines: list[Line] = [[]]
    used = 0.0
    for atom in _atoms(runs):
        if atom[0].text == "\n":
            lines.append([])
            used = 0.0
            continue
        length = sum(measure(run) for run in atom)
        if used and used + length > width:
            lines.append([])
            used = 0.0
        if not used and atom[0].text.isspace() and len(lines) > 1:
            continue  # the space at which the line was broken
        for piece in _cut(atom, width, measure) if length > width else [atom]:
            size = sum(measure(run) for run in piece)
            if used and used + size > width:
                lines.append([])
                used = 0.0
            lines[-1].extend(piece)
            used += size
    return [_joined(line) for line in lines]


def _atoms(runs: Sequence[Run]) -> Iterator[Line]:
    """What is not broken: words, single Chinese characters, each with the punctuation that clings to it."""
    waiting: Line = []
    for run in runs:
        for match in _ATOMS.finditer(run.text):
            part = replace(run, text=match[0])
            clings = part.text[0] in _CLOSING or (bool(waiting) and waiting[-1].text[-1] in _OPENING)
            if waiting and not (clings and not waiting[-1].text.isspace() and not part.text.isspace()):
                yield waiting
                waiting = []
            waiting.append(part)
    if waiting:
        yield waiting


def _cut(atom: Line, width: float, measure: Measure) -> Iterator[Line]:
    """Pieces of a word that is wider than the line."""
    piece, used = "", 0.0
    for run in atom:
        for character in run.text:
            length = measure(replace(run, text=character))
            if piece and used + length > width:
                yield [replace(run, text=piece)]
                piece, used = "", 0.0
            piece += character
            used += length
        if piece:
            yield [replace(run, text=piece)]
            piece, used = "", 0.0


def _joined(line: Line) -> Line:
    """Neighbours of one look become one run; the space at the end goes."""
    joined: Line = []
    for run in line:
        if joined and replace(joined[-1], text="") == replace(run, text=""):
            joined[-1] = replace(run, text=joined[-1].text + run.text)
        else:
            joined.append(run)
    if joined:
        joined[-1] = replace(joined[-1], text=joined[-1].text.rstrip())
    return joined
