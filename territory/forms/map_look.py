"""What a map asks for: which part of it, how close, coloured by what."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.geo import valid_coordinates
from territory.models import Route
from territory.rules import heat
from territory.rules.map_colours import CHOICES

# Whoever may not see these does not see them in colours either.
NEEDS = {"alert": "alerts.view_alert", "amount": "sales.view_delivery", "orders": "sales.view_salesorder"}
MAX_PIXELS = 8192


def colour_choices(user: User) -> list[tuple[str, Any]]:
    return [(key, label) for key, label in CHOICES.items() if key not in NEEDS or user.has_perm(NEEDS[key])]


def heat_choices(user: User) -> list[tuple[str, Any]]:
    return [
        (key, label) for key, label in heat.CHOICES.items() if key not in NEEDS or user.has_perm(NEEDS[key])
    ]


class BoxField(forms.CharField):
    """ "south,west,north,east" in WGS-84 degrees, or nothing."""

    def clean(self, value: Any) -> tuple[float, float, float, float] | None:
        text: str = super().clean(value)
        if not text:
            return None
        try:
            south, west, north, east = (float(part) for part in text.split(","))
        except ValueError as error:
            raise ValidationError(_("A part of the map is “south,west,north,east”.")) from error
        if not (
            south < north and west < east and all(abs(part) <= 360 for part in (south, west, north, east))
        ):
            raise ValidationError(_("A part of the map is “south,west,north,east”."))
        return max(south, -90.0), max(west, -180.0), min(north, 90.0), min(east, 180.0)


class LookForm(forms.Form):
    by = forms.ChoiceField(required=False)
    box = BoxField(required=False)
    zoom = forms.IntegerField(required=False, min_value=0, max_value=22)
    width = forms.IntegerField(required=False, min_value=1, max_value=MAX_PIXELS)
    height = forms.IntegerField(required=False, min_value=1, max_value=MAX_PIXELS)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["by"].choices = colour_choices(user)  # type: ignore[attr-defined]

    def clean_by(self) -> str:
        return self.cleaned_data["by"] or next(iter(CHOICES))

    def clean_zoom(self) -> int:
        zoom = self.cleaned_data["zoom"]
        return 12 if zoom is None else zoom


class HeatForm(forms.Form):
    heat = forms.ChoiceField()
    box = BoxField()
    zoom = forms.IntegerField(min_value=0, max_value=22)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["heat"].choices = heat_choices(user)  # type: ignore[attr-defined]


class PlaceForm(forms.Form):
    """The middle of a map."""

    lat = forms.FloatField()
    lng = forms.FloatField()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if "lat" in data and "lng" in data and not valid_coordinates(data["lat"], data["lng"]):
            raise ValidationError(_("This position is no place on Earth."))
        return data


class MapRouteForm(forms.Form):
    """Onto a route there is, or a new one of this name for a rep."""

    route = forms.ModelChoiceField(
        label=_("Route"), queryset=Route.objects.none(), required=False, empty_label=_("New route")
    )
    name = forms.CharField(label=_("Name of a new route"), max_length=60, required=False)
    rep = forms.ModelChoiceField(label=_("Rep of a new route"), queryset=User.objects.none(), required=False)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        routes = (
            Route.objects.visible_to(user)
            if user.has_perm("territory.change_route")
            else Route.objects.none()
        )
        reps = (
            User.objects.visible_to(user).reps()
            if user.has_perm("territory.add_route")
            else User.objects.none()
        )
        self.fields["route"].queryset = routes.filter(is_active=True)  # type: ignore[attr-defined]
        self.fields["rep"].queryset = reps.order_by("name", "pk")  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.errors and not data.get("route") and not (data.get("name") and data.get("rep")):
            raise ValidationError(_("Choose a route, or give a new one a name and a rep."))
        return data
