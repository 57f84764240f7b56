"""Forms of the schedule (H2)."""

from __future__ import annotations

import datetime as dt
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.business_calendar import FIRST_DAY, LAST_DAY, validate_day
from common.templatetags.paodian import weekday
from crm.models import Customer
from team.enums import EntryVisibility, RepeatEvery, SeriesPart
from team.models import ScheduleEntry
from team.models.schedule import MAX_NOTES
from team.queries.schedule import Occurrence, aware, invitable, local
from team.rules.schedule import MAX_COUNT, MAX_INTERVAL, REMINDERS, Repeat, read_rule
from team.rules.schedule_words import reminder_words
from team.services.schedule import EntryTerms

_DAY = dt.timedelta(days=1)
ENDS = [("never", _("Never")), ("until", _("On a day")), ("count", _("After a number of times"))]


def attach_errors(form: forms.BaseForm, error: ValidationError) -> None:
    """Show a service's refusal in the form: at its field, or on top when the form does not have that field."""
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for field, errors in error.error_dict.items():
        form.add_error(field if field in form.fields else None, errors)


def _date(**attrs: Any) -> forms.DateInput:
    limits = {"min": FIRST_DAY.isoformat(), "max": LAST_DAY.isoformat()}
    return forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", **limits, **attrs})


def _time(**attrs: Any) -> forms.TimeInput:
    return forms.TimeInput(format="%H:%M", attrs={"type": "time", "step": 300, **attrs})


