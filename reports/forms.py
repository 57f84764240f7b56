"""Forms of the scheduled reports."""

from __future__ import annotations

import datetime as dt
from typing import Any, cast

from django import forms
from django.db.models import Q
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from reports.enums import ConditionKind
from reports.models import ScheduledReport
from reports.queries.schedules import measure_choices


class RecipientsField(forms.ModelMultipleChoiceField):
    """People with a box each; who has no address is told so beside his name."""

    def label_from_instance(self, obj: Any) -> str:
        return str(obj) if obj.email else _("%(name)s (no e-mail address)") % {"name": obj}


class ScheduleForm(forms.ModelForm):
    """When a report goes to whom, and on which condition. Its report and query stand in the instance."""

    weekday = forms.TypedChoiceField(
        label=gettext_lazy("Weekday"),
        coerce=int,
        choices=[(number + 1, name) for number, name in WEEKDAYS.items()],
        help_text=gettext_lazy("For a report of every week."),
    )
    month_day = forms.IntegerField(
        label=gettext_lazy("Day of the month"),
        min_value=1,
        max_value=31,
        help_text=gettext_lazy("For a report of every month; in shorter months its last day."),
    )
    measure = forms.ChoiceField(label=gettext_lazy("Judged by"), required=False)
    recipients = RecipientsField(
        label=gettext_lazy("Recipients"),
        queryset=User.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy(
            "Each of them gets the figures that he may see; without an address nothing comes."
        ),
        error_messages={"required": gettext_lazy("Choose at least one recipient.")},
    )

    class Meta:
        model = ScheduledReport
        fields = (
            "name",
            "rhythm",
            "weekday",
            "month_day",
            "at",
            "condition",
            "measure",
            "limit",
            "recipients",
            "with_workbook",
            "is_active",
        )
        widgets = {
            "at": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        }
        help_texts = {
            "limit": gettext_lazy("Shares and changes in %, ways in km, durations in minutes."),
            "with_workbook": gettext_lazy("For those who may take reports out as workbooks."),
        }

    def __init__(self, *args: Any, user: User, today: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        measures = measure_choices(self.instance, user, today)
        cast(forms.ChoiceField, self.fields["measure"]).choices = [("", "–"), *measures]
        near = User.objects.visible_to(user).active()
        kept = Q(pk__in=near.values("pk"))
        if self.instance.pk:
            kept |= Q(pk__in=self.instance.recipients.values("pk"))
        field = cast(forms.ModelMultipleChoiceField, self.fields["recipients"])
        field.queryset = User.objects.active().filter(kept).order_by("name", "pk")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        needs = cleaned.get("condition", ConditionKind.ALWAYS) != ConditionKind.ALWAYS
        if needs and cleaned.get("limit") is None and "limit" not in self.errors:
            self.add_error("limit", _("A condition needs a number."))
        return cleaned
