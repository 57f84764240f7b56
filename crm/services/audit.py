"""Who changed what, for writes that auditlog's model signals do not see (set-based ones) or whose actor they miss."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from auditlog.context import auditlog_value, set_actor
from auditlog.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model

from accounts.models import User

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
    entries = [_entry(row, LogEntry.Action.UPDATE, dict(fields), actor) for row, fields in changes]
    LogEntry.objects.bulk_create(entries, batch_size=1000)


def log_deletions(*, actor: User | None, rows: Iterable[Model]) -> None:
    """One log entry for each row that is about to be deleted by a statement."""
    entries = [_entry(row, LogEntry.Action.DELETE, {}, actor) for row in rows]
    LogEntry.objects.bulk_create(entries, batch_size=1000)


def _entry(row: Model, action: int, changes: dict[str, list[str]], actor: User | None) -> LogEntry:
    return LogEntry(
        content_type=ContentType.objects.get_for_model(type(row)),
        object_pk=str(row.pk),
        object_id=row.pk,
        object_repr=str(row),
        action=action,
        changes=changes,
        actor=actor,
    )


def text(value: Any) -> str:
    """A value as auditlog writes it."""
    return "None" if value is None else str(value)
