"""Columns of the list of invitations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from common.tables import Column, FormatColumn, MomentColumn, badge
from team.enums import InvitationAnswer
from team.models import ScheduleInvitation
from team.rules.schedule import read_rule
from team.rules.schedule_words import repeat_words

COLOURS = {
    InvitationAnswer.WAITING: "yellow",
    InvitationAnswer.ACCEPTED: "green",
    InvitationAnswer.MAYBE: "azure",
    InvitationAnswer.DECLINED: "secondary",
}


def answer_badge(row: ScheduleInvitation) -> SafeString:
    return badge(row.get_answer_display(), COLOURS[InvitationAnswer(row.answer)])


@dataclass(frozen=True)
class AnswerColumn(FormatColumn):
    def value(self, row: Any) -> str:
        return str(row.get_answer_display())


@dataclass(frozen=True)
class RepeatColumn(Column):
    def value(self, row: Any) -> str:
        return repeat_words(read_rule(row.entry.rule))


def _title(row: ScheduleInvitation) -> SafeString:
    weight = "fw-bold" if row.answer == InvitationAnswer.WAITING else "fw-medium"
    return format_html(
        '<a class="{}" href="{}">{}</a>', weight, row.entry.get_absolute_url(), row.entry.title
    )


INVITATION_COLUMNS = (
    FormatColumn(
        "title",
        _("What it is about"),
        path="entry.title",
        phone="title",
        draw=_title,
        order=("entry__title",),
    ),
    AnswerColumn("answer", _("Answer"), phone="side", draw=answer_badge, order=("answer",)),
    MomentColumn("starts_at", _("Begins"), path="entry.starts_at", order=("entry__starts_at",)),
    RepeatColumn("repeats", _("Repeats")),
    Column("owner", _("Invited by"), path="entry.owner.name", order=("entry__owner__name",)),
    Column("place", _("Meeting place"), path="entry.place", phone=""),
    MomentColumn("created_at", _("Invited at"), order=("created_at",), hidden=True),
)
