from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


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
