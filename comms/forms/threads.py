"""Writing to people and departments, and answering."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.queries import department_tree
from comms.services.threads import LONGEST


def people_choices(without: User | None = None) -> list[tuple[int, str]]:
    """Everybody who works here, with his department: one may write to everybody."""
    rows = User.objects.active().order_by("department__position", "department", "name", "pk")
    found = rows.values_list("pk", "name", "department__name")
    return [
        (pk, f"{name} · {department}" if department else name)
        for pk, name, department in found
        if without is None or pk != without.pk
    ]


def department_choices() -> list[tuple[int, str]]:
    return [(node.pk, node.name) for node in department_tree()]


class KeysField(forms.TypedMultipleChoiceField):
    """Some of a list of rows, as their keys."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(coerce=int, required=False, widget=forms.CheckboxSelectMultiple(), **kwargs)


def written(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


class ThreadForm(forms.Form):
    subject = forms.CharField(label=_("Subject"), required=False, max_length=80)
    body = forms.CharField(label=_("Text"), max_length=LONGEST, widget=written(5))
    link = forms.CharField(
        label=_("About"),
        required=False,
        max_length=200,
        help_text=_(
            "Address of a customer, visit or order. Whoever opens it sees it only within his own scope."
        ),
    )
    people = KeysField(label=_("People"))
    departments = KeysField(label=_("Departments, with those under them"))

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["people"].choices = people_choices(without=user)
        self.fields["departments"].choices = department_choices()


class ReplyForm(forms.Form):
    body = forms.CharField(label=_("Reply"), max_length=LONGEST, widget=written(3))
