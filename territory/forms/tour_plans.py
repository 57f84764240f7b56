"""What a tour plan is asked (F4)."""

from __future__ import annotations

import datetime as dt
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.business_calendar import validate_day
from common.geo import valid_coordinates
from territory.forms.routes import DayInput, TimeInput, WeekdaysField
from territory.models import Route, TourPlan, TourPlanRep, TourPlanShop

PLAN_FIELDS = (
    "name", "starts_on", "ends_on", "weekdays", "keep_owner", "frequency", "visits", "gap_days", "leaves_at",
    "work_minutes", "stay_minutes", "stay_a", "stay_b", "stay_c", "speed_kmh", "road_factor", "balance", "effort", "seed",
)  # fmt: skip


class TourPlanForm(forms.ModelForm):
    reps = forms.ModelMultipleChoiceField(
        User.objects.none(), label=_("Reps"), widget=forms.CheckboxSelectMultiple
    )
    weekdays = WeekdaysField(
        label=_("Weekdays"), required=False, help_text=_("None chosen: the working days of the calendar.")
    )

    class Meta:
        model = TourPlan
        fields = PLAN_FIELDS
        labels = {
            "keep_owner": _("Customers stay with their owner"),
            "stay_a": _("Level A: minutes"),
            "stay_b": _("Level B: minutes"),
            "stay_c": _("Level C: minutes"),
            "seed": _("Number of the search"),
        }
        help_texts = {
            "keep_owner": _("Off: any of the reps may get any customer; hand those over before you publish."),
            "frequency": _("A number given for a customer goes before."),
            "gap_days": _("Calendar days; 2 leaves a day between."),
            "seed": _("The same question and number give the same tours; another number tries another way."),
        }
        widgets = {"starts_on": DayInput(), "ends_on": DayInput(), "leaves_at": TimeInput()}

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("starts_on", "ends_on"):
            self.fields[name].validators.append(validate_day)
        reps = User.objects.visible_to(user).reps()
        if self.instance.pk:
            known = self.instance.reps.values("rep")
            reps |= User.objects.visible_to(user).filter(pk__in=known)
            self.initial["reps"] = [row.rep_id for row in self.instance.reps.all()]
        cast(forms.ModelMultipleChoiceField, self.fields["reps"]).queryset = reps.order_by("name", "pk")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("starts_on") and data.get("ends_on") and data["ends_on"] < data["starts_on"]:
            raise ValidationError({"ends_on": _t("The last day lies before the first.")})
        return data

    def _post_clean(self) -> None:
        """The service checks the row and says it in words; the instance stays what it was."""

    def values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in PLAN_FIELDS}


class ShopForm(forms.ModelForm):
    """How often, how long and when one customer is visited."""

    closed_on = WeekdaysField(label=_("Closed on"), required=False)

    class Meta:
        model = TourPlanShop
        fields = ("visits", "gap_days", "stay_minutes", "opens_at", "closes_at", "closed_on")
        labels = {"opens_at": _("Opens"), "closes_at": _("Closes")}
        help_texts = {
            "gap_days": _("Empty: as the plan says."),
            "stay_minutes": _("Empty: as the plan says."),
            "visits": _("0: not visited in this period."),
        }
        widgets = {"opens_at": TimeInput(), "closes_at": TimeInput()}

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("opens_at") and data.get("closes_at") and data["closes_at"] <= data["opens_at"]:
            raise ValidationError({"closes_at": _t("The stop closes before it opens.")})
        return data

    def _post_clean(self) -> None:
        """As above."""


class PlacesForm(forms.Form):
    """Where a rep's days begin and end: a name and "latitude, longitude" for each side, chosen on the map."""

    start_name = forms.CharField(label=_("Starts at"), max_length=60, required=False)
    start = forms.CharField(label=_("Start: latitude, longitude"), max_length=60, required=False)
    end_name = forms.CharField(label=_("Ends at"), max_length=60, required=False)
    end = forms.CharField(label=_("End: latitude, longitude"), max_length=60, required=False)

    def __init__(self, *args: Any, row: TourPlanRep, **kwargs: Any) -> None:
        initial: dict[str, Any] = {"start_name": row.start_name, "end_name": row.end_name}
        for side in ("start", "end"):
            place = getattr(row, side)
            initial[side] = f"{place[0]:.6f}, {place[1]:.6f}" if place else ""
        super().__init__(*args, initial=initial, **kwargs)

    def clean_start(self) -> tuple[float, float] | None:
        return _read_place(self.cleaned_data["start"])

    def clean_end(self) -> tuple[float, float] | None:
        return _read_place(self.cleaned_data["end"])

    def values(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for side in ("start", "end"):
            place = self.cleaned_data[side]
            found[f"{side}_name"] = self.cleaned_data[f"{side}_name"] if place else ""
            found[f"{side}_latitude"], found[f"{side}_longitude"] = place or (None, None)
        return found


def _read_place(text: str) -> tuple[float, float] | None:
    if not text.strip():
        return None
    try:
        lat, lng = (float(part) for part in text.replace("，", ",").split(","))
    except ValueError:
        raise ValidationError(_t("Write it like 31.820600, 117.229000, or choose it on the map.")) from None
    if not valid_coordinates(lat, lng):
        raise ValidationError(_t("This cannot be a place; choose it on the map."))
    return lat, lng


class AddShopsForm(forms.Form):
    """Customers for a plan: ticked ones (`pk`), or all of a route."""

    route = forms.ModelChoiceField(Route.objects.none(), label=_("All of a route"), required=False)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        routes = Route.objects.visible_to(user).select_related("rep").order_by("rep__name", "name")
        field = cast(forms.ModelChoiceField, self.fields["route"])
        field.queryset = routes
        field.label_from_instance = lambda route: f"{route.rep} · {route.name}"  # type: ignore[method-assign]


class MoveForm(forms.Form):
    """Where a visit goes: "rep/2026-12-01", or empty to take it off."""

    shop = forms.IntegerField()
    source = forms.CharField(required=False)
    target = forms.CharField(required=False)
    position = forms.IntegerField(required=False, min_value=1)
    seen = forms.IntegerField()

    def clean_source(self) -> Any:
        return read_rep_day(self.cleaned_data["source"])

    def clean_target(self) -> Any:
        return read_rep_day(self.cleaned_data["target"])


def read_rep_day(text: str) -> Any:
    """(rep, date) of "7/2026-12-01", None of nothing."""
    if not text:
        return None
    try:
        rep, day = text.split("/")
        return int(rep), dt.date.fromisoformat(day)
    except ValueError:
        raise ValidationError(_t("No such tour.")) from None
