"""Choices of team work, a block for each family."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class WorkReportKind(TextChoices):
    """What period a work report (H3) is about."""

    DAY = "day", _("Day report")
    WEEK = "week", _("Week report")
    MONTH = "month", _("Month report")


class WorkReportStatus(TextChoices):
    """Where a work report stands; team.services.reports alone moves it."""

    DRAFT = "draft", _("Draft")
    SENT = "sent", _("Unread")
    READ = "read", _("Read")


class DocumentStatus(TextChoices):
    """Where a document stands; team.services.documents.move alone changes it."""

    DRAFT = "draft", pgettext_lazy("document", "Draft")
    PUBLISHED = "published", pgettext_lazy("document", "Published")
    ARCHIVED = "archived", pgettext_lazy("document", "Archived")


class TextState(TextChoices):
    """How far the text of an attachment is taken out for the search."""

    WAITING = "waiting", _("Waiting")
    RUNNING = "running", _("Being read")
    DONE = "done", _("Searchable")
    NONE = "none", _("Has no text")
    FAILED = "failed", _("Cannot be read")
