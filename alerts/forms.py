from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User


class PlanForm(forms.Form):
    """When, and for whom, the visits to customers with alerts are planned."""

    date = forms.DateField(
        label=_("Date"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), required=True
    )
    rep = forms.ModelChoiceField(
        label=_("Rep"),
        queryset=User.objects.none(),
        required=False,
        empty_label=_("Each customer's owner"),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["rep"].queryset = User.objects.visible_to(user).active().order_by("name", "pk")  # type: ignore[attr-defined]
