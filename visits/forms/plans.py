"""What planners type: terms of plans, drafts of visits, who takes over."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from common.business_calendar import validate_day
from crm.models import Customer
from visits import queries
from visits.enums import HolidayRule, Rhythm
from visits.forms.visits import MAX_DAYS, date_input, not_past, weekday_choices
from visits.models import VisitTask, VisitType
from visits.rules.plans import write_days
from visits.services.plans import PlanTerms

MAX_CUSTOMERS = MAX_DRAFTS = 5000
MAX_BYTES = 20 * 1024 * 1024
ONCE, PLAN = "once", "plan"


def weekday_field(**kwargs: Any) -> forms.TypedMultipleChoiceField:
    return forms.TypedMultipleChoiceField(
        label=gettext_lazy("On weekdays"),
        choices=weekday_choices,
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        **kwargs,
    )


class TermsForm(forms.Form):
    """Rhythm and time of a plan. What a rhythm does not use is hidden by the page's script and put aside."""

    rhythm = forms.ChoiceField(label=gettext_lazy("Rhythm"), choices=Rhythm.choices, initial=Rhythm.WEEKDAYS)
    weekdays = weekday_field()
    every = forms.IntegerField(
        label=gettext_lazy("Every so many days or weeks"),
        min_value=1,
        max_value=366,
        required=False,
        initial=1,
    )
    frequency = forms.IntegerField(
        label=gettext_lazy("Times in 28 days"),
        min_value=1,
        max_value=28,
        required=False,
        help_text=gettext_lazy("Empty: as often as the customer's level says."),
    )
    on_holiday = forms.ChoiceField(
        label=gettext_lazy("On days off"), choices=HolidayRule.choices, initial=HolidayRule.SKIP
    )
    starts_on = forms.DateField(label=gettext_lazy("From"), widget=date_input(), validators=[validate_day])
    ends_on = forms.DateField(
        label=gettext_lazy("Until"), required=False, widget=date_input(), validators=[validate_day]
    )
    visit_type = forms.ModelChoiceField(
        label=gettext_lazy("Visit type"),
        queryset=VisitType.objects.filter(is_active=True),
        required=False,
        empty_label=gettext_lazy("The usual one"),
    )
    note = forms.CharField(label=gettext_lazy("Note"), max_length=200, required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        weekly = data.get("rhythm") in (Rhythm.WEEKDAYS, Rhythm.WEEKS)
        if weekly and not data.get("weekdays") and "weekdays" not in self.errors:
            self.add_error("weekdays", _("Choose at least one weekday."))
        first, last = data.get("starts_on"), data.get("ends_on")
        if first and last and last < first:
            self.add_error("ends_on", _("The period ends before it begins."))
        return data

    def terms(self) -> PlanTerms:
        data = self.cleaned_data
        return PlanTerms(
            starts_on=data["starts_on"],
            rhythm=data["rhythm"],
            every=data["every"] or 1,
            weekdays=write_days(data["weekdays"]),
            frequency=data["frequency"],
            on_holiday=data["on_holiday"],
            ends_on=data["ends_on"],
            visit_type_id=data["visit_type"].pk if data["visit_type"] else None,
            note=data["note"],
        )


class PlanningForm(forms.Form):
    """Customers × reps × days, or a rhythm: what the page "plan visits" asks for; TermsForm goes beside it."""

    customers = forms.CharField(widget=forms.HiddenInput, required=False)
    own_reps = forms.BooleanField(label=gettext_lazy("Each customer's own rep"), required=False, initial=True)
    reps = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Reps"),
        queryset=User.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    how = forms.ChoiceField(
        label=gettext_lazy("How"),
        choices=[(ONCE, gettext_lazy("On certain days")), (PLAN, gettext_lazy("Again and again"))],
        initial=ONCE,
        widget=forms.RadioSelect,
    )
    date = forms.DateField(label=gettext_lazy("Date"), required=False, widget=date_input())
    until = forms.DateField(
        label=gettext_lazy("Repeat until"),
        required=False,
        widget=date_input(),
        help_text=gettext_lazy("Empty: this one day."),
    )
    days = weekday_field(help_text=gettext_lazy("None chosen: every day."))
    each_once = forms.BooleanField(
        label=gettext_lazy("Each customer once: share them out over these days"), required=False
    )
    limit = forms.IntegerField(
        label=gettext_lazy("Visits a rep can do in a day"), min_value=1, max_value=200, initial=15
    )

    def __init__(self, *args: Any, user: User, today: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user, self.today = user, today
        self.fields["reps"].queryset = queries.reps_for(user=user)
        for name in ("date", "until"):
            self.fields[name].widget.attrs["min"] = today.isoformat()

    def clean_customers(self) -> list[Customer]:
        """In the order chosen; only those the planner sees."""
        parts = [part for part in self.cleaned_data["customers"].split(",") if part.isdecimal()]
        ids = list(dict.fromkeys(int(part) for part in parts))
        if len(ids) > MAX_CUSTOMERS:
            raise ValidationError(_("At most %(count)s customers at once.") % {"count": MAX_CUSTOMERS})
        found = (
            Customer.objects.visible_to(self.user).active().only("pk", "name", "owner_id", "level", "status")
        )
        seen = found.in_bulk(ids)
        chosen = [seen[pk] for pk in ids if pk in seen]
        if not chosen:
            raise ValidationError(_("Add at least one customer."))
        return chosen

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not data.get("own_reps") and not data.get("reps") and "reps" not in self.errors:
            self.add_error("reps", _("Choose who goes."))
        if data.get("how") == ONCE and not {"date", "until"} & self.errors.keys():
            self._check_days(data)
        return data

    def _check_days(self, data: dict[str, Any]) -> None:
        first, last = data.get("date"), data.get("until")
        if first is None:
            self.add_error("date", _("Choose a day."))
            return
        try:
            not_past(first, self.today)
        except ValidationError as error:
            self.add_error("date", error)
            return
        if last and last < first:
            self.add_error("until", _("The period ends before it begins."))
        elif last and (last - first).days >= MAX_DAYS:
            self.add_error("until", _("At most %(count)s days at once.") % {"count": MAX_DAYS})
        else:
            wanted = set(data.get("days") or ()) if last else set()
            span = (first + dt.timedelta(days=n) for n in range(((last or first) - first).days + 1))
            data["dates"] = [day for day in span if not wanted or day.isoweekday() in wanted]
            if not data["dates"]:
                self.add_error("days", _("None of these weekdays lies in the period."))

    def pairs(self) -> list[tuple[int, int]]:
        """(rep, customer) in the order of the customers; a customer of nobody's goes to the chosen reps only."""
        data = self.cleaned_data
        allowed = set(self.fields["reps"].queryset.values_list("pk", flat=True))
        chosen = [rep.pk for rep in data["reps"]]
        pairs = []
        for customer in data["customers"]:
            own = [customer.owner_id] if data["own_reps"] and customer.owner_id in allowed else []
            pairs += [(rep, customer.pk) for rep in dict.fromkeys([*own, *chosen])]
        return pairs


class HandOverForm(forms.Form):
    rep = forms.ModelChoiceField(label=gettext_lazy("To"), queryset=User.objects.none())

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["rep"].queryset = queries.reps_for(user=user)


class AssignForm(forms.Form):
    """Another rep or day for one task. Back to where it came from is allowed even on a day that is over."""

    rep = forms.ModelChoiceField(label=gettext_lazy("Rep"), queryset=User.objects.none(), required=False)
    date = forms.DateField(label=gettext_lazy("Date"), widget=date_input())

    def __init__(self, *args: Any, user: User, task: VisitTask, today: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.task, self.today = task, today
        self.fields["rep"].queryset = queries.reps_for(user=user)

    def clean_date(self) -> dt.date:
        date: dt.date = self.cleaned_data["date"]
        return date if date in (self.task.moved_from, self.task.date) else not_past(date, self.today)


class PlanFileForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("Excel (xlsx, xls) or CSV"),
        widget=forms.FileInput(attrs={"accept": ".xlsx,.xls,.csv"}),
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MAX_BYTES:
            raise ValidationError(
                _("The file is larger than %(size)s MB.") % {"size": MAX_BYTES // 1024 // 1024}
            )
        return file
