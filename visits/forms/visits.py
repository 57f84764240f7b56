"""What phones and planners type."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from common import business_calendar
from common.templatetags.paodian import weekday
from crm.models import Customer
from visits import queries
from visits.enums import HolidayRule, VisitOutcome
from visits.rules import Fix
from visits.rules.drafts import KEEP, LEAVE_OUT, MOVE, Key

MAX_DAYS = 92
MAX_CUSTOMERS = 500


def weekday_choices() -> list[tuple[int, str]]:
    return [(number, weekday(number)) for number in range(1, 8)]


def date_input() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class IsoMomentField(forms.CharField):
    """A phone's time, ISO 8601 with its zone, as Date.toISOString() writes it."""

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text:
            return None
        try:
            moment = parse_datetime(text)
        except ValueError:
            moment = None
        if moment is None or timezone.is_naive(moment):
            raise ValidationError(_("The phone sent a time that cannot be read."), code="time")
        return moment


class FixForm(forms.Form):
    """Position and time of a phone; both may be missing, the server decides what that means."""

    lat = forms.FloatField(required=False, widget=forms.HiddenInput)
    lng = forms.FloatField(required=False, widget=forms.HiddenInput)
    accuracy = forms.FloatField(required=False, widget=forms.HiddenInput)
    occurred_at = IsoMomentField(required=False, widget=forms.HiddenInput)

    def fix(self) -> Fix | None:
        """None when the phone gave none; a fix of unknown accuracy proves nothing."""
        lat, lng, accuracy = (self.cleaned_data[name] for name in ("lat", "lng", "accuracy"))
        if lat is None or lng is None:
            return None
        return Fix(lat, lng, float("inf") if accuracy is None else accuracy)


class CheckInForm(FixForm):
    uuid = forms.UUIDField(required=False, widget=forms.HiddenInput)
    outside_reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200, required=False)


class CheckOutForm(FixForm):
    summary = forms.CharField(
        label=gettext_lazy("Visit summary"), max_length=2000, required=False, widget=forms.Textarea
    )
    outcome = forms.ChoiceField(
        label=gettext_lazy("Outcome"),
        choices=VisitOutcome.choices,
        initial=VisitOutcome.VISITED,
        required=False,
    )

    def clean_outcome(self) -> str:
        return self.cleaned_data["outcome"] or VisitOutcome.VISITED


class SkipForm(forms.Form):
    reason = forms.CharField(label=gettext_lazy("Reason for skipping"), max_length=200)


class MoveForm(forms.Form):
    date = forms.DateField(label=gettext_lazy("Move to"), widget=date_input())

    def __init__(self, *args: Any, today: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.fields["date"].widget.attrs["min"] = today.isoformat()

    def clean_date(self) -> dt.date:
        return not_past(self.cleaned_data["date"], self.today)


def not_past(date: dt.date, today: dt.date) -> dt.date:
    if date < today:
        raise ValidationError(_("This day is over. Choose today or a later day."))
    if date > today + dt.timedelta(days=366):
        raise ValidationError(_("Choose a day within one year."))
    return date


class PlanTasksForm(forms.Form):
    """One or many customers × one or several reps × one day or the chosen weekdays of a period."""

    USUAL_DAY = 15  # visits of a rep's day, when a visit is put off to one with room

    customers = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Customers"),
        queryset=Customer.objects.none(),
        error_messages={"required": gettext_lazy("Add at least one customer.")},
    )
    reps = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Reps"), queryset=User.objects.none(), widget=forms.CheckboxSelectMultiple
    )
    date = forms.DateField(label=gettext_lazy("Date"), widget=date_input())
    until = forms.DateField(
        label=gettext_lazy("Repeat until"),
        required=False,
        widget=date_input(),
        help_text=gettext_lazy("Empty: this one day."),
    )
    weekdays = forms.TypedMultipleChoiceField(
        label=gettext_lazy("On"),
        choices=weekday_choices,
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None chosen: every day."),
    )
    on_holiday = forms.ChoiceField(
        label=gettext_lazy("On days off"),
        choices=HolidayRule.choices,
        initial=HolidayRule.NEXT,
        required=False,
    )
    note = forms.CharField(label=gettext_lazy("Note"), max_length=200, required=False)

    def __init__(self, *args: Any, user: User, today: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.fields["customers"].queryset = Customer.objects.visible_to(user)
        self.fields["reps"].queryset = queries.reps_for(user=user)
        for name in ("date", "until"):
            self.fields[name].widget.attrs["min"] = today.isoformat()

    def clean_customers(self) -> list[int]:
        wanted = [int(pk) for pk in self.data.getlist("customers") if str(pk).isdecimal()]
        if len(wanted) > MAX_CUSTOMERS:
            raise ValidationError(_("At most %(count)s customers at once.") % {"count": MAX_CUSTOMERS})
        # In the order they were added: it becomes the order of the day.
        chosen = {customer.pk for customer in self.cleaned_data["customers"]}
        return [pk for pk in dict.fromkeys(wanted) if pk in chosen]

    def clean_date(self) -> dt.date:
        return not_past(self.cleaned_data["date"], self.today)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        first, last = data.get("date"), data.get("until")
        if first and last and last < first:
            self.add_error("until", _("The period ends before it begins."))
        elif first and last and (last - first).days >= MAX_DAYS:
            self.add_error("until", _("At most %(count)s days at once.") % {"count": MAX_DAYS})
        elif first:
            data["dates"] = self._dates(
                first, last or first, set(data.get("weekdays") or ()) if last else set()
            )
            if not data["dates"]:
                self.add_error("weekdays", _("None of these weekdays lies in the period."))
        return data

    def wanted(self) -> list[Key]:
        """(rep, customer, day), day by day, the customers in their order."""
        data = self.cleaned_data
        return [
            (rep.pk, customer, day)
            for day in data["dates"]
            for rep in data["reps"]
            for customer in data["customers"]
        ]

    def on_day_off(self, day: dt.date) -> str:
        """What becomes of a visit on a day: those of working days stay; nothing said, those of days off as well."""
        if business_calendar.is_working_day(day):
            return KEEP
        choices = {HolidayRule.SKIP: LEAVE_OUT, HolidayRule.NEXT: MOVE}
        return choices.get(HolidayRule(self.cleaned_data["on_holiday"] or HolidayRule.KEEP), KEEP)

    @staticmethod
    def _dates(first: dt.date, last: dt.date, weekdays: set[int]) -> list[dt.date]:
        days = (first + dt.timedelta(days=n) for n in range((last - first).days + 1))
        return [day for day in days if not weekdays or day.isoweekday() in weekdays]
