"""What changed between two texts, line by line. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher

_MOST_LINES = 3000  # beyond it comparing takes seconds, and nobody reads the answer
_AROUND = 2  # unchanged lines shown before and after a change


@dataclass(frozen=True, slots=True)
class DiffLine:
    """`kind`: "same", "gone", "new", or "skip" for lines that are left out."""

    kind: str
    text: str


def compare(old: str, new: str) -> list[DiffLine]:
    """The lines of both texts in order; long stretches without a change are left out. Empty when they are the same."""
    before, after = old.split("\n")[:_MOST_LINES], new.split("\n")[:_MOST_LINES]
    if before == after:
        return []
    lines: list[DiffLine] = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            lines += _shortened(before[i1:i2], first=i1 == 0, last=i2 == len(before))
            continue
        lines += [DiffLine("gone", line) for line in before[i1:i2]]
        lines += [DiffLine("new", line) for line in after[j1:j2]]
    return lines


def _shortened(same: list[str], *, first: bool, last: bool) -> list[DiffLine]:
    head, tail = (0 if first else _AROUND), (0 if last else _AROUND)
    if len(same) <= head + tail + 1:
        return [DiffLine("same", line) for line in same]
    left_out = len(same) - head - tail
    return [
        *(DiffLine("same", line) for line in same[:head]),
        DiffLine("skip", str(left_out)),
        *(DiffLine("same", line) for line in same[len(same) - tail :]),
    ]
