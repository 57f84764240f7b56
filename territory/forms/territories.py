"""What a scenario of territories is about (F4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from accounts.models import Department, User
from accounts.queries import scope_department_ids
from accounts.querysets import scope_user_ids
from common.punctuation import listed
from crm.enums import DictionaryKind, Level
from crm.models import Dictionary
from territory.enums import TerritoryWeight
from territory.models import TerritoryScenario
from territory.queries.territories import people_with_customers
from territory.rules.territory_terms import LEVELS, MOST_REPS, Terms, read_terms
from territory.services.territories import OWN_FIELDS

Ticks = forms.CheckboxSelectMultiple


def _visits(label: Any) -> forms.FloatField:
    widget = forms.NumberInput(attrs={"min": 0, "max": 60, "step": "any", "inputmode": "decimal"})
    return forms.FloatField(label=label, min_value=0, max_value=60, widget=widget)


def _people(label: Any, help_text: Any = "", *, required: bool = False) -> forms.ModelMultipleChoiceField:
    none = User.objects.none()
    return forms.ModelMultipleChoiceField(
        none, label=label, help_text=help_text, required=required, widget=Ticks
    )


class ScenarioForm(forms.Form):
    """Everything of a scenario; `values()`, `terms()` and the cleaned reps are what `save_scenario` asks for."""

    name = forms.CharField(label=_("Name"), max_length=60)
    reps = _people(_("Reps who get an area"), required=True)
    locked_reps = _people(
        _("Of these, locked"), _("They keep the customers they have, and get none."), required=False
    )
    owners = _people(
        _("Also share out the customers of"),
        _("Somebody who leaves, or gets no area any more. His customers go to the reps above."),
    )
    pool = forms.BooleanField(label=_("Also customers nobody owns"), required=False)
    department = forms.ModelChoiceField(
        Department.objects.none(), label=_("Only of this department"), required=False
    )
    regions = forms.MultipleChoiceField(label=_("Only these regions"), required=False, widget=Ticks)
    channels = forms.MultipleChoiceField(label=_("Only these channels"), required=False, widget=Ticks)
    levels = forms.MultipleChoiceField(
        label=_("Only these levels"), required=False, choices=Level.choices, widget=Ticks
    )
    weight = forms.ChoiceField(
        label=_("Make even"), choices=TerritoryWeight.choices, widget=forms.RadioSelect
    )
    tolerance = forms.IntegerField(
        label=_("Allowed difference from the mean (%)"), min_value=1, max_value=100, initial=10
    )
    keep_km = forms.FloatField(
        label=_("Keep today's owner for (km)"),
        min_value=0,
        max_value=500,
        initial=2,
        help_text=_(
            "A customer moves only if that saves so many km, or balance asks for it. 0: owners do not count."
        ),
        widget=forms.NumberInput(attrs={"min": 0, "step": "any", "inputmode": "decimal"}),
    )
    keep_locked = forms.BooleanField(
        label=_("Customers locked for their owner stay"), required=False, initial=True
    )
    locked_levels = forms.MultipleChoiceField(
        label=_("Customers of these levels stay"), required=False, choices=Level.choices, widget=Ticks
    )
    visits_a = _visits(_("Visits a month: level A"))
    visits_b = _visits(_("Level B"))
    visits_c = _visits(_("Level C"))
    visits_none = _visits(_("Without level"))
    minutes = forms.FloatField(
        label=_("Minutes in the store"),
        min_value=0,
        max_value=480,
        help_text=_("For hours: visits × (minutes in the store + the way from a neighbouring customer)."),
    )

    def __init__(
        self, *args: Any, user: User, scenario: TerritoryScenario | None = None, **kwargs: Any
    ) -> None:
        initial = {**_initial(scenario), **(kwargs.pop("initial", None) or {})}
        super().__init__(*args, initial=initial, **kwargs)
        self._people("reps").queryset = self._people("locked_reps").queryset = (
            User.objects.visible_to(user).reps().order_by("name", "pk")
        )
        self._people("owners").queryset = people_with_customers(user)
        branches = scope_department_ids(user)
        departments = (
            Department.objects.all() if branches is None else Department.objects.filter(pk__in=branches)
        )
        cast(forms.ModelChoiceField, self.fields["department"]).queryset = departments.order_by("name", "pk")
        entries = Dictionary.objects.filter(kind__in=[DictionaryKind.REGION, DictionaryKind.CHANNEL])
        for name, kind in (("regions", DictionaryKind.REGION), ("channels", DictionaryKind.CHANNEL)):
            choices = [(str(row.pk), row.name) for row in entries if row.kind == kind]
            if choices:
                cast(forms.MultipleChoiceField, self.fields[name]).choices = choices
            else:
                del self.fields[name]
        if scope_user_ids(user) is not None:
            del self.fields["pool"]

    def _people(self, name: str) -> forms.ModelMultipleChoiceField:
        return cast(forms.ModelMultipleChoiceField, self.fields[name])

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        reps, locked = data.get("reps"), data.get("locked_reps")
        if reps is not None and locked is not None:
            if len(reps) > MOST_REPS:
                raise ValidationError({"reps": _t("At most %(n)s reps.") % {"n": MOST_REPS}})
            if strangers := [str(rep) for rep in locked if rep not in reps]:
                text = _t("Locked, but not among the reps: %(names)s.") % {"names": listed(strangers)}
                raise ValidationError({"locked_reps": text})
            if len(locked) >= len(reps):
                raise ValidationError({"reps": _t("Choose at least one rep who gets an area.")})
        return data

    def values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in OWN_FIELDS}

    def terms(self) -> Terms:
        data = self.cleaned_data
        department = data["department"]
        return Terms(
            owners=sorted(person.pk for person in data["owners"]),
            pool=bool(data.get("pool")),
            department=department.pk if department else None,
            regions=sorted(int(pk) for pk in data.get("regions", [])),
            channels=sorted(int(pk) for pk in data.get("channels", [])),
            levels=sorted(data["levels"]),
            visits=dict(zip(LEVELS, (data[f"visits_{key}"] for key in ("a", "b", "c", "none")), strict=True)),
            minutes=data["minutes"],
            keep_locked=data["keep_locked"],
            locked_levels=sorted(data["locked_levels"]),
        )


def _initial(scenario: TerritoryScenario | None) -> Mapping[str, Any]:
    terms = read_terms(scenario.terms) if scenario else Terms()
    visits = {f"visits_{level.lower() or 'none'}": terms.visits.get(level, 1.0) for level in LEVELS}
    values: dict[str, Any] = {**terms.as_json(), **visits}
    if scenario is None:
        return values | {"weight": TerritoryWeight.CUSTOMERS}
    reps = list(scenario.reps.all())
    return values | {
        **{name: getattr(scenario, name) for name in OWN_FIELDS},
        "reps": [row.rep_id for row in reps],
        "locked_reps": [row.rep_id for row in reps if row.is_locked],
    }


class PublishForm(forms.Form):
    note = forms.CharField(
        label=_("Hand-over note"),
        required=False,
        max_length=300,
        help_text=_("The new owner reads it in the notice and in the owner history."),
    )
