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
