from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class NoticeKind(TextChoices):
    """What a notice is about; the unread centre groups by it."""

    POOL = "pool", _("Public pool")
    CUSTOMER = "customer", _("Customers")
    LEAD = "lead", _("Leads")
    REMINDER = "reminder", _("Reminders")
    BIRTHDAY = "birthday", _("Birthdays")
    ALERT = "alert", _("Alerts")
    MESSAGE = "message", _("Paging")
    ANNOUNCEMENT = "announcement", _("Announcements")
    REPORT = "report", _("Daily reports")
    SYSTEM = "system", _("System")
