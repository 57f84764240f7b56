from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class AlertKind(TextChoices):
    """The three kinds of domain-rules §3, whose events close them at once. All kinds: alerts.rules.KINDS."""

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
    TRACKED_DAYS = "tracked_days", _("Days with a track")


class RepAlertKind(TextChoices):
    NONE = "none", _("None at all")
    BELOW_AVERAGE = "below_average", _("Below average")


class Band(TextChoices):
    """Days overdue, in the steps people work through a list."""

    WEEK = "1-7", _("1–7 days")
    MONTH = "8-30", _("8–30 days")
    QUARTER = "31-90", _("31–90 days")
    LONGER = "91-", _("more than 90 days")
    AHEAD = "ahead", _("still ahead")


class BaseSource(TextChoices):
    """Where a base date comes from (domain-rules §3)."""

    EVENT = "event", _("last event")
    CREATED = "created", _("on file since")
    RECEIVED = "received", _("with this owner since")


class RunMode(TextChoices):
    FULL = "full", _("Everybody")
    CHANGES = "changes", _("What changed")


class RunState(TextChoices):
    """queued → running → done | failed."""

    QUEUED = "queued", _("Waiting")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")


class Confidence(TextChoices):
    """How sure a customer's own rhythm is."""

    LOW = "low", _("Low")
    MEDIUM = "medium", _("Medium")
    HIGH = "high", _("High")


class RfmClass(TextChoices):
    """Recency, frequency, money: each high or not. 重要 is whoever spends much."""

    CHAMPION = "champion", _("Important: keep close")  # recent, often, much
    DEVELOP = "develop", _("Important: develop")  # recent, seldom, much
    RETAIN = "retain", _("Important: retain")  # long ago, often, much
    RESCUE = "rescue", _("Important: win back")  # long ago, seldom, much
    LOYAL = "loyal", _("Ordinary: keep close")  # recent, often, little
    NEW = "new", _("Ordinary: develop")  # recent, seldom, little
    SLEEPY = "sleepy", _("Ordinary: retain")  # long ago, often, little
    LOST = "lost", _("Ordinary: win back")  # long ago, seldom, little


class Trend(TextChoices):
    """The last 90 days against the 90 before, beside what the whole company did."""

    RISING = "rising", _("Rising")
    STEADY = "steady", _("Steady")
    FALLING = "falling", _("Falling")
