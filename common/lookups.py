"""Numbers that no row can have find no row, on every database.

Django knows this for `field=number`. For keys of related rows and for `__in`, SQLite refuses a number beyond 64 bits
with an OverflowError: an address or a form with such a key would be an error of ours instead of "not found".
"""

from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db.models import Field, ForeignKey, IntegerField
from django.db.models.fields.related_lookups import RelatedExact, RelatedIn
from django.db.models.lookups import In


def _column(field: Any) -> Field:
    """The field whose values stand in the column: for a foreign key the other row's key."""
    while isinstance(field, ForeignKey):
        field = field.target_field
    return field


def _fits(value: Any, field: Any, connection: Any) -> bool:
    if not isinstance(value, int):
        return True
    low, high = connection.ops.integer_field_range(_column(field).get_internal_type())
    return (low is None or value >= low) and (high is None or value <= high)


class _FittingIn:
    lhs: Any
    rhs: Any

    def process_rhs(self, compiler: Any, connection: Any) -> Any:
        if self.rhs_is_direct_value() and isinstance(_column(self.lhs.output_field), IntegerField):  # type: ignore[attr-defined]
            self.rhs = [value for value in self.rhs if _fits(value, self.lhs.output_field, connection)]
        return super().process_rhs(compiler, connection)  # type: ignore[misc]


@IntegerField.register_lookup
class IntegerIn(_FittingIn, In):
    """`number__in=[…]`."""


@ForeignKey.register_lookup
class KeyIn(_FittingIn, RelatedIn):
    """`customer__in=[…]`, `customer_id__in=[…]`."""


@ForeignKey.register_lookup
class KeyExact(RelatedExact):
    """`customer=…`, `customer_id=…`."""

    def process_rhs(self, compiler: Any, connection: Any) -> Any:
        if self.rhs_is_direct_value() and not _fits(self.rhs, self.lhs.output_field, connection):
            raise EmptyResultSet
        return super().process_rhs(compiler, connection)
