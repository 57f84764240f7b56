"""Input of the lead import pages."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from crm.enums import AssignMode
from crm.forms.imports import DATUM_LABELS
from crm.forms.lead_capture import PeopleField

ASSIGN_LABELS = {
    AssignMode.POOL: _("Into the lead pool"),
    AssignMode.EVENLY: _("Evenly among the people chosen"),
    AssignMode.REGION: _("By region; what lies in none goes to the lead pool"),
}


class OptionsForm(forms.Form):
    """How the file is to be read and whose the leads become."""

    assign_mode = forms.ChoiceField(
        label=_("Assignment"),
        choices=[(mode.value, label) for mode, label in ASSIGN_LABELS.items()],
        help_text=_("A line that names its owner goes to that person."),
    )
    datum = forms.ChoiceField(
        label=_("Coordinates are in"), choices=[(d.value, label) for d, label in DATUM_LABELS.items()]
    )
    assignees = PeopleField(label=_("People"))
    duplicates_too = forms.BooleanField(
        label=_("Import leads with the phone or name of a lead or customer we have"), required=False
    )
    create_choices = forms.BooleanField(
        label=_("Create regions, sources and industries that are unknown"), required=False
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["assignees"].queryset = User.objects.active().visible_to(user).order_by("name", "pk")
