"""Input of the import pages."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.querysets import scope_user_ids
from common.geo import Datum
from crm.enums import OnDuplicate

DATUM_LABELS = {
    Datum.WGS84: _("GPS, OpenStreetMap, Tianditu (WGS-84)"),
    Datum.GCJ02: _("AMap, Tencent (GCJ-02)"),
    Datum.BD09: _("Baidu (BD-09)"),
}
DUPLICATE_LABELS = {
    OnDuplicate.SKIP: _("Leave the customer as it is"),
    OnDuplicate.UPDATE: _("Update the customer; empty cells change nothing"),
    OnDuplicate.CREATE: _("Create another customer"),
}


class OptionsForm(forms.Form):
    """How the file is to be read; the mapping itself is the wizard's."""

    datum = forms.ChoiceField(
        label=_("Coordinates are in"), choices=[(d.value, label) for d, label in DATUM_LABELS.items()]
    )
    on_duplicate = forms.ChoiceField(
        label=_("When a customer exists already"),
        choices=[(d.value, label) for d, label in DUPLICATE_LABELS.items()],
    )
    owner = forms.ModelChoiceField(
        label=_("Owner of rows that name none"),
        queryset=User.objects.none(),
        required=False,
        empty_label=_("Nobody: public pool"),
    )
    create_choices = forms.BooleanField(
        label=_("Create channels, regions and other choices that are unknown"), required=False
    )
    keep_extra = forms.BooleanField(label=_("Keep columns without a field as further fields"), required=False)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        owner = self.fields["owner"]
        assert isinstance(owner, forms.ModelChoiceField)
        owner.queryset = User.objects.active().visible_to(user).order_by("name")
        if scope_user_ids(user) is not None:
            # Customers of the pool are not his to see, and nobody may import what he cannot see.
            owner.required = True
            owner.empty_label = None
            owner.initial = user.pk
