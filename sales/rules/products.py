"""Categories as a tree: order, depth, what lies below. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Node:
    """One category in the order in which the tree is shown; `depth` 0 stands at the left."""

    pk: int
    name: str
    parent_id: int | None
    depth: int


def tree(categories: Iterable[tuple[int, str, int | None]]) -> list[Node]:
    """(pk, name, parent) in their order → the same, each below its parent. What hangs in a circle comes last."""
    rows = list(categories)
    below: dict[int | None, list[tuple[int, str, int | None]]] = defaultdict(list)
    known = {pk for pk, _name, _parent in rows}
    for row in rows:
        below[row[2] if row[2] in known else None].append(row)
    found: list[Node] = []

    def walk(parent: int | None, depth: int) -> None:
        for pk, name, parent_id in below.pop(parent, []):
            found.append(Node(pk, name, parent_id, depth))
            walk(pk, depth + 1)

    walk(None, 0)
    for left in list(below):
        walk(left, 0)
    return found


def with_children(pk: int, parents: Mapping[int, int | None]) -> set[int]:
    """The category and everything below it; `parents` maps each category to the one it belongs to."""
    below: dict[int | None, list[int]] = defaultdict(list)
    for child, parent in parents.items():
        below[parent].append(child)
    found: set[int] = set()
    wanted = [pk]
    while wanted:
        this = wanted.pop()
        if this not in found:
            found.add(this)
            wanted += below[this]
    return found
