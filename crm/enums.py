from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class DictionaryKind(TextChoices):
    CHANNEL = "channel", _("Channel")
    INDUSTRY = "industry", _("Industry")
    REGION = "region", _("Region")
    SCALE = "scale", _("Scale")
    TYPE = "type", _("Customer type")
    SOURCE = "source", _("Source")
    MATURITY = "maturity", _("Maturity")
    CREDIT_RATING = "credit_rating", _("Credit rating")
    RELATIONSHIP = "relationship", _("Relationship")


class Level(TextChoices):
    A = "A", "A"
    B = "B", "B"
    C = "C", "C"


class CustomerStatus(TextChoices):
    ACTIVE = "active", _("Active")
    INACTIVE = "inactive", _("Inactive")


class LocationStatus(TextChoices):
    NONE = "none", _("No location")
    TO_CONFIRM = "to_confirm", _("To confirm")
    CONFIRMED = "confirmed", _("Confirmed")


class OwnerChangeReason(TextChoices):
    CREATED = "created", _("Created")
    IMPORTED = "imported", _("Imported")
    ASSIGNED = "assigned", _("Assigned")
    TRANSFERRED = "transferred", _("Transferred")


class ImportState(TextChoices):
    """uploaded → mapped → previewed → queued → running → done | failed; cancelled before running; undone after done."""

    UPLOADED = "uploaded", _("Uploaded")
    PREVIEWING = "previewing", _("Checking")
    PREVIEWED = "previewed", _("Checked")
    QUEUED = "queued", _("Waiting")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    FAILED = "failed", _("Failed")
    CANCELLED = "cancelled", _("Cancelled")
    UNDONE = "undone", _("Undone")


class OnDuplicate(TextChoices):
    SKIP = "skip", _("Skip")
    UPDATE = "update", _("Update")
    CREATE = "create", _("Create anyway")
