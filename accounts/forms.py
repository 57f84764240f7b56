from typing import Any, cast

from django import forms
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.utils.translation import gettext_lazy as _

from accounts.models import SavedView, User
from accounts.queries import home_pages


class LoginForm(AuthenticationForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = _("User name or phone")


class ProfileForm(forms.ModelForm):
    """A person's own settings (A3)."""

    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    home_page = forms.ChoiceField(
        label=_("Home page"), required=False, help_text=_("Opens after logging in and at “Home”.")
    )

    class Meta:
        model = User
        fields = ["name", "phone", "email", "language", "home_page", "usual_region", "usual_industry"]
        labels = {"email": _("E-mail")}
        help_texts = {
            "email": _("Messages reach you here, and answers to what you send come back to it."),
            "usual_region": _("Filled in for new customers and leads, named as in the dictionary."),
            "usual_industry": _("Filled in for new customers and leads, named as in the dictionary."),
        }
        # The lists are put into the page by those who keep the dictionaries (/customers/usual/).
        widgets = {
            "usual_region": forms.TextInput(attrs={"list": "usual-regions"}),
            "usual_industry": forms.TextInput(attrs={"list": "usual-industries"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        pages = cast(forms.ChoiceField, self.fields["home_page"])
        pages.choices = [("", _("By role")), *home_pages(self.instance)]


class SavedViewForm(forms.ModelForm):
    """Name and use of a view; on which list and with which filters comes beside it."""

    class Meta:
        model = SavedView
        fields = ["name", "is_shared", "is_default"]

    def _post_clean(self) -> None:
        # The service validates the whole view.
        return
