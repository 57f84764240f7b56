from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class NoticeKind(TextChoices):
    """What a notice is about; the unread centre groups by it, preferences are kept by it."""

    POOL = "pool", _("Public pool")
    CUSTOMER = "customer", _("Customers")
    LEAD = "lead", _("Leads")
    REMINDER = "reminder", _("Reminders")
    BIRTHDAY = "birthday", _("Birthdays")
    ALERT = "alert", _("Alerts")
    MESSAGE = "message", _("Paging")
    ANNOUNCEMENT = "announcement", _("Announcements")
    REPORT = "report", _("Work reports")
    TASK = "task", _("Customer tasks")
    SCHEDULE = "schedule", _("Schedule")
    INSTRUCTION = "instruction", _("Instructions")
    DOCUMENT = "document", pgettext_lazy("library", "Documents")
    SYSTEM = "system", _("System")


class Channel(TextChoices):
    """Ways to a person besides the unread centre, which has every notice (E6)."""

    EMAIL = "email", _("E-mail")
    PUSH = "push", _("On the phone")
    CHAT = "chat", _("Chat bot")
    SMS = "sms", _("SMS")
    CONSOLE = "console", _("Log (trial)")


class Frequency(TextChoices):
    """How soon a kind of notice goes out over a channel."""

    NOW = "now", _("At once")
    DIGEST = "digest", _("In the morning's summary")
    NEVER = "never", _("Never")


class OutboxState(TextChoices):
    """Where a message to the outside stands; comms.services.sending alone moves it."""

    WAITING = "waiting", _("Waiting")
    SENDING = "sending", _("Being sent")
    SENT = "sent", _("Sent out")
    FAILED = "failed", _("Failed")
    UNSURE = "unsure", _("Sent or not")  # handed over, and no answer was heard: never sent again by itself
    DROPPED = "dropped", _("Not needed any more")
    GATHERED = "gathered", _("In a summary")


class Audience(TextChoices):
    """Whom an announcement is for."""

    ALL = "all", _("Whole company")
    DEPARTMENTS = "departments", _("Departments")
    ROLES = "roles", _("Roles")
    PEOPLE = "people", _("People")
