"""Who changed what, for writes that auditlog's model signals do not see (set-based ones) or whose actor they miss."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from auditlog.context import auditlog_value, set_actor
from auditlog.models import LogEntry
from django.contrib.contenttypes.models import ContentType

from accounts.models import User
from crm.models import Customer

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


def log_changes(*, actor: User | None, changes: Iterable[tuple[Customer, Changes]]) -> None:
    """One log entry a customer, in one INSERT."""
    content_type = ContentType.objects.get_for_model(Customer)
    entries = [
        LogEntry(
            content_type=content_type,
            object_pk=str(customer.pk),
            object_id=customer.pk,
            object_repr=str(customer),
            action=LogEntry.Action.UPDATE,
            changes=dict(fields),
            actor=actor,
        )
        for customer, fields in changes
    ]
    LogEntry.objects.bulk_create(entries, batch_size=1000)


def text(value: Any) -> str:
    """A value as auditlog writes it."""
    return "None" if value is None else str(value)
