from django.db.models import IntegerChoices, TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class PointSource(TextChoices):
    BROWSER = "browser", _("Browser")
    CHECK_IN = "check_in", _("Check-in")
    IMPORT = "import", _("Import")
    DEVICE = "device", _("Tracker app")


class TrackerApp(TextChoices):
    TRACCAR = "traccar", "Traccar Client"
    OWNTRACKS = "owntracks", "OwnTracks"


class SuggestionState(TextChoices):
    """Of a suggested order: a job first, then an offer that is taken, given back or left."""

    QUEUED = "queued", _("Waiting")
    RUNNING = "running", _("Searching")
    READY = "ready", _("Suggested")
    ACCEPTED = "accepted", _("Accepted")
    UNDONE = "undone", _("Undone")
    DROPPED = "dropped", _("Not taken")
    FAILED = "failed", _("Failed")


class ScenarioState(TextChoices):
    """Of a scenario of territories: a job first, then a proposal that is changed by hand and published."""

    QUEUED = "queued", _("Waiting")
    RUNNING = "running", _("Being reckoned")
    READY = "ready", pgettext_lazy("territories", "Proposed")
    PUBLISHED = "published", _("Published")
    FAILED = "failed", _("Failed")


class TerritoryWeight(TextChoices):
    """What shall be even among reps."""

    CUSTOMERS = "customers", _("Number of customers")
    VISITS = "visits", _("Visits a month")
    SALES = "sales", _("Sales of the last 90 days")
    HOURS = "hours", _("Hours a month on the road and in stores")


class PlanState(TextChoices):
    """Of a tour plan: its tours are searched for by a job and may be searched for again."""

    DRAFT = "draft", pgettext_lazy("tour plan", "Not planned yet")
    QUEUED = "queued", _("Waiting")
    RUNNING = "running", _("Searching")
    READY = "ready", pgettext_lazy("tour plan", "Planned")
    FAILED = "failed", _("Failed")


class FrequencySource(TextChoices):
    """Where the number of visits in the period comes from."""

    TYPED = "typed", _("The same for all")
    LEVEL = "level", _("By level")
    PLAN = "plan", _("By visit plan, else by level")


class BalanceWish(IntegerChoices):
    """What a second above a fair day costs, in seconds on the way."""

    NONE = 0, _("Shortest way")
    SOME = 1, _("Even days where that costs little")
    STRONG = 4, _("Even days")


class SearchEffort(TextChoices):
    QUICK = "quick", _("Quick: a first idea")
    NORMAL = "normal", _("Normal: one to three minutes")
    LONG = "long", _("Thorough: ten minutes")
