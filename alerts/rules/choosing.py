"""Which rule judges a customer (domain-rules §3): the most specific that fits, of equals the shorter."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

NO_TAGS: frozenset[int] = frozenset()


@dataclass(frozen=True)
class RuleLine:
    """A customer alert rule as the decisions need it; "" and None mean every one.

    `version_id` names the rule as it stood when it was read.
    """

    pk: int
    kind: str
    period_days: int
    level: str = ""
    department_id: int | None = None
    channel_id: int | None = None
    tag_id: int | None = None
    working_days: bool = False
    threshold: Decimal | None = None
    version_id: int | None = None
    starts_on: dt.date | None = None
    ends_on: dt.date | None = None

    @property
    def specificity(self) -> int:
        """Tag before channel before level before department: 8, 4, 2 and 1 for each that is named.

        So level and department (3) > level (2) > department (1) > general (0) as in §3.
        """
        named = self.tag_id is not None, self.channel_id is not None, bool(self.level)
        return 8 * named[0] + 4 * named[1] + 2 * named[2] + (self.department_id is not None)

    def fits(
        self,
        level: str,
        departments: frozenset[int],
        channel_id: int | None = None,
        tags: frozenset[int] = NO_TAGS,
    ) -> bool:
        """Whether it is for a customer of this level, channel and tags, whose owner's department and its parents
        are `departments`."""
        return (
            self.level in ("", level)
            and (self.department_id is None or self.department_id in departments)
            and (self.channel_id is None or self.channel_id == channel_id)
            and (self.tag_id is None or self.tag_id in tags)
        )

    def is_effective(self, today: dt.date) -> bool:
        """Whether `today` lies in its dates, both included."""
        return (self.starts_on is None or self.starts_on <= today) and (
            self.ends_on is None or today <= self.ends_on
        )


@dataclass(frozen=True)
class SparedLine:
    """An exemption of a level, of a tag or of one customer from one kind ("": from all)."""

    kind: str = ""
    level: str = ""
    tag_id: int | None = None
    customer_id: int | None = None

    def spares(self, kind: str, level: str, tags: frozenset[int]) -> bool:
        """Whether it is for customers of this level and these tags; one customer's is not asked here."""
        if self.customer_id is not None or self.kind not in ("", kind):
            return False
        return (bool(self.level) and self.level == level) or (self.tag_id is not None and self.tag_id in tags)


@dataclass(frozen=True)
class Choice:
    """The rule that judges one kind for customers of a level, channel and set of tags, and owners of a department.

    Department and channel 0: any other than those that rules name. `tags`: of those that rules name, all he has.
    """

    kind: str
    department_id: int
    level: str
    channel_id: int
    tags: frozenset[int]
    rule: RuleLine


def department_paths(parents: Mapping[int, int | None]) -> dict[int, frozenset[int]]:
    """{department: itself and all above}, from {department: parent}; a ring in the data ends the walk."""
    paths = {}
    for pk in parents:
        path: list[int] = []
        at: int | None = pk
        while at is not None and at not in path:
            path.append(at)
            at = parents.get(at)
        paths[pk] = frozenset(path)
    return paths


def ranked(
    rules: Iterable[RuleLine],
    level: str,
    departments: frozenset[int],
    channel_id: int | None = None,
    tags: frozenset[int] = NO_TAGS,
) -> list[RuleLine]:
    """The rules of one kind that fit, the one that judges first: most specific, then shortest (§3)."""
    fitting = [rule for rule in rules if rule.fits(level, departments, channel_id, tags)]
    return sorted(fitting, key=lambda rule: (-rule.specificity, rule.period_days, rule.pk))


def department_classes(
    rules: Iterable[RuleLine], parents: Mapping[int, int | None]
) -> dict[int, tuple[int, frozenset[int]]]:
    """{department: (the first of those that rules treat alike, its path)} of the departments that some rule names
    or includes; all others are 0."""
    named = {rule.department_id for rule in rules if rule.department_id is not None}
    first: dict[frozenset[int], tuple[int, frozenset[int]]] = {}
    classes = {}
    for pk, path in sorted(department_paths(parents).items()):
        if path & named:
            classes[pk] = first.setdefault(path & named, (pk, path))
    return classes


def named_tags(rules: Iterable[RuleLine], spared: Iterable[SparedLine] = ()) -> list[int]:
    """The tags that matter, in the order of their keys."""
    found = {rule.tag_id for rule in rules} | {line.tag_id for line in spared}
    return sorted(tag for tag in found if tag is not None)


def choice_table(
    rules: Sequence[RuleLine],
    parents: Mapping[int, int | None],
    levels: Iterable[str],
    tag_sets: Collection[frozenset[int]] = (NO_TAGS,),
    spared: Sequence[SparedLine] = (),
) -> list[Choice]:
    """Who is judged by what, for every kind, level, department, channel and set of tags that makes a difference.

    Departments that all rules treat alike share the lines of the first of them (`department_classes`), those outside
    every rule, like channels, the lines of 0, and `tag_sets` are those that exist: the table stays small however
    large the company is. A combination without a rule, or spared, has no line: it is not
    judged.
    """
    covered = sorted(set(department_classes(rules, parents).values()), key=lambda found: found[0])
    channels = [0, *sorted({rule.channel_id for rule in rules if rule.channel_id is not None})]
    levels = list(levels)
    table = []
    for kind in sorted({rule.kind for rule in rules}):
        of_kind = [rule for rule in rules if rule.kind == kind]
        for department_id, path in [(0, frozenset[int]()), *covered]:
            for channel_id in channels:
                for tags in tag_sets:
                    for level in levels:
                        best = ranked(of_kind, level, path, channel_id or None, tags)
                        if best and not any(line.spares(kind, level, tags) for line in spared):
                            table.append(Choice(kind, department_id, level, channel_id, tags, best[0]))
    return table
