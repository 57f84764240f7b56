"""Forms of work reports (H3): the report itself, a comment, more copies, and the template of a role."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.widgets import PlainSelect
from sales.rules.agreements import DOCUMENTS, PICTURES
from team.models import WorkReport
from team.queries import reports as queries
from team.rules.reports import MAX_COMMENT, MAX_FILES, MAX_SECTIONS, MAX_TEXT, Section
from team.services.report_files import prepare_file
from team.services.reports import Written

ACCEPT = ",".join(f".{suffix}" for suffix in (*PICTURES, *DOCUMENTS))


def attach_errors(form: forms.BaseForm, error: ValidationError) -> None:
    """Show a service's refusal in the form: at its field, or on top when the form does not have that field."""
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for field, errors in error.error_dict.items():
        form.add_error(field if field in form.fields else None, errors)


class TextField(forms.CharField):
    """A long text as the browser counts it: a new line is one sign, not the two that travel."""

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value) or "").replace("\r\n", "\n")


class KeysField(forms.TypedMultipleChoiceField):
    """Some of a list of rows, as their keys."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(coerce=int, required=False, widget=forms.CheckboxSelectMultiple(), **kwargs)


class FilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Any number of files, each checked; clean() gives them ready to store."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, widget=FilesInput(attrs={"accept": ACCEPT}), **kwargs)

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        uploads = data if isinstance(data, (list, tuple)) else [data] if data else []
        if len(uploads) > MAX_FILES:
            raise ValidationError(_t("A report has at most %(n)s files.") % {"n": MAX_FILES})
        return [prepare_file(super(FilesField, self).clean(upload, initial)) for upload in uploads]


class WorkReportForm(forms.Form):
    """A text for each section of the template, named text_<key>; then who reviews it, who gets a copy, attachments."""

    reviewer = forms.TypedChoiceField(
        label=_("Reviewer"), required=False, coerce=int, empty_value=None, widget=PlainSelect
    )
    copies = KeysField(label=_("Copies to"))
    files = FilesField(label=_("Attachments"))
    dropped = KeysField(label=_("Remove"))

    def __init__(
        self,
        data: Any = None,
        files: Any = None,
        *,
        user: User,
        sections: Sequence[Section],
        report: WorkReport | None = None,
        initial: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(data, files, initial=initial)
        people = queries.people_choices(user)
        self.sections = sections
        self.fields["reviewer"].choices = [("", _t("Nobody")), *people]  # type: ignore[attr-defined]
        self.fields["copies"].choices = people  # type: ignore[attr-defined]
        present = list(report.files.all()) if report is not None else []
        self.fields["dropped"].choices = [(file.pk, file.name) for file in present]  # type: ignore[attr-defined]
        for section in sections:
            self.fields[f"text_{section.key}"] = TextField(
                label=section.label,
                required=False,
                max_length=MAX_TEXT,
                help_text=section.hint,
                widget=forms.Textarea(attrs={"rows": 5, "maxlength": MAX_TEXT}),
            )

    def texts(self) -> list[Any]:
        """The fields of the sections, each with whether it is required to send."""
        return [(self[f"text_{section.key}"], section.required) for section in self.sections]

    def written(self) -> Written:
        """The cleaned fields as `save_report` takes them."""
        data = self.cleaned_data
        reviewer = User.objects.filter(pk=data["reviewer"]).first() if data["reviewer"] else None
        return Written(
            texts={section.key: data[f"text_{section.key}"] for section in self.sections},
            reviewer=reviewer,
            copies=data["copies"],
            files=data["files"],
            dropped=data["dropped"],
        )


class CommentForm(forms.Form):
    text = TextField(
        label=_("Comment"),
        max_length=MAX_COMMENT,
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": MAX_COMMENT}),
    )


class CopiesForm(forms.Form):
    copies = KeysField(label=_("Send a copy to"))

    def clean_copies(self) -> list[int]:
        chosen: list[int] = self.cleaned_data["copies"]
        if not chosen:
            raise ValidationError(_t("Choose at least one."))
        return chosen

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["copies"].choices = queries.people_choices(user)  # type: ignore[attr-defined]


# --- template
DRAFTS = [
    ("", _("Nothing")),
    ("done", _("The figures in words")),
    ("plan", _("Visits planned for the next period")),
]
YES_NO = [("", _("no")), ("1", _("yes"))]


class SectionForm(forms.Form):
    key = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)
    label = forms.CharField(label=_("Section"), required=False, max_length=40)
    hint = forms.CharField(label=_("Hint"), required=False, max_length=200)
    required = forms.ChoiceField(
        label=_("Required to send"), required=False, choices=YES_NO, widget=PlainSelect
    )
    draft = forms.ChoiceField(label=_("Begins with"), required=False, choices=DRAFTS, widget=PlainSelect)

    def section(self) -> Section | None:
        """None for a line without a name: it is left out."""
        data = self.cleaned_data
        if not data["label"]:
            return None
        return Section(data["key"], data["label"], data["hint"], bool(data["required"]), data["draft"])


class TemplateForm(forms.Form):
    is_due = forms.BooleanField(
        label=_("Must be sent"),
        required=False,
        help_text=_("Who does not send it is reminded and counted as missing."),
    )


class SectionLines(forms.BaseFormSet):
    def add_fields(self, form: forms.Form, index: int | None) -> None:
        super().add_fields(form, index)
        form.fields["ORDER"].label = _("Place in the order")


SectionFormSet = forms.formset_factory(
    SectionForm,
    formset=SectionLines,
    extra=0,
    max_num=MAX_SECTIONS,
    absolute_max=MAX_SECTIONS,
    validate_max=True,
    can_order=True,
)
