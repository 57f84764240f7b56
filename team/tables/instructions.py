"""Columns of the list of instructions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from common.tables import Column, DateColumn, FormatColumn, MomentColumn, NumberColumn, badge
from team.models import Instruction
from team.queries.instructions import about_words
from team.rules.instructions import STATES, state_of


def state(row: Instruction) -> str:
    return state_of(row.read_at, row.answered_at, row.done_at)


def state_badge(row: Instruction) -> SafeString:
    return badge(*STATES[state(row)])


@dataclass(frozen=True)
class StateColumn(FormatColumn):
    def value(self, row: Any) -> str:
        return str(STATES[state(row)][0])


@dataclass(frozen=True)
class AboutColumn(Column):
    def value(self, row: Any) -> str:
        return about_words(row)


def _text(row: Instruction) -> SafeString:
    weight = "fw-bold" if row.read_at is None else "fw-medium"
    return format_html(
        '<a class="{}" href="{}"><span class="sv-clamp">{}</span></a>',
        weight,
        row.get_absolute_url(),
        row.text,
    )


INSTRUCTION_COLUMNS = (
    FormatColumn("text", _("Instruction"), path="text", phone="title", draw=_text),
    StateColumn("state", _("Status"), phone="side", draw=state_badge),
    AboutColumn("about", _("About")),
    Column("person", _("For"), path="person.name", order=("person__name",)),
    Column("author", _("Instructed by"), path="author.name", order=("author__name",)),
    NumberColumn("answers", _("Replies"), path="answer_count", phone=""),
    DateColumn("day", _("Day"), order=("day",), hidden=True),
    MomentColumn("created_at", _("Time"), order=("created_at",)),
    MomentColumn("read_at", _("Read at"), order=("read_at",), hidden=True),
    MomentColumn("done_at", _("Done at"), order=("done_at",), hidden=True),
)
