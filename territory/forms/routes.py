from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.business_calendar import validate_day
from territory.models import Route
from territory.rules import read_weekdays, write_weekdays
from territory.services import check_route_name
from territory.services.route_setup import WAY_FIELDS


class WeekdaysWidget(forms.CheckboxSelectMultiple):
    template_name = "territory/weekdays.html"


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class WeekdaysField(forms.MultipleChoiceField):
    """Ticks for the seven days, kept as "1,4"."""

    widget = WeekdaysWidget

    def __init__(self, **kwargs: Any) -> None:
        kwargs.pop("max_length", None)
        super().__init__(choices=[(str(day + 1), name) for day, name in WEEKDAYS.items()], **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return [str(day) for day in sorted(read_weekdays(value))] if isinstance(value, str) else value

    def clean(self, value: Any) -> str:
        return write_weekdays(super().clean(value))


class RouteForm(forms.ModelForm):
    weekdays = WeekdaysField(
        label=_("Weekdays"),
        required=False,
        help_text=_("On these days visit tasks are made. None: no tasks."),
    )

    class Meta:
        model = Route
        fields = ["name", "rep", "starts_on", "ends_on", "weekdays", "is_active"]
        labels = {"starts_on": _("First day"), "ends_on": _("Last day"), "is_active": _("In use")}
        widgets = {"starts_on": DayInput(), "ends_on": DayInput()}

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("starts_on", "ends_on"):
            self.fields[name].validators.append(validate_day)
        # Reps in scope; a route that somebody else walks keeps him.
        reps = User.objects.visible_to(user).reps()
        if self.instance.pk:
            reps |= User.objects.visible_to(user).filter(pk=self.instance.rep_id)
        self.fields["rep"].queryset = reps.order_by("name", "pk")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("ends_on") and data.get("starts_on") and data["ends_on"] < data["starts_on"]:
            raise ValidationError({"ends_on": _("The last day lies before the first.")})
        if data.get("rep") and data.get("name"):
            check_route_name(rep=data["rep"], name=data["name"], pk=self.instance.pk)
        return data


class TimeInput(forms.TimeInput):
    input_type = "time"

    def __init__(self) -> None:
        super().__init__(format="%H:%M")


class WayForm(forms.Form):
    """How a route is walked. The places are chosen on the page's map, which fills the hidden fields.

    Not a ModelForm: that one names the database's constraints, and the service says the same in words.
    """

    def __init__(self, data: Any = None, *, route: Route) -> None:
        super().__init__(data, initial=forms.model_to_dict(route, fields=WAY_FIELDS))
        hidden = [f"{side}_{part}" for side in ("start", "end") for part in ("latitude", "longitude")]
        self.fields.update(
            forms.fields_for_model(
                Route,
                fields=WAY_FIELDS,
                labels={
                    "is_closed": gettext("Round trip"),
                    "start_name": gettext("Starts at"),
                    "end_name": gettext("Ends at"),
                },
                help_texts={
                    "is_closed": gettext("The way back to where it starts counts, and the order suits it."),
                    "leaves_at": gettext("Empty: when working hours begin."),
                },
                widgets={"leaves_at": TimeInput(), **{name: forms.HiddenInput() for name in hidden}},
            )
        )


class StopHoursForm(forms.Form):
    """When a visit at a stop may begin."""

    opens_at = forms.TimeField(label=_("Opens"), required=False, widget=TimeInput())
    closes_at = forms.TimeField(label=_("Closes"), required=False, widget=TimeInput())


class CopyForm(forms.Form):
    """A route for another rep, or another route for the same one."""

    rep = forms.ModelChoiceField(label=_("Rep"), queryset=User.objects.none())
    name = forms.CharField(label=_("Route name"), max_length=60)
    starts_on = forms.DateField(label=_("First day"), widget=DayInput(), validators=[validate_day])

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["rep"].queryset = User.objects.visible_to(user).reps().order_by("name", "pk")
