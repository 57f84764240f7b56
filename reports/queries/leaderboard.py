"""龙虎榜: who is first, and who gained or lost places against the period before (J5).

Whoever sees the records of others sees the ranking of those people. Whoever sees his own only learns his place and how
many are ranked: the company's figures are read for that, but no figure of anybody else leaves this module
(as sales.queries.target_completion.own_places).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.queries import branch_ids, department_tree
from accounts.querysets import scope_user_ids
from reports.enums import Family
from reports.queries import engine
from reports.queries.asked import Asked
from reports.queries.dimensions import NONE
from reports.queries.measures import figure
from reports.queries.report import FILTERS, Report
from reports.rules.compare import ranks
from reports.rules.tables import Look, Row, Table

Places = dict[str, tuple[int | None, int | None]]  # key → place now, place in the compared period


class Leaderboard(Report):
    """Ranked by the measure it is sorted by, the first one unless the reader chooses; the most is the first place."""

    family = Family.LEADERBOARD
    dimensions: ClassVar[Sequence[str]] = ("rep", "department")
    is_ranked = True

    def filter_codes(self) -> list[str]:
        """Not by rep: a person is ranked among all."""
        return [code for code in super().filter_codes() if code in FILTERS and code != "rep"]

    def answer(self, asked: Asked, by: str, look: Look) -> Table:
        """Active reps without a figure stand last; what belongs to nobody has no place."""
        look = replace(look, sort=look.sort or self.measures[0])
        table = self._board(asked, by, look)
        if not sees_only_himself(asked.user):
            return _ranked(table, places(table, look.sort))
        notes = [_("Only your own figures are shown.")]
        if by == "rep":
            assert asked.user is not None
            everybody = replace(asked, user=None)
            downwards = replace(look, descending=True)
            whole = places(self._board(everybody, by, downwards, asked.user), look.sort)
            table = _ranked(table, {key: whole[key] for key in [str(asked.user.pk)] if key in whole})
            if (place := whole.get(str(asked.user.pk), (None, None))[0]) is not None:
                ranked = sum(now is not None for now, _before in whole.values())
                notes.append(_("Your place: %(place)s of %(of)s") % {"place": place, "of": ranked})
        return replace(table, notes=notes)

    def _board(self, asked: Asked, by: str, look: Look, reader: User | None = None) -> Table:
        """The figures of all groups, people without any included when it is by rep."""
        table = super().answer(asked, by, replace(look, most=0))
        if by != "rep":
            return table
        there = {row.key for row in table.rows}
        nothing = tuple(figure(code, {}) for code in self.measures)
        missing = [
            Row(str(pk), name, nothing, nothing if table.before else ())
            for pk, name in people(asked, reader or asked.user)
            if str(pk) not in there
        ]
        position = table.column(look.sort)
        return replace(table, rows=engine.sorted_rows([*table.rows, *missing], position, look.descending))


def sees_only_himself(user: User | None) -> bool:
    return user is not None and scope_user_ids(user) == frozenset({user.pk})


def people(asked: Asked, reader: User | None) -> list[tuple[int, str]]:
    """(key, name) of the active reps of the asker's scope and of the reader who sees his own records only; of the
    department that is asked for."""
    everybody = Q(pk__in=User.objects.reps().values("pk"))
    if reader is not None and sees_only_himself(reader):
        everybody |= Q(pk=reader.pk)
    rows = User.objects.filter(everybody)
    if asked.user is not None:
        rows = rows.visible_to(asked.user)
    if (key := asked.filters.get("department", "")) == NONE:
        rows = rows.filter(department=None)
    elif key:
        rows = rows.filter(department__in=branch_ids(department_tree(), int(key)))
    return list(rows.order_by("name", "pk").values_list("pk", "name"))


def places(table: Table, measure: str) -> Places:
    """Places by key, equal figures share the better one; nobody's rows have none."""
    position = table.column(measure)
    rows = [row for row in table.rows if row.key != NONE]
    now = ranks([row.values[position] for row in rows])
    earlier = ranks([row.before[position] if row.before else None for row in rows])
    return {row.key: (place, before) for row, place, before in zip(rows, now, earlier, strict=True)}


def _ranked(table: Table, found: Places) -> Table:
    return replace(
        table,
        rows=[
            replace(row, rank=found[row.key][0], rank_before=found[row.key][1]) if row.key in found else row
            for row in table.rows
        ],
        is_ranked=True,
    )
