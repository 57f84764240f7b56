"""Who gets pool customers, why one goes back, and the rules of the pool."""

from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from crm.models import PoolRule
from crm.queries import customers as queries


class PoolAssignForm(forms.Form):
    owner = forms.ModelChoiceField(label=_("New owner"), queryset=User.objects.none())
    note = forms.CharField(label=_("Note"), required=False, max_length=500)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ModelChoiceField, self.fields["owner"]).queryset = queries.assignable_people(user)


class ReleaseForm(forms.Form):
    note = forms.CharField(
        label=_("Why does it go back?"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("It stands in the owner history."),
    )


class PoolRuleForm(forms.ModelForm):
    class Meta:
        model = PoolRule
        fields = (
            *("name", "department", "level", "no_follow_up_days", "no_order_days", "max_hold_days"),
            *("initial_days", "renew_days", "warn_days", "exempt_with_receivable", "is_active"),
        )
