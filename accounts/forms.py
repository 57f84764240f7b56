from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.utils.translation import gettext_lazy as _

from accounts.models import SavedView, User


class LoginForm(AuthenticationForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = _("User name or phone")


class ProfileForm(forms.ModelForm):
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    home_page = forms.ChoiceField(
        label=_("Home page"),
        required=False,
        choices=[
            ("", _("By role")),
            ("/today/", _("My day")),
            ("/customers/", _("Customers")),
            ("/alerts/", _("Alerts")),
            ("/map/", _("Map")),
        ],
    )

    class Meta:
        model = User
        fields = ["name", "phone", "language", "home_page", "usual_region", "usual_industry"]


class SavedViewForm(forms.ModelForm):
    """Name and use of a view; on which list and with which filters comes beside it."""

    class Meta:
        model = SavedView
        fields = ["name", "is_shared", "is_default"]

    def _post_clean(self) -> None:
        # The service validates the whole view.
        return
