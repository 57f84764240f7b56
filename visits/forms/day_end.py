"""The day's end: what becomes of each unserved stop, and the rep's line."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from visits.forms.visits import date_input
from visits.models import DailyReport, VisitTask
from visits.services.day_end import StopChoice, check_move

OTHER, MOVE, PHRASE = "other", "move", "r:"


class StopForm(forms.Form):
    """One unserved stop: a reason from the phrases, one of one's own, or another day."""

    choice = forms.ChoiceField(label=gettext_lazy("What becomes of it"), required=False)
    reason = forms.CharField(label=gettext_lazy("Reason"), required=False, max_length=200)
    move_to = forms.DateField(label=gettext_lazy("Move to"), required=False, widget=date_input())

    def __init__(
        self, *args: Any, task: VisitTask, phrases: Iterable[str], today: dt.date, **kwargs: Any
    ) -> None:
        super().__init__(*args, prefix=f"stop-{task.pk}", **kwargs)
        self.task, self.today = task, today
        reasons = [(f"{PHRASE}{text}", text) for text in dict.fromkeys(phrases)]
        self.fields["choice"].choices = [  # type: ignore[attr-defined]
            ("", _("Choose …")),
            (_("Skipped, because"), [*reasons, (OTHER, _("Another reason"))]),
            (_("Not today"), [(MOVE, _("Move to another day"))]),
        ]
        soonest = max(task.date + dt.timedelta(days=1), today)
        self.fields["move_to"].widget.attrs["min"] = soonest.isoformat()
        self.fields["move_to"].initial = soonest

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        choice, day = data.get("choice"), data.get("move_to")
        if choice == OTHER and not data.get("reason", "").strip() and "reason" not in self.errors:
            self.add_error("reason", _("Say why this visit is skipped."))
        if choice == MOVE and "move_to" not in self.errors:
            if day is None:
                self.add_error("move_to", _("Say to which day."))
            else:
                try:
                    check_move(day=self.task.date, move_to=day, today=self.today)
                except ValidationError as error:
                    self.add_error("move_to", error)
        return data

    def stop_choice(self) -> StopChoice | None:
        """What the rep decided; None when he has not yet."""
        choice = self.cleaned_data.get("choice", "")
        if not choice:
            return None
        if choice == MOVE:
            return StopChoice(self.task, move_to=self.cleaned_data["move_to"])
        reason = self.cleaned_data["reason"] if choice == OTHER else choice.removeprefix(PHRASE)
        return StopChoice(self.task, reason=reason)


class RemarkForm(forms.Form):
    remark = forms.CharField(
        label=gettext_lazy("Your line"),
        required=False,
        max_length=DailyReport._meta.get_field("remark").max_length,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


def stop_forms(
    tasks: Iterable[VisitTask],
    *,
    phrases: Iterable[str],
    today: dt.date,
    data: Mapping[str, Any] | None = None,
) -> list[StopForm]:
    texts = list(phrases)
    return [StopForm(data, task=task, phrases=texts, today=today) for task in tasks]
