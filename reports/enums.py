"""Words of the reports: what figures are counted in, how they are drawn, and which shelf a report stands on."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Unit(TextChoices):
    """What a figure is; pages, charts and workbooks format it by this."""

    MONEY = "money", _("CNY")
    COUNT = "count", pgettext_lazy("unit", "Number")
    QUANTITY = "quantity", _("Quantity")
    PERCENT = "percent", "%"  # a share: 0.25 is 25 %
    SECONDS = "seconds", _("Duration")
    METRES = "metres", _("Distance")
    DAYS = "days", _("Days")
    SCORE = "score", _("Score")


class Chart(TextChoices):
    BAR = "bar", pgettext_lazy("chart", "Bars")
    LINE = "line", pgettext_lazy("chart", "Line")
    PIE = "pie", pgettext_lazy("chart", "Pie")
    FUNNEL = "funnel", pgettext_lazy("chart", "Funnel")
    HEAT = "heat", _("Heat map")
    MAP = "map", pgettext_lazy("chart", "Map")


class Family(TextChoices):
    """The shelves of the report tree, in their order."""

    PERFORMANCE = "performance", _("Performance")
    CUSTOMERS = "customers", _("Customers")
    FUNNEL = "funnel", _("Leads and pool")
    BEHAVIOUR = "behaviour", _("Work in the field")
    PRODUCTS = "products", _("Products")
    LEADERBOARD = "leaderboard", _("Leaderboards")
    SERVICE = "service", _("Service and alerts")


class Comparison(TextChoices):
    NONE = "none", _("No comparison")
    BEFORE = "before", _("Period before")
    YEAR = "year", _("Same period last year")


class Rhythm(TextChoices):
    """How often a scheduled report goes out."""

    DAILY = "daily", pgettext_lazy("rhythm", "Every day")
    WORKDAYS = "workdays", _("Every working day")
    WEEKLY = "weekly", pgettext_lazy("rhythm", "Every week")
    MONTHLY = "monthly", _("Every month")


class ConditionKind(TextChoices):
    """When a scheduled report goes out at all, judged on its total."""

    ALWAYS = "always", _("Always")
    ABOVE = "above", _("The total is above")
    BELOW = "below", _("The total is below")
    RISEN = "risen", _("The total rose by more than (%)")
    FALLEN = "fallen", _("The total fell by more than (%)")
    ANY_ROW = "any_row", _("Any row is above")


class RunState(TextChoices):
    """waiting → running → done | skipped | failed; a run that got stuck is run again."""

    WAITING = "waiting", _("Waiting")
    RUNNING = "running", _("Running")
    DONE = "done", pgettext_lazy("run", "Sent")
    SKIPPED = "skipped", _("Condition not met")
    FAILED = "failed", _("Failed")
