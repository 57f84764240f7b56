from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class AlertKind(TextChoices):
    UNVISITED = "unvisited", _("Not visited")
    UNORDERED = "unordered", _("Not ordered")
    UNSOLD = "unsold", _("Nothing sold")


class RepMeasure(TextChoices):
    VISITS = "visits", _("Visits")
    CUSTOMERS = "customers", _("Customers visited")
    ORDERS = "orders", _("Orders")
    ORDER_AMOUNT = "order_amount", _("Order amount")
    SALES = "sales", _("Sales")
    SALES_AMOUNT = "sales_amount", _("Sales amount")


class RepAlertKind(TextChoices):
    NONE = "none", _("None at all")
    BELOW_AVERAGE = "below_average", _("Below average")


class Band(TextChoices):
    """Days overdue, in the steps people work through a list."""

    WEEK = "1-7", _("1–7 days")
    MONTH = "8-30", _("8–30 days")
    QUARTER = "31-90", _("31–90 days")
    LONGER = "91-", _("over 90 days")


class BaseSource(TextChoices):
    """Where a base date comes from (domain-rules §3)."""

    EVENT = "event", _("last event")
    CREATED = "created", _("on file since")
    RECEIVED = "received", _("with this owner since")


class RunState(TextChoices):
    """queued → running → done | failed."""

    QUEUED = "queued", _("Waiting")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
