"""Forms of customer tasks (H1)."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.business_calendar import business_day, is_working_day, validate_day
from common.widgets import PlainSelect
from crm.models import Contact, Customer, Dictionary
from sales.rules.agreements import DOCUMENTS, PICTURES
from team.enums import CustomerTaskKind, TaskContactResult, TaskPriority
from team.models import CustomerTask
from team.models.tasks import MAX_NOTES
from team.queries import tasks as queries
from team.rules.tasks import REMINDERS, read_steps
from team.services.tasks import TaskTerms

ACCEPT = ",".join(f".{suffix}" for suffix in (*PICTURES, *DOCUMENTS))
DUE_HOUR = 18
MARKS = [(5, "5 ★★★★★"), (4, "4 ★★★★"), (3, "3 ★★★"), (2, "2 ★★"), (1, "1 ★")]


def attach_errors(form: forms.BaseForm, error: ValidationError) -> None:
    """Show a service's refusal in the form: at its field, or on top when the form does not have that field."""
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for field, errors in error.error_dict.items():
        form.add_error(field if field in form.fields else None, errors)


class MomentInput(forms.DateTimeInput):
    """The browser's own field for a local date and time."""

    input_type = "datetime-local"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M", **kwargs)


class PersonField(forms.ModelChoiceField):
    """One of some people; names are drawn in one string."""

    widget = PlainSelect


def usual_due(now: dt.datetime) -> dt.datetime:
    """In the evening of the next working day."""
    day = business_day(now) + dt.timedelta(days=1)
    while not is_working_day(day):
        day += dt.timedelta(days=1)
    evening = dt.datetime.combine(day, dt.time(DUE_HOUR))
    return timezone.make_aware(evening, timezone.get_default_timezone())


def _notes(rows: int) -> forms.CharField:
    area = forms.Textarea(attrs={"rows": rows, "maxlength": MAX_NOTES})
    return forms.CharField(label=_("Notes"), max_length=MAX_NOTES, required=False, widget=area)


def _priority(initial: int) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=_("Priority"),
        choices=TaskPriority.choices,
        coerce=int,
        initial=initial,
        widget=forms.RadioSelect,
    )


class TermsForm(forms.Form):
    """What a task says; the base of all forms that make or change one."""

    kind = forms.ChoiceField(
        label=_("Kind"),
        choices=CustomerTaskKind.choices,
        initial=CustomerTaskKind.SALES,
        widget=forms.RadioSelect,
    )
    title = forms.CharField(
        label=_("What is to be done"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    notes = _notes(3)
    priority = _priority(TaskPriority.NORMAL)
    starts_at = forms.DateTimeField(
        label=_("Begins"), required=False, widget=MomentInput(), validators=[validate_day]
    )
    due_at = forms.DateTimeField(
        label=_("Due by"), required=False, widget=MomentInput(), validators=[validate_day]
    )
    remind_minutes = forms.TypedChoiceField(
        label=_("Remind"),
        choices=[("", _("Do not remind")), *REMINDERS.items()],
        coerce=int,
        empty_value=None,
        required=False,
    )

    def terms(self) -> TaskTerms:
        """The cleaned fields as the services take them."""
        data = self.cleaned_data
        names = ("title", "notes", "starts_at", "due_at", "remind_minutes")
        kept = {name: data[name] for name in names if name in data}
        return TaskTerms(kind=data["kind"], priority=data["priority"], **kept)


def _once() -> forms.UUIDField:
    return forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)


class TaskForm(TermsForm):
    """A new task: for whom, and who does it."""

    uuid = _once()
    customer = forms.ModelChoiceField(
        label=_("Customer"), queryset=Customer.objects.none(), widget=forms.HiddenInput
    )
    assignee = PersonField(label=_("Who does it"), queryset=User.objects.none(), empty_label=None)
    steps = forms.CharField(
        label=_("Steps"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One a line. The progress follows from the ticked ones."),
    )
    field_order = (
        "kind",
        "title",
        "assignee",
        "due_at",
        "remind_minutes",
        "priority",
        "starts_at",
        "notes",
        "steps",
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ModelChoiceField, self.fields["customer"]).queryset = Customer.objects.visible_to(user)
        cast(forms.ModelChoiceField, self.fields["assignee"]).queryset = queries.assignable_people(user)

    def clean_steps(self) -> list[str]:
        return read_steps(self.cleaned_data["steps"])


class ComplaintForm(TaskForm):
    """A complaint in as few words as it takes; it is urgent until somebody says otherwise."""

    field_order = ("title", "notes", "assignee", "due_at", "priority")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("kind", "starts_at", "remind_minutes", "steps"):
            del self.fields[name]
        self.fields["title"].label = _("What the customer complains about")
        self.fields["priority"].initial = TaskPriority.HIGH

    def terms(self) -> TaskTerms:
        data = self.cleaned_data
        # Reminded two hours before, as nobody chooses it in the short form.
        return TaskTerms(
            title=data["title"],
            kind=CustomerTaskKind.SERVICE,
            notes=data["notes"],
            priority=data["priority"],
            due_at=data["due_at"],
            remind_minutes=120 if data["due_at"] else None,
        )


class EditForm(TermsForm):
    """Changing what a task says; who has it changes by handing over."""

    field_order = ("kind", "title", "due_at", "remind_minutes", "priority", "starts_at", "notes")

    def __init__(self, *args: Any, task: CustomerTask, **kwargs: Any) -> None:
        names = ("kind", "title", "notes", "priority", "starts_at", "due_at", "remind_minutes")
        super().__init__(*args, initial={name: getattr(task, name) for name in names}, **kwargs)
        if task.remind_minutes is not None and task.remind_minutes not in REMINDERS:
            field = cast(forms.ChoiceField, self.fields["remind_minutes"])
            own = (task.remind_minutes, _("%(n)s minutes before") % {"n": task.remind_minutes})
            field.choices = [*cast(list[Any], field.choices), own]


class BulkForm(TermsForm):
    """The same task for many customers."""

    uuid = _once()
    assignee = PersonField(
        label=_("Who does it"),
        queryset=User.objects.none(),
        required=False,
        empty_label=_("Each customer's owner"),
        help_text=_("Where you may not give the owner a task, or there is none, you get it yourself."),
    )
    field_order = ("kind", "title", "assignee", "due_at", "remind_minutes", "priority", "starts_at", "notes")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ModelChoiceField, self.fields["assignee"]).queryset = queries.assignable_people(user)


class DoneForm(forms.Form):
    outcome = forms.CharField(
        label=_("What came of it"),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "maxlength": 300}),
    )
    satisfaction = forms.TypedChoiceField(
        label=_("How satisfied the customer is"),
        choices=MARKS,
        coerce=int,
        empty_value=None,
        required=False,
        widget=forms.RadioSelect,
    )


