"""The filters of a customer's timeline (B7)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.enums import TimelineKind
from crm.rules.timeline import Cursor, Wish


class TimelineForm(forms.Form):
    """Kinds, one person, a period that ends today; `before` is the cursor of an "earlier" link."""

    kind = forms.MultipleChoiceField(choices=TimelineKind.choices, required=False)
    person = forms.IntegerField(min_value=1, max_value=2**31 - 1, required=False)
    days = forms.TypedChoiceField(
        label=_("Period"),
        choices=[
            ("", _("All time")),
            ("7", _("Last 7 days")),
            ("30", _("Last 30 days")),
            ("90", _("Last 90 days")),
            ("365", _("Last 365 days")),
        ],
        coerce=int,
        empty_value=None,
        required=False,
    )
    before = forms.CharField(max_length=120, required=False)

    def clean_before(self) -> Cursor | None:
        text = self.cleaned_data["before"]
        try:
            return Cursor.parse(text) if text else None
        except ValueError as error:
            raise forms.ValidationError(_("This is no place in the timeline.")) from error

    def wish(self, limit: int, today: dt.date) -> Wish:
        """What a valid form asks for."""
        data: dict[str, Any] = self.cleaned_data
        days = data["days"]
        return Wish(
            limit=limit,
            before=data["before"],
            kinds=frozenset(data["kind"]),
            person_id=data["person"],
            since=None if days is None else today - dt.timedelta(days=days - 1),
        )
