from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any, cast

from django import forms
from django.apps import apps
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.models import Permission
from django.core.exceptions import ValidationError
from django.forms.models import ModelChoiceIterator
from django.utils.translation import get_language, gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import SavedView, User
from accounts.queries import home_pages
from common.phones import holds_a_number


class LoginForm(AuthenticationForm):
    error_messages = {
        **AuthenticationForm.error_messages,
        "invalid_login": _("The user name (or phone) and the password do not go together."),
    }

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
        if not self.instance.language:  # none chosen yet: the one of the page
            self.initial["language"] = get_language()

    def clean_phone(self) -> str:
        phone = str(self.cleaned_data["phone"])
        if phone and not holds_a_number(phone, least=3):
            raise ValidationError(_("This does not look like a phone number."))
        return phone


class SavedViewForm(forms.ModelForm):
    """Name and use of a view; on which list and with which filters comes beside it."""

    class Meta:
        model = SavedView
        fields = ["name", "is_shared", "is_default"]

    def _post_clean(self) -> None:
        # The service validates the whole view.
        return


# The words of the usual rights; those of a model's own are translated one by one.
USUAL_RIGHTS = {
    "view": pgettext_lazy("right", "see"),
    "add": pgettext_lazy("right", "add"),
    "change": pgettext_lazy("right", "change"),
    "delete": pgettext_lazy("right", "delete"),
}


class _RightsByModel(ModelChoiceIterator):
    """Rights in groups, one a model: "Customers · contact", our apps in their order, then those of packages."""

    def __iter__(self) -> Iterator[Any]:
        ours = {app.label: Path(app.path).parent != settings.BASE_DIR for app in apps.get_app_configs()}
        places = {label: place for place, label in enumerate(sorted(ours, key=ours.__getitem__))}
        usual = list(USUAL_RIGHTS)

        def place(right: Permission) -> tuple[Any, ...]:
            kind = right.codename.partition("_")[0]
            model = right.content_type.model
            is_usual = right.codename == f"{kind}_{model}" and kind in usual
            app = right.content_type.app_label
            return places.get(app, 999), model, usual.index(kind) if is_usual else 9, right.codename

        for _key, group in groupby(sorted(self.queryset, key=place), key=lambda right: right.content_type_id):
            rights = list(group)
            yield self._name(rights[0]), [self.choice(right) for right in rights]

    @staticmethod
    def _name(right: Permission) -> str:
        model = right.content_type.model_class()
        if model is None:
            return str(right.content_type)
        return f"{apps.get_app_config(model._meta.app_label).verbose_name} · {model._meta.verbose_name}"


class PermissionsField(forms.ModelMultipleChoiceField):
    """Rights as ticks beside the model they are about, in the reader's language: Django keeps their names in English."""

    iterator = _RightsByModel
    widget = forms.CheckboxSelectMultiple(attrs={"class": "pd-rights"})

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(Permission.objects.select_related("content_type"), **kwargs)

    def label_from_instance(self, obj: Permission) -> str:
        kind, _sep, model = obj.codename.partition("_")
        if kind in USUAL_RIGHTS and model == obj.content_type.model:
            return str(USUAL_RIGHTS[kind])
        return gettext(obj.name)
