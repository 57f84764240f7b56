"""Choices of team work, a block for each family."""

from django.db.models import IntegerChoices, TextChoices
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


class CustomerTaskKind(TextChoices):
    """What a customer task (H1) is for."""

    SALES = "sales", _("Sales tracking")
    SERVICE = "service", _("Service")
    REVISIT = "revisit", _("Revisit")
    FREE = "free", _("Free task")


class CustomerTaskStatus(TextChoices):
    """Where a customer task stands; team.services.tasks.set_status alone moves it."""

    OPEN = "open", _("Not begun")
    DOING = "doing", _("In progress")
    DONE = "done", _("Done")
    CANCELLED = "cancelled", _("Cancelled")


class TaskPriority(IntegerChoices):
    """In the order in which tasks are dealt with."""

    HIGH = 1, _("Urgent")
    NORMAL = 2, _("Normal")
    LOW = 3, _("When there is time")


class CustomerTaskSource(TextChoices):
    """Where a customer task comes from."""

    MANUAL = "manual", _("By hand")
    CUSTOMER = "customer", _("Customer's page")
    SELECTION = "selection", _("Selection of customers")
    ALERT = "alert", _("Alert")
    COMPLAINT = "complaint", _("Complaint")


class CustomerTaskEventKind(TextChoices):
    """A line of a customer task's history."""

    CREATED = "created", _("Made")
    CHANGED = "changed", _("Changed")
    STATUS = "status", _("Status")
    HANDED_OVER = "handed_over", _("Handed over")
    SHARED = "shared", _("Shared")
    UNSHARED = "unshared", _("Sharing ended")
    ESCALATED = "escalated", _("Told to the superior")


class TaskContactResult(TextChoices):
    """What came of one contact inside a customer task."""

    SOLVED = "solved", _("Settled")
    PROGRESS = "progress", _("One step on")
    AGAIN = "again", _("To be contacted again")
    NOT_REACHED = "not_reached", _("Not reached")
    REFUSED = "refused", _("Turned down")


class EntryVisibility(TextChoices):
    """What superiors see of an entry of the schedule (H2); the invited always see all of it."""

    OPEN = "open", pgettext_lazy("visibility", "Everything")
    BUSY = "busy", _("The time only")
    PRIVATE = "private", pgettext_lazy("visibility", "Nothing")


class InvitationAnswer(TextChoices):
    """What an invited colleague answered."""

    WAITING = "waiting", _("Not answered")
    ACCEPTED = "accepted", _("Accepted")
    MAYBE = "maybe", _("Maybe")
    DECLINED = "declined", _("Declined")


class RepeatEvery(TextChoices):
    """How an entry repeats: FREQ of RFC 5545."""

    DAILY = "DAILY", pgettext_lazy("rhythm", "Every day")
    WEEKLY = "WEEKLY", pgettext_lazy("rhythm", "Every week")
    MONTHLY = "MONTHLY", pgettext_lazy("rhythm", "Every month")
    YEARLY = "YEARLY", pgettext_lazy("rhythm", "Every year")


class SeriesPart(TextChoices):
    """Which part of a series a change is about."""

    THIS = "this", _("This one only")
    FOLLOWING = "following", _("This and the following")
    ALL = "all", _("The whole series")
