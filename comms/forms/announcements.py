from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from accounts.models import Role
from common.business_calendar import validate_day
from comms.enums import Audience
from comms.forms.threads import KeysField, department_choices, people_choices, written
from comms.models import Announcement

FIELDS = {Audience.DEPARTMENTS: "departments", Audience.ROLES: "roles", Audience.PEOPLE: "people"}


def day_input() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class AnnouncementForm(forms.ModelForm):
    departments = KeysField(label=_("Departments, with those under them"))
    roles = KeysField(label=_("Roles"))
    people = KeysField(label=_("People"))

    class Meta:
        model = Announcement
        fields = ["title", "body", "starts_on", "ends_on", "pinned", "must_confirm", "audience"]
        widgets = {
            "body": written(8),
            "starts_on": day_input(),
            "ends_on": day_input(),
            "audience": forms.RadioSelect(),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("starts_on", "ends_on"):
            self.fields[name].validators.append(validate_day)
        self.fields["departments"].choices = department_choices()
        self.fields["roles"].choices = [(role.pk, str(role)) for role in Role.objects.order_by("pk")]
        self.fields["people"].choices = people_choices()
        if self.instance.pk:
            for field in FIELDS.values():
                self.initial[field] = list(getattr(self.instance, field).values_list("pk", flat=True))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        field = FIELDS.get(data.get("audience"))
        if field and not data.get(field):
            self.add_error(field, _t("Choose at least one."))
        return data

    def chosen(self) -> dict[str, list[int]]:
        return {field: self.cleaned_data[field] for field in FIELDS.values()}
