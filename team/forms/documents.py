"""Writing a document, a folder, and choosing files."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from accounts.models import Role, User
from accounts.queries import department_tree
from common.business_calendar import validate_day
from crm.enums import DictionaryKind
from crm.models import Dictionary
from team.models import Document, Folder
from team.queries.documents import audience_of, folder_choices
from team.rules.document_files import ACCEPT
from team.rules.documents import MAX_BODY, Audience
from team.services.documents import Content

AUDIENCE = ("departments", "roles", "people")


def _people_choices() -> list[tuple[int, str]]:
    rows = User.objects.active().order_by("department__position", "department", "name", "pk")
    return [
        (pk, f"{name} · {department}" if department else name)
        for pk, name, department in rows.values_list("pk", "name", "department__name")
    ]


class KeysField(forms.TypedMultipleChoiceField):
    """Some of a list of rows, as their keys."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(coerce=int, required=False, widget=forms.CheckboxSelectMultiple(), **kwargs)


def _day() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class DocumentForm(forms.ModelForm):
    """The body is HTML, as the editor of the page makes it; the service sanitises it."""

    body_html = forms.CharField(
        label=_("Text"),
        required=False,
        max_length=MAX_BODY,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 14, "data-editor-source": ""}),
    )
    base_version = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput())
    ask_again = forms.BooleanField(
        label=_("Everybody has to confirm again"),
        required=False,
        help_text=_("When title or text changed: whoever confirmed the old version is asked anew."),
    )
    departments = KeysField(label=_("Departments, with those under them"))
    roles = KeysField(label=_("Roles"))
    people = KeysField(label=_("People"))

    class Meta:
        model = Document
        fields = [
            *("title", "folder", "body_html", "must_read", "valid_from", "valid_until"),
            *("products", "scenes", "channel", "for_all"),
        ]
        widgets = {"valid_from": _day(), "valid_until": _day()}
        help_texts = {
            "products": _("Free words: brands, goods, series."),
            "scenes": _("Free words: first visit, price talk, complaint …"),
            "must_read": _("Everybody it is for is told and confirms that he has read it."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("valid_from", "valid_until"):
            self.fields[name].validators.append(validate_day)
        self.fields["folder"].widget.choices = [("", "–"), *folder_choices()]
        self.fields["channel"].queryset = Dictionary.objects.filter(
            kind=DictionaryKind.CHANNEL, is_active=True
        )
        self.fields["departments"].choices = [(node.pk, node.name) for node in department_tree()]
        self.fields["roles"].choices = [(role.pk, str(role)) for role in Role.objects.order_by("pk")]
        self.fields["people"].choices = _people_choices()
        if self.instance.pk is None:
            del self.fields["ask_again"]
        else:
            self.initial["base_version"] = self.instance.version
            audience = audience_of(self.instance)
            self.initial.update({name: sorted(getattr(audience, name)) for name in AUDIENCE})

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not data.get("for_all") and not any(data.get(name) for name in AUDIENCE):
            self.add_error("for_all", _t("Choose whom it is for."))
        return data

    def content(self) -> Content:
        """What was typed, as the service takes it."""
        data = self.cleaned_data
        plain = ("folder", "title", "body_html", "products", "scenes", "channel")
        return Content(
            **{name: data[name] for name in (*plain, "valid_from", "valid_until", "must_read")},
            audience=Audience(for_all=data["for_all"], **{name: frozenset(data[name]) for name in AUDIENCE}),
        )

    def _post_clean(self) -> None:
        """The service fills and checks the row; the form leaves the instance as it was read."""


class FolderForm(forms.ModelForm):
    class Meta:
        model = Folder
        fields = ["name", "parent", "position"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["parent"].widget.choices = [("", _t("At the top")), *folder_choices()]

    def _post_clean(self) -> None:
        """Rings, depth and names are the service's to refuse."""


class FilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """One or more files."""

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        files = data if isinstance(data, (list, tuple)) else [data]
        return [super(FilesField, self).clean(file, initial) for file in files]


class AttachForm(forms.Form):
    files = FilesField(label=_("Attachments"), widget=FilesInput(attrs={"accept": ACCEPT}))