class CancelForm(forms.Form):
    outcome = forms.CharField(label=_("Why it is not needed"), max_length=300)


class HandOverForm(forms.Form):
    assignee = PersonField(label=_("To whom"), queryset=User.objects.none(), empty_label="–")
    note = forms.CharField(label=_("Note"), max_length=300, required=False)

    def __init__(self, *args: Any, user: User, task: CustomerTask, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = queries.assignable_people(user).exclude(pk=task.assignee_id)
        cast(forms.ModelChoiceField, self.fields["assignee"]).queryset = people


class ShareForm(forms.Form):
    user = PersonField(label=_("Colleague"), queryset=User.objects.none(), empty_label="–")
    can_write = forms.BooleanField(label=_("May also change it"), required=False)
    last_day = forms.DateField(
        label=_("Last day"),
        required=False,
        help_text=_("Empty: until you take it back."),
        widget=forms.DateInput(attrs={"type": "date"}),
        validators=[validate_day],
    )

    def __init__(self, *args: Any, user: User, task: CustomerTask, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ModelChoiceField, self.fields["user"]).queryset = queries.colleagues(user, task)


class StepsForm(forms.Form):
    steps = forms.CharField(
        label=_("Add steps"),
        widget=forms.Textarea(attrs={"rows": 2, "placeholder": _("One a line")}),
    )

    def clean_steps(self) -> list[str]:
        return read_steps(self.cleaned_data["steps"])


class FilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Any number of files; clean() gives a list."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=FilesInput(attrs={"accept": ACCEPT}), **kwargs)

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        uploads = data if isinstance(data, (list, tuple)) else [data] if data else []
        return [super(FilesField, self).clean(upload, initial) for upload in uploads]


class ContactForm(forms.Form):
    """One contact inside a task, on the phone first."""

    uuid = _once()
    method = forms.ModelChoiceField(
        label=_("Method"), queryset=Dictionary.objects.none(), required=False, widget=forms.RadioSelect, empty_label=None
    )  # fmt: skip
    result = forms.ChoiceField(label=_("Result"), choices=TaskContactResult.choices, widget=forms.RadioSelect)
    text = forms.CharField(
        label=_("What was said and agreed"),
        max_length=MAX_NOTES,
        widget=forms.Textarea(attrs={"rows": 4, "maxlength": MAX_NOTES}),
    )
    next_step = forms.CharField(label=_("Next step"), max_length=300, required=False)
    files = FilesField(label=_("Photos and documents"), required=False)
    contact = forms.ModelChoiceField(
        label=_("Contact"), queryset=Contact.objects.none(), required=False, empty_label="–", widget=PlainSelect
    )  # fmt: skip
    at = forms.DateTimeField(label=_("Time"), required=False, widget=MomentInput())
    materials = forms.ModelMultipleChoiceField(
        label=_("Materials used"),
        queryset=Dictionary.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, task: CustomerTask, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Both lists in one query; the querysets are asked for what was chosen only.
        choices = queries.log_choices()
        for name, kind in (("method", "follow_method"), ("materials", "material")):
            field = cast(forms.ModelChoiceField, self.fields[name])
            field.queryset = Dictionary.objects.filter(kind=kind, is_active=True)
            field.widget.choices = choices[kind]
        if not choices["material"]:
            del self.fields["materials"]
        cast(forms.ModelChoiceField, self.fields["contact"]).queryset = Contact.objects.filter(
            customer=task.customer_id
        )
