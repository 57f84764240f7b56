"""Which column of a lead file is which of our fields: those of the customer file that a lead has, and its own names."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.rules import import_columns
from crm.rules.import_columns import ImportField, fold_header

_NAMES = (
    "name",
    "contact",
    "phone",
    "address",
    "province",
    "city",
    "district",
    "region",
    "source",
    "industry",
    "notes",
    "longitude",
    "latitude",
    "lng_lat",
    "owner",
    "tax_id",
)
_LEAD_NAMES = frozenset(
    ("潜客名称", "潜客", "潜客名", "潛客名稱", "线索名称", "线索", "leadname", "lead", "名称", "name")
)
_BY_NAME = {
    field.name: replace(field, header="潜客名称", label=gettext_lazy("lead name"))
    if field.name == "name"
    else replace(field, header="负责人")
    if field.name == "owner"
    else field
    for field in import_columns.IMPORT_FIELDS
}
LEAD_FIELDS: tuple[ImportField, ...] = tuple(_BY_NAME[name] for name in _NAMES)
LEAD_FIELD_NAMES = frozenset(_NAMES)
# Not offered in the template: seldom known of a lead, or said by two columns already.
TEMPLATE_FIELDS = tuple(field for field in LEAD_FIELDS if field.name not in ("lng_lat", "tax_id"))


def guess_mapping(samples: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """{head: our field} for the columns that are recognised; what only customers have is left out."""
    own = next((header for header in samples if fold_header(header) in _LEAD_NAMES), None)
    others = {header: cells for header, cells in samples.items() if header != own}
    guessed = import_columns.guess_mapping(others)
    mapping = {
        header: name
        for header, name in guessed.items()
        if name in LEAD_FIELD_NAMES and not (name == "name" and own is not None)
    }
    if own is not None:
        mapping[own] = "name"
    return {header: mapping[header] for header in samples if header in mapping}


def check_mapping(mapping: Mapping[str, str], headers: Sequence[str]) -> None:
    """Refuse a mapping that cannot work, with one message for each problem (ValidationError)."""
    foreign = [name for name in mapping.values() if name not in LEAD_FIELD_NAMES]
    if foreign:
        raise ValidationError([_("There is no field “%(field)s”.") % {"field": name} for name in foreign])
    import_columns.check_mapping(mapping, headers)
