"""The journal of a merge (B5): each change as it is made, exact to the byte, and the way back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.apps import apps
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Field, JSONField, Model

from crm.models import Placed
from crm.queries.merges import Relation

Row = dict[str, Any]
_PLAIN = (bool, int, float, str)


def dump_row(row: Model) -> Row:
    """Every stored column as JSON, without loss: times to the microsecond, decimals and keys as text."""
    return {field.attname: _dump(field, field.value_from_object(row)) for field in row._meta.concrete_fields}


def _dump(field: Field[Any, Any], value: Any) -> Any:
    if value is None or isinstance(field, JSONField):
        return value
    if type(value) in _PLAIN:
        return value
    if isinstance(value, dt.datetime) and value.tzinfo is not None:
        value = value.astimezone(dt.UTC)  # one moment, one text
    # isoformat and the like; the field's own to_python reads it back.
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def load_row(model: type[Model], row: Row) -> Model:
    """The unsaved object of a dumped row; columns that are younger than the dump get their defaults."""
    fields = [field for field in model._meta.concrete_fields if field.attname in row]
    made = model(**{field.attname: field.to_python(row[field.attname]) for field in fields})
    if isinstance(made, Placed):
        made.find_cell()
    return made


def missing_targets(row: Model) -> list[Field[Any, Any]]:
    """Foreign keys of an unsaved row whose target is gone."""
    gone = []
    for field in row._meta.concrete_fields:
        value = getattr(row, field.attname)
        if field.is_relation and value is not None:
            manager = field.related_model._base_manager  # type: ignore[union-attr]
            if not manager.filter(pk=value).exists():
                gone.append(field)
    return gone


class MergeJournal:
    """Writes to related rows while two customers become one. Whoever resolves a conflict uses `change` and `drop`."""

    def __init__(self, *, keep_id: int, merge_id: int) -> None:
        self.keep_id, self.merge_id = keep_id, merge_id
        self.moved: dict[str, list[Any]] = {}
        self.dropped: list[dict[str, Any]] = []
        self.changed: list[dict[str, Any]] = []

    def change(self, row: Model, **values: Any) -> None:
        """Set columns of a row (by attname), and remember what they were."""
        before = dump_row(row)
        for name, value in values.items():
            setattr(row, name, value)
        row._meta.model._base_manager.filter(pk=row.pk).update(**values)
        after = dump_row(row)
        self.changed.append(
            {
                "model": row._meta.label,
                "pk": row.pk,
                "before": {name: before[name] for name in values},
                "after": {name: after[name] for name in values},
            }
        )

    def drop(self, row: Model) -> None:
        """Delete a row that the kept customer has already. What points to it must have been changed before."""
        self.dropped.append({"model": row._meta.label, "row": dump_row(row)})
        rows = row._meta.model._base_manager.filter(pk=row.pk)
        # Nothing cascades: a row that still points here makes the database refuse the whole merge.
        rows._raw_delete(rows.db)

    def move(self, relation: Relation) -> int:
        """Give all rows of one relation to the kept customer."""
        rows = relation.rows(self.merge_id)
        keys = list(rows.values_list("pk", flat=True))
        if keys:
            rows.order_by().update(**{relation.field.attname: self.keep_id})
            self.moved[relation.key] = keys
        return len(keys)

    def as_json(self, **more: Any) -> dict[str, Any]:
        return {"version": 1, "moved": self.moved, "dropped": self.dropped, "changed": self.changed, **more}


# --- the way back
def move_back(moved: Mapping[str, list[Any]], *, kept_id: int, merged_id: int) -> int:
    """Give those rows back that still exist and still are the kept customer's; returns how many."""
    count = 0
    for key, keys in moved.items():
        label, name = key.rsplit(".", 1)
        model = apps.get_model(label)
        column = model._meta.get_field(name).attname
        for start in range(0, len(keys), 500):
            rows = model._base_manager.filter(pk__in=keys[start : start + 500], **{column: kept_id})
            count += rows.update(**{column: merged_id})
    return count


def bring_back(dropped: list[dict[str, Any]]) -> None:
    """Insert what was dropped, the last first; a row whose route, rep or the like is gone stays away with it."""
    for entry in reversed(dropped):
        row = load_row(apps.get_model(entry["model"]), entry["row"])
        gone = missing_targets(row)
        for field in gone:
            setattr(row, field.attname, None)
        present = row._meta.model._base_manager.filter(pk=row.pk).exists()
        if not present and all(field.null for field in gone):
            row.save_base(raw=True, force_insert=True)


def change_back(changed: list[dict[str, Any]]) -> None:
    """Undo changes in reverse, column by column, where nobody changed them since."""
    for entry in reversed(changed):
        model = apps.get_model(entry["model"])
        try:
            row = model._base_manager.get(pk=entry["pk"])
        except ObjectDoesNotExist:
            continue
        restore_columns(row, before=entry["before"], after=entry["after"])


def restore_columns(row: Model, *, before: Row, after: Row) -> list[str]:
    """Set the columns of `row` that still are as in `after` to those of `before`; returns their names."""
    now = dump_row(row)
    names = [name for name in before if now[name] == after[name] and before[name] != after[name]]
    values = {name: row._meta.get_field(name).to_python(before[name]) for name in names}  # type: ignore[union-attr]
    if values:
        row._meta.model._base_manager.filter(pk=row.pk).update(**values)
    return names
