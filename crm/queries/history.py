"""What happened to a customer's file: its owners and the audit trail, in words."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from auditlog.models import LogEntry
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from accounts.models import User
from common.templatetags.paodian import moment
from crm.models import Customer, Dictionary, OwnerChange

MOST = 30


@dataclass(frozen=True)
class FieldChange:
    label: str
    old: str
    new: str


@dataclass(frozen=True)
class ChangeLine:
    """One save: when, by whom ("" for a job), what."""

    at: dt.datetime
    actor: str
    is_creation: bool
    fields: list[FieldChange]


def owner_history(customer: Customer) -> list[OwnerChange]:
    """The owners, newest first."""
    return list(customer.owner_changes.select_related("from_user", "to_user", "by")[:MOST])


def change_history(customer: Customer) -> list[ChangeLine]:
    """The last changes of the customer's file, newest first, in at most four queries however many there are."""
    rows = (
        LogEntry.objects.get_for_object(customer).select_related("actor").order_by("-timestamp", "-pk")[:MOST]
    )
    return change_lines(list(rows))


def change_lines(entries: Sequence[LogEntry]) -> list[ChangeLine]:
    """Log entries of a customer in words, in their order; their actors are loaded."""
    names = _names_behind(entries)
    lines = []
    for entry in entries:
        is_creation = entry.action == LogEntry.Action.CREATE
        # A creation repeats the file that is shown above.
        changes = {} if is_creation else entry.changes or {}
        fields: list[FieldChange] = []
        for field, values in changes.items():
            if field == "extra" and isinstance(values, list):
                fields += _own_fields(*values)
            else:
                fields.append(_field_change(field, values, names))
        lines.append(ChangeLine(entry.timestamp, str(entry.actor or ""), is_creation, fields))
    return lines


_Names = Mapping[type[models.Model], Mapping[int, str]]


def _model_field(name: str) -> models.Field[Any, Any] | None:
    try:
        field = Customer._meta.get_field(name)
    except FieldDoesNotExist:
        return None
    return field if isinstance(field, models.Field) else None


def _names_behind(entries: Iterable[LogEntry]) -> _Names:
    """Names of the users and dictionary entries that the changes mention by id."""
    ids: dict[type[models.Model], set[int]] = {User: set(), Dictionary: set()}
    for entry in entries:
        for name, values in (entry.changes or {}).items():
            field = _model_field(name)
            if isinstance(field, models.ForeignKey) and isinstance(values, list):
                wanted = ids.setdefault(field.related_model, set())
                wanted.update(int(value) for value in values if str(value).isdecimal())
    return {
        model: {row.pk: str(row) for row in model._default_manager.filter(pk__in=pks)}
        for model, pks in ids.items()
        if pks
    }


def _field_change(name: str, values: Any, names: _Names) -> FieldChange:
    field = _model_field(name)
    label = (
        str(field.verbose_name)
        if field
        else {
            "phones": _("Phone"),
            "shares": _("Shared with"),
            "merged": _("Merged"),
            "duplicates": _("Saved in spite of"),
        }.get(name, name)
    )
    if isinstance(values, dict):  # tags: {"type": "m2m", "operation": "add", "objects": [...]}
        objects = "、".join(values.get("objects", []))
        return (
            FieldChange(label, "", objects)
            if values.get("operation") == "add"
            else FieldChange(label, objects, "")
        )
    old, new = (_in_words(field, value, names) for value in values)
    return FieldChange(label, old, new)


def _own_fields(old: Any, new: Any) -> list[FieldChange]:
    """The fields of the company's own that differ, each by its label."""
    before, after = _mapping(old), _mapping(new)
    return [
        FieldChange(label, _in_words(None, before.get(label), {}), _in_words(None, after.get(label), {}))
        for label in {**before, **after}
        if before.get(label) != after.get(label)
    ]


def _mapping(value: Any) -> dict[str, Any]:
    """A JSON field as the log keeps it: as text."""
    try:
        found = json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _in_words(field: models.Field[Any, Any] | None, value: Any, names: _Names) -> str:
    if value in (None, "None", ""):
        return ""
    if isinstance(field, models.ForeignKey) and str(value).isdecimal():
        return names.get(field.related_model, {}).get(int(value), str(value))
    if field is not None and field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(field, models.DateTimeField) and (at := parse_datetime(str(value))) is not None:
        return moment(at if at.tzinfo else at.replace(tzinfo=dt.UTC))  # the log leaves the zone out
    if isinstance(field, models.BooleanField) or isinstance(value, bool):
        return _("yes") if str(value) == "True" else _("no")
    return str(value)
