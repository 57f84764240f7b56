from __future__ import annotations

import datetime as dt
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from alerts.models import AlertExemption, AlertRule
from alerts.rules import KINDS
from alerts.rules.snoozes import latest_until
from crm.models import Customer
from crm.queries.customers import assignable_people


def _day(label: Any, **kwargs: Any) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, widget=widget, **kwargs)


class PlanForm(forms.Form):
    """When, and for whom, the visits to customers with alerts are planned."""

    date = _day(_("Date"))
    rep = forms.ModelChoiceField(
        label=_("Rep"),
        queryset=User.objects.none(),
        required=False,
        empty_label=_("Each customer's owner"),
    )
    skip_days_off = forms.BooleanField(
        label=_("On a day off: the next working day"),
        required=False,
        help_text=_("Weekends and public holidays; make-up working days count as working days."),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.visible_to(user).active().order_by("name", "pk")
        cast(forms.ModelChoiceField, self.fields["rep"]).queryset = people


class SnoozeForm(forms.Form):
    """Until when, and why, alerts are put off; services.snoozes judges both."""

    until = _day(_("Put off until"), help_text=_("On this day the alert is back by itself."))
    reason = forms.CharField(
        label=_("Reason"),
        max_length=200,
        widget=forms.TextInput(attrs={"placeholder": _("e.g. closed for renovation until the 15th")}),
        help_text=_("Your superior reads it."),
    )

    def __init__(self, *args: Any, today: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        attrs = self.fields["until"].widget.attrs
        attrs["min"] = (today + dt.timedelta(days=1)).isoformat()
        attrs["max"] = latest_until(today).isoformat()


class HandOverForm(forms.Form):
    """Who gets the customers of the alerts."""

    owner = forms.ModelChoiceField(label=_("New owner"), queryset=User.objects.none(), empty_label="–")
    note = forms.CharField(
        label=_("Hand-over note"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("The new owner reads it in the notice and in the owner history."),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ModelChoiceField, self.fields["owner"]).queryset = assignable_people(user)


class BacktestForm(forms.Form):
    """Which days of history are replayed, and how late an order must be to be called left out."""

    first = _day(_("From"))
    last = _day(_("To"))
    horizon = forms.IntegerField(
        label=_("At least so many days late"),
        min_value=1,
        max_value=90,
        help_text=_(
            "An order was left out when a whole further gap of the customer passed, and at least these days."
        ),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        first, last = cleaned.get("first"), cleaned.get("last")
        if first and last and first > last:
            self.add_error("last", _("The first day must not be after the last."))
        elif first and last and (last - first).days > 366:
            self.add_error("first", _("One year at most."))
        return cleaned


class AlertRuleForm(forms.ModelForm):
    """A customer alert rule; the kind is given, and says which numbers it has."""

    class Meta:
        model = AlertRule
        fields = (
            *("period_days", "working_days", "threshold", "level", "department", "channel", "tag"),
            *("starts_on", "ends_on", "is_enabled"),
        )
        widgets = {
            "starts_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "ends_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kind = KINDS[self.instance.kind]
        if kind.period:
            self.fields["period_days"].label = kind.period
        else:
            del self.fields["period_days"], self.fields["working_days"]
        if kind.threshold:
            self.fields["threshold"].label = f"{kind.threshold.label} ({kind.threshold.unit})"
            self.fields["threshold"].required = True
        else:
            del self.fields["threshold"]


class ExemptionForm(forms.ModelForm):
    """Whom alerts leave alone. The page's search box names the customer, so that it need not know them all."""

    class Meta:
        model = AlertExemption
        fields = ("kind", "level", "tag", "customer", "until", "reason")
        widgets = {"until": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        customer = cast(forms.ModelChoiceField, self.fields["customer"])
        customer.queryset = Customer.objects.visible_to(user)
        customer.widget = forms.HiddenInput()
        cast(forms.ModelChoiceField, self.fields["tag"]).empty_label = "–"

    def chosen_customer(self) -> Customer | None:
        """Whom the search box shows: as posted, else as saved; nobody outside the person's customers."""
        try:
            return cast(forms.ModelChoiceField, self.fields["customer"]).to_python(self["customer"].value())
        except forms.ValidationError:
            return None

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        named = [name for name in ("level", "tag", "customer") if cleaned.get(name)]
        if len(named) != 1:
            # Said at a field, so that the database's constraint has nothing to add; the customer's own is hidden.
            self.add_error(named[0] if named else "level", _("Name one of level, tag and customer."))
        return cleaned