class PeopleField(forms.TypedMultipleChoiceField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(coerce=int, required=False, widget=forms.CheckboxSelectMultiple(), **kwargs)


class EntryForm(forms.Form):
    """An entry of one's own. With `entry` it is changed, and a series asks which part of it."""

    uuid = forms.UUIDField(widget=forms.HiddenInput, required=False)
    title = forms.CharField(
        label=_("What it is about"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    is_all_day = forms.BooleanField(label=_("All day"), required=False)
    date = forms.DateField(label=_("First day"), widget=_date(), validators=[validate_day])
    start = forms.TimeField(label=_("Begins"), required=False, widget=_time())
    end_date = forms.DateField(label=_("To day"), required=False, widget=_date(), validators=[validate_day])
    end = forms.TimeField(label=_("Ends"), required=False, widget=_time())
    repeat = forms.ChoiceField(
        label=_("Repeat"), required=False, choices=[("", _("Once")), *RepeatEvery.choices]
    )
    interval = forms.IntegerField(
        label=_("Each how many"), required=False, initial=1, min_value=1, max_value=MAX_INTERVAL
    )
    weekdays = forms.TypedMultipleChoiceField(
        label=_("On these weekdays"), required=False, coerce=int, widget=forms.CheckboxSelectMultiple()
    )
    repeat_ends = forms.ChoiceField(label=_("Series ends"), required=False, choices=ENDS, initial="never")
    repeat_until = forms.DateField(
        label=_("Last day"), required=False, widget=_date(), validators=[validate_day]
    )
    count = forms.IntegerField(label=_("How many times"), required=False, min_value=1, max_value=MAX_COUNT)
    place = forms.CharField(label=_("Meeting place"), required=False, max_length=200)
    customer = forms.ModelChoiceField(
        label=_("Customer"), queryset=Customer.objects.none(), required=False, widget=forms.HiddenInput
    )
    remind_minutes = forms.TypedChoiceField(
        label=_("Remind"), required=False, coerce=int, empty_value=None, initial=15
    )
    visibility = forms.ChoiceField(
        label=_("Superiors see"), choices=EntryVisibility.choices, initial=EntryVisibility.OPEN
    )
    people = PeopleField(label=_("Invite colleagues"))
    notes = forms.CharField(
        label=_("Notes"),
        required=False,
        max_length=MAX_NOTES,
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": MAX_NOTES}),
    )
    part = forms.ChoiceField(
        label=_("What is changed"),
        required=False,
        choices=SeriesPart.choices,
        initial=SeriesPart.THIS,
        widget=forms.RadioSelect,
    )

    def __init__(
        self,
        *args: Any,
        user: User,
        entry: ScheduleEntry | None = None,
        on: Occurrence | None = None,
        **kwargs: Any,
    ) -> None:
        initial = {**(_initial(entry, on) if entry and on else {}), **(kwargs.pop("initial", None) or {})}
        super().__init__(*args, initial=initial, **kwargs)
        self.entry = entry
        customers = Customer.objects.visible_to(user)
        if entry is not None and entry.customer_id:
            customers = customers | Customer.objects.filter(pk=entry.customer_id)
        cast(forms.ModelChoiceField, self.fields["customer"]).queryset = customers
        self._choices("people").choices = invitable(user)
        self._choices("weekdays").choices = [(day, weekday(day + 1)) for day in range(7)]
        minutes = list(REMINDERS)
        if entry is not None and entry.remind_minutes not in (None, *minutes):
            minutes.append(cast(int, entry.remind_minutes))
        self._choices("remind_minutes").choices = [
            ("", _("Do not remind")),
            *((n, reminder_words(n)) for n in minutes),
        ]
        if entry is None or not entry.rule:
            del self.fields["part"]

    def _choices(self, name: str) -> forms.ChoiceField:
        return cast(forms.ChoiceField, self.fields[name])

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if not data.get("is_all_day"):
            for name in ("start", "end"):
                if name not in self.errors and data.get(name) is None:
                    self.add_error(name, _("Say the hour, or choose the whole day."))
        ends = data.get("repeat_ends")
        if data.get("repeat") and ends == "until" and not data.get("repeat_until"):
            self.add_error("repeat_until", _("On which day does it end?"))
        if data.get("repeat") and ends == "count" and not data.get("count"):
            self.add_error("count", _("How many times?"))
        return data

    def terms(self) -> EntryTerms:
        """The cleaned fields as the services take them."""
        data = self.cleaned_data
        first, last = data["date"], data["end_date"] or data["date"]
        if data["is_all_day"]:
            begin, end = dt.datetime.combine(first, dt.time()), dt.datetime.combine(last + _DAY, dt.time())
        else:
            begin, end = dt.datetime.combine(first, data["start"]), dt.datetime.combine(last, data["end"])
        return EntryTerms(
            title=data["title"],
            starts_at=aware(begin),
            ends_at=aware(end),
            is_all_day=data["is_all_day"],
            place=data["place"],
            notes=data["notes"],
            customer=data["customer"],
            repeat=self._repeat(),
            remind_minutes=data["remind_minutes"],
            visibility=data["visibility"],
            people=data["people"],
        )

    def _repeat(self) -> Repeat | None:
        data = self.cleaned_data
        if not data["repeat"]:
            return None
        return Repeat(
            every=data["repeat"],
            interval=data["interval"] or 1,
            weekdays=tuple(data["weekdays"]) if data["repeat"] == RepeatEvery.WEEKLY else (),
            until=data["repeat_until"] if data["repeat_ends"] == "until" else None,
            count=data["count"] if data["repeat_ends"] == "count" else None,
        )


def _initial(entry: ScheduleEntry, on: Occurrence) -> dict[str, Any]:
    begin, end = local(on.starts_at), local(on.ends_at)
    rule = read_rule(entry.rule)
    ends = "never"
    if rule is not None:
        ends = "until" if rule.until else "count" if rule.count else "never"
    names = ("title", "place", "notes", "is_all_day", "remind_minutes", "visibility")
    return {
        **{name: getattr(entry, name) for name in names},
        "customer": entry.customer_id,
        "date": begin.date(),
        "start": None if entry.is_all_day else begin.time(),
        "end_date": (end - _DAY if entry.is_all_day else end).date(),
        "end": None if entry.is_all_day else end.time(),
        "repeat": rule.every if rule else "",
        "interval": rule.interval if rule else 1,
        "weekdays": list(rule.weekdays) if rule else [],
        "repeat_ends": ends,
        "repeat_until": rule.until if rule else None,
        "count": rule.count if rule else None,
        "people": list(entry.invitations.values_list("person_id", flat=True)),
    }


class MoveForm(forms.Form):
    """Where an entry was dropped; `on` names the occurrence of a series."""

    on = forms.DateField(required=False)
    date = forms.DateField(validators=[validate_day])
    time = forms.TimeField(required=False)


class PartForm(forms.Form):
    """Which part of a series goes."""

    on = forms.DateField(required=False)
    part = forms.ChoiceField(choices=SeriesPart.choices, required=False)
