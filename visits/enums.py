from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class TaskStatus(TextChoices):
    """open → done | skipped; a skipped task may be opened again."""

    OPEN = "open", _("To visit")
    DONE = "done", _("Visited")
    SKIPPED = "skipped", _("Skipped")


class TaskSource(TextChoices):
    ONE_OFF = "one_off", _("One-off")
    ROUTE = "route", _("Route")
    PLAN = "plan", _("Periodic plan")
    ALERT = "alert", _("Alert")


class Fence(TextChoices):
    """Where the check-in fix lay against the store's location at that moment (domain-rules §2)."""

    INSIDE = "inside", _("At the store")
    OUTSIDE = "outside", _("Outside the fence")
    UNVERIFIED = "unverified", _("Unverified")
    NO_LOCATION = "no_location", _("Store without location")


class VisitStatus(TextChoices):
    OPEN = "open", _("In the store")
    CLOSED = "closed", _("Checked out")


class VisitOutcome(TextChoices):
    VISITED = "visited", _("Visited")
    CLOSED_SHOP = "closed", _("Shop was closed")


class SyncResult(TextChoices):
    DONE = "done", _("Done")
    REFUSED = "refused", _("Refused")
