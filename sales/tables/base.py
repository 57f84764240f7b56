from django.utils.translation import gettext_lazy as _

from common.tables import LinkColumn

POSTING_COLOURS = (("posted", "green"), ("reversed", "red"))


def customer_column() -> LinkColumn:
    """Names what a card on the phone is about, and leads to the slip."""
    return LinkColumn(
        "customer", _("Customer"), path="customer.name", order=("customer__name",), phone="title"
    )
