"""Writing what became of a batch's rows: one statement, whatever the batch's size."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django.db import connection

from crm.models import BulkItem

# An UPDATE with CASE for each row, as bulk_update writes it, took a third of an action's time.
_UPDATE = """
UPDATE {table} AS item SET changed = v.changed, undone = v.undone, reason = v.reason, "before" = v.was::jsonb
FROM unnest(%s::bigint[], %s::boolean[], %s::boolean[], %s::text[], %s::text[]) AS v (id, changed, undone, reason, was)
WHERE item.id = v.id
"""


def write_items(items: Sequence[BulkItem]) -> None:
    """Save `changed`, `undone`, `reason` and `before` of these rows; one that is gone meanwhile stays gone."""
    if connection.vendor != "postgresql":
        BulkItem.objects.bulk_update(items, ["changed", "undone", "reason", "before"], batch_size=100)
        return
    columns: list[Any] = [
        [item.pk for item in items],
        [item.changed for item in items],
        [item.undone for item in items],
        [item.reason for item in items],
        [json.dumps(item.before) for item in items],
    ]
    with connection.cursor() as cursor:
        cursor.execute(_UPDATE.format(table=connection.ops.quote_name(BulkItem._meta.db_table)), columns)
