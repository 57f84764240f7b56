from typing import Any

from django import forms
from django.db import models
from django.utils.translation import gettext_lazy as _

from territory.models import TrackingDevice


class DeviceForm(forms.ModelForm):
    class Meta:
        model = TrackingDevice
        fields = ["name", "app", "sends_waypoints"]
        widgets = {"app": forms.RadioSelect}
        help_texts = {"name": _("For example: my Huawei phone.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["app"].choices = [choice for choice in self.fields["app"].choices if choice[0]]

    def clean_name(self) -> str:
        return str(self.cleaned_data["name"]).strip()


class PauseLength(models.TextChoices):
    HOUR = "hour", _("one hour")
    TODAY = "today", _("the rest of the day")
    OPEN = "open", _("until I resume")


class PauseForm(forms.Form):
    length = forms.ChoiceField(
        label=_("Pause for"),
        choices=PauseLength.choices,
        widget=forms.Select(attrs={"class": "form-select"}),
    )
