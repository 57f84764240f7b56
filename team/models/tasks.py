import datetime as dt
import uuid

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm.enums import DictionaryKind
from crm.models import Contact, Customer, Dictionary
from team.enums import (
    CustomerTaskEventKind,
    CustomerTaskKind,
    CustomerTaskSource,
    CustomerTaskStatus,
    TaskContactResult,
    TaskPriority,
)
from team.models.fields import person_key
from team.querysets.tasks import LIVE, CustomerTaskQuerySet

MAX_NOTES = 2000


class CustomerTask(models.Model):
    """Something to do for one customer (H1), in one person's hands, until a time, with its steps and its log."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    number = models.CharField(_("number"), max_length=20, unique=True)
    kind = models.CharField(
        _("kind"), max_length=8, choices=CustomerTaskKind.choices, default=CustomerTaskKind.SALES
    )
    is_complaint = models.BooleanField(_("complaint"), default=False)
    customer = models.ForeignKey(
        Customer, verbose_name=_("customer"), on_delete=models.CASCADE, related_name="customer_tasks"
    )
    title = models.CharField(_("title"), max_length=120)
    notes = models.TextField(_("notes"), max_length=MAX_NOTES, blank=True)
    assignee = person_key(_("assignee"), "customer_tasks")
    creator = person_key(_("given by"), "customer_tasks_given")
    status = models.CharField(
        _("status"), max_length=9, choices=CustomerTaskStatus.choices, default=CustomerTaskStatus.OPEN
    )
    priority = models.PositiveSmallIntegerField(
        _("priority"), choices=TaskPriority.choices, default=TaskPriority.NORMAL
    )
    starts_at = models.DateTimeField(_("begins at"), null=True, blank=True)
    due_at = models.DateTimeField(_("due at"), null=True, blank=True)
    # Minutes before `due_at`; the moment stands beside them, so that the job reads one index.
    remind_minutes = models.PositiveIntegerField(_("remind before (minutes)"), null=True, blank=True)
    remind_at = models.DateTimeField(_("remind at"), null=True, blank=True, editable=False)
    reminded_at = models.DateTimeField(_("reminded at"), null=True, blank=True, editable=False)
    escalated_at = models.DateTimeField(_("told to the superior at"), null=True, blank=True, editable=False)
    # Percent; the share of ticked steps as long as there are steps, else typed.
    progress = models.PositiveSmallIntegerField(_("progress"), default=0)
    satisfaction = models.PositiveSmallIntegerField(
        _("satisfaction"), null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(5)]
    )
    outcome = models.CharField(_("outcome"), max_length=300, blank=True)
    source = models.CharField(
        _("source"), max_length=9, choices=CustomerTaskSource.choices, default=CustomerTaskSource.MANUAL
    )
    # Which alert ("alert-12") or which selection ("bulk-…") it was made from.
    source_key = models.CharField(_("made from"), max_length=60, blank=True)
    last_contact_at = models.DateTimeField(_("last contact"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    done_at = models.DateTimeField(_("done at"), null=True, blank=True)
    updated_at = models.DateTimeField(_("changed at"), auto_now=True)

    objects = CustomerTaskQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = _("customer task")
        verbose_name_plural = _("customer tasks")
        permissions = [("export_customertask", _("Can export customer tasks"))]
        constraints = [
            models.CheckConstraint(
                condition=Q(status="done", done_at__isnull=False)
                | (~Q(status="done") & Q(done_at__isnull=True)),
                name="customer_task_done_at",
            ),
            models.CheckConstraint(condition=Q(progress__lte=100), name="customer_task_progress"),
            models.CheckConstraint(
                condition=Q(satisfaction__isnull=True) | Q(satisfaction__range=(1, 5)),
                name="customer_task_satisfaction",
            ),
            models.CheckConstraint(
                condition=Q(starts_at__isnull=True) | Q(due_at__isnull=True) | Q(due_at__gte=F("starts_at")),
                name="customer_task_due_after_start",
            ),
            models.CheckConstraint(
                condition=Q(is_complaint=False) | Q(kind="service"), name="customer_task_complaint_is_service"
            ),
            models.CheckConstraint(
                condition=(
                    Q(remind_at__isnull=True) & (Q(remind_minutes__isnull=True) | Q(due_at__isnull=True))
                )
                | Q(remind_at__isnull=False, remind_minutes__isnull=False, due_at__isnull=False),
                name="customer_task_remind_at",
            ),
            # The same selection sent twice makes no second task, and an alert has one task at a time.
            models.UniqueConstraint(
                fields=["customer", "source_key"],
                condition=Q(source="selection") & ~Q(source_key=""),
                name="customer_task_once_a_selection",
            ),
            models.UniqueConstraint(
                fields=["source_key"],
                condition=Q(source="alert", status__in=["open", "doing"]) & ~Q(source_key=""),
                name="customer_task_once_an_alert",
            ),
        ]
        indexes = [
            models.Index(fields=["assignee", "status", "due_at"], name="customer_task_assignee"),
            models.Index(fields=["creator", "-created_at"], name="customer_task_creator"),
            models.Index(fields=["customer", "-created_at"], name="customer_task_customer"),
            models.Index(fields=["done_at"], name="customer_task_done"),
            models.Index(
                fields=["remind_at"],
                name="customer_task_to_remind",
                condition=Q(reminded_at__isnull=True, status__in=["open", "doing"]),
            ),
            models.Index(
                fields=["due_at"],
                name="customer_task_to_escalate",
                condition=Q(escalated_at__isnull=True, status__in=["open", "doing"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    def get_absolute_url(self) -> str:
        return reverse("team:customer_task", args=[self.pk])

    @property
    def is_live(self) -> bool:
        return self.status in LIVE

    def is_late(self, now: dt.datetime) -> bool:
        """Whether it is not finished though its time is over."""
        return self.is_live and self.due_at is not None and self.due_at < now

    @property
    def was_in_time(self) -> bool | None:
        """Whether it was done by its due time; None while it is not done, and without such a time."""
        if self.done_at is None or self.due_at is None:
            return None
        return self.done_at <= self.due_at


class TaskStep(models.Model):
    """One step of a task, to be ticked."""

    task = models.ForeignKey(CustomerTask, on_delete=models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField(_("order"), default=0)
    text = models.CharField(_("step"), max_length=200)
    done_at = models.DateTimeField(_("done at"), null=True, blank=True)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("done by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )

    class Meta:
        ordering = ["position", "pk"]
        verbose_name = _("step of a customer task")
        verbose_name_plural = _("steps of customer tasks")
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="task_step_says_something")]

    def __str__(self) -> str:
        return self.text[:40]


class TaskShare(models.Model):
    """A colleague who sees a task (A2), and may work on it with `can_write`, up to and on `last_day` when that is set."""

    task = models.ForeignKey(CustomerTask, on_delete=models.CASCADE, related_name="shares")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("colleague"),
        on_delete=models.CASCADE,
        related_name="customer_task_shares",
    )
    can_write = models.BooleanField(_("may also change it"), default=False)
    last_day = models.DateField(_("last day"), null=True, blank=True)  # business day
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("shared customer task")
        verbose_name_plural = _("shared customer tasks")
        constraints = [models.UniqueConstraint(fields=["task", "user"], name="task_share_unique")]

    def __str__(self) -> str:
        return str(self.user)


class TaskContact(models.Model):
    """One contact with the customer inside a task: when, with whom, how, with what, what came of it, what is next."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    task = models.ForeignKey(CustomerTask, on_delete=models.CASCADE, related_name="contacts")
    author = person_key(_("by"), "task_contacts")
    at = models.DateTimeField(_("time"))
    contact = models.ForeignKey(
        Contact,
        verbose_name=_("contact"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    method = models.ForeignKey(
        Dictionary,
        verbose_name=_("method"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        limit_choices_to={"kind": DictionaryKind.FOLLOW_METHOD},
    )
    materials = models.ManyToManyField(
        Dictionary,
        verbose_name=_("materials used"),
        blank=True,
        related_name="+",
        limit_choices_to={"kind": DictionaryKind.MATERIAL},
    )
    text = models.TextField(_("what was said and agreed"), max_length=MAX_NOTES)
    result = models.CharField(_("result"), max_length=12, choices=TaskContactResult.choices)
    next_step = models.CharField(_("next step"), max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name = _("contact of a customer task")
        verbose_name_plural = _("contacts of customer tasks")
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="task_contact_says_something")]
        indexes = [
            models.Index(fields=["task", "-at"], name="task_contact_task"),
            models.Index(fields=["at"], name="task_contact_at"),
        ]

    def __str__(self) -> str:
        return self.text[:40]


class TaskContactFile(models.Model):
    """An attachment: a picture written anew, or a document that is what its name says."""

    contact = models.ForeignKey(TaskContact, on_delete=models.CASCADE, related_name="files")
    file = models.FileField(_("file"), upload_to="customer-tasks/%Y/%m/")
    name = models.CharField(_("name"), max_length=200)
    size = models.PositiveIntegerField(_("size"))  # bytes
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("file of a customer task")
        verbose_name_plural = _("files of customer tasks")

    def __str__(self) -> str:
        return self.name

    @property
    def is_picture(self) -> bool:
        return str(self.file.name).endswith(".jpg")


class CustomerTaskEvent(models.Model):
    """One line of a task's history; codes are stored and put into words when it is read."""

    task = models.ForeignKey(CustomerTask, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(_("event"), max_length=12, choices=CustomerTaskEventKind.choices)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("person"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    old = models.CharField(_("before the change"), max_length=60, blank=True)
    new = models.CharField(_("after the change"), max_length=60, blank=True)
    note = models.CharField(_("note"), max_length=300, blank=True)
    at = models.DateTimeField(_("time"), default=timezone.now)

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name = _("history of a customer task")
        verbose_name_plural = _("history of customer tasks")
        indexes = [models.Index(fields=["task", "-at"], name="customer_task_event_task")]

    def __str__(self) -> str:
        return self.get_kind_display()
