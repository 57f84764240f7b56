from typing import Any

from django.db import models


class GramsField(models.Field):
    """Numbers of a text's grams (common.names.gram_numbers), written "{1,-2}".

    An array of integers on PostgreSQL, where a GIN index over it answers searches; text elsewhere, where nothing
    reads it but a copy of the data to PostgreSQL keeps what it holds.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("default", "{}")
        kwargs["editable"] = False
        super().__init__(*args, **kwargs)

    def db_type(self, connection: Any) -> str:
        return "integer[]" if connection.vendor == "postgresql" else "text"

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return f"{{{','.join(map(str, value))}}}" if isinstance(value, list) else value
