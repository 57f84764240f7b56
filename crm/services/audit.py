"""Who changed what, for writes that auditlog's model signals do not see (set-based ones) or whose actor they miss."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from auditlog.context import auditlog_value, set_actor
from auditlog.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model

from accounts.models import User
from crm.services.inserting import insert

_COLUMNS = ("content_type_id", "object_pk", "object_id", "object_repr", "action", "changes", "actor_id")
Changes = Mapping[str, list[str]]  # {field: [old, new]}, both as text


@contextmanager
def audited(actor: User | None) -> Iterator[None]:
    """Give the log entries made inside to `actor`, whatever request or job this runs in."""
    outer = auditlog_value.get(None)
    with set_actor(actor, **{key: (outer or {}).get(key) for key in ("remote_addr", "remote_port")}):
        yield
    if outer is not None:
        # auditlog leaves the inner context in place, and the rest of the request would be nobody's.
        auditlog_value.set(outer)


def log_changes(*, actor: User | None, changes: Iterable[tuple[Model, Changes]]) -> None:
    """One log entry a customer (or lead …), in one INSERT."""
    _write(actor, LogEntry.Action.UPDATE, changes)


def log_creations(*, actor: User | None, rows: Iterable[tuple[Model, Changes]]) -> None:
    """One log entry for each row that a statement has made, with what it was made of."""
    _write(actor, LogEntry.Action.CREATE, rows)


def log_deletions(*, actor: User | None, rows: Iterable[Model]) -> None:
    """One log entry for each row that is about to be deleted by a statement."""
    _write(actor, LogEntry.Action.DELETE, [(row, {}) for row in rows])


def _write(actor: User | None, action: int, changes: Iterable[tuple[Model, Changes]]) -> None:
    actor_id = actor.pk if actor else None
    types: dict[type[Model], int] = {}
    lines = []
    for row, fields in changes:
        kind = type(row)
        if kind not in types:
            types[kind] = ContentType.objects.get_for_model(kind).pk
        lines.append((types[kind], str(row.pk), row.pk, str(row), action, dict(fields), actor_id))
    insert(LogEntry, _COLUMNS, lines)


def text(value: Any) -> str:
    """A value as auditlog writes it."""
    return "None" if value is None else str(value)
