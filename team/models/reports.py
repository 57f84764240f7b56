import datetime as dt

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.enums import RoleCode
from team.enums import WorkReportKind, WorkReportStatus
from team.models.fields import person_key
from team.querysets.reports import WorkReportQuerySet
from team.rules.report_words import period_words
from team.rules.reports import MAX_COMMENT, Part, WorkFigures, last_day, read_parts, thaw
from visits.models import DailyReport


class WorkReportTemplate(models.Model):
    """What people of a role write in a report of a kind; without a role it is for all who have none of their own."""

    role = models.CharField(_("role"), max_length=20, choices=RoleCode.choices, blank=True)
    kind = models.CharField(_("kind"), max_length=8, choices=WorkReportKind.choices)
    sections = models.JSONField(_("sections"), default=list)  # team.rules.reports.Section
    is_due = models.BooleanField(_("must be sent"), default=True)
    updated_at = models.DateTimeField(_("changed at"), auto_now=True)

    class Meta:
        ordering = ["role", "kind"]
        verbose_name = _("template of work reports")
        verbose_name_plural = _("templates of work reports")
        constraints = [models.UniqueConstraint(fields=["role", "kind"], name="work_report_template_unique")]

    def __str__(self) -> str:
        return f"{self.role_name} · {self.get_kind_display()}"

    @property
    def role_name(self) -> str:
        return str(self.get_role_display() or _("Everybody else"))


class WorkReport(models.Model):
    """One person's day, week or month (工作报告, H3): figures from the data, frozen when sent, and his own words.

    The day of whoever closes it on the phone comes from his DailyReport and follows it.
    """

    person = person_key(_("person"), "work_reports")
    kind = models.CharField(_("kind"), max_length=8, choices=WorkReportKind.choices)
    first = models.DateField(_("first day"))
    status = models.CharField(
        _("status"), max_length=8, choices=WorkReportStatus.choices, default=WorkReportStatus.DRAFT
    )
    figures = models.JSONField(_("figures"), default=dict, blank=True)  # team.rules.reports.WorkFigures
    texts = models.JSONField(_("texts"), default=list, blank=True)  # team.rules.reports.Part
    words = models.TextField(blank=True, editable=False)  # the texts in a row, for the search
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("reviewer"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="work_reports_received",
    )
    daily_report = models.OneToOneField(
        DailyReport,
        verbose_name=_("day's end"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="work_report",
    )
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    is_late = models.BooleanField(_("sent late"), default=False)
    read_at = models.DateTimeField(_("read at"), null=True, blank=True)
    updated_at = models.DateTimeField(_("changed at"), auto_now=True)

    objects = WorkReportQuerySet.as_manager()

    class Meta:
        ordering = ["-first", "-pk"]
        verbose_name = _("work report")
        verbose_name_plural = _("work reports")
        permissions = [
            ("read_team_workreport", _("Can read the work reports of the people in his scope")),
            ("export_workreport", _("Can export work reports")),
        ]
        constraints = [
            models.UniqueConstraint(fields=["person", "kind", "first"], name="work_report_unique"),
            models.CheckConstraint(
                condition=Q(status="draft", sent_at__isnull=True, read_at__isnull=True)
                | Q(status="sent", sent_at__isnull=False, read_at__isnull=True)
                | Q(status="read", sent_at__isnull=False, read_at__isnull=False),
                name="work_report_times",
            ),
            models.CheckConstraint(condition=~Q(reviewer=F("person")), name="work_report_not_to_oneself"),
            models.CheckConstraint(
                condition=Q(daily_report__isnull=True) | Q(kind="day"), name="work_report_day_of_day_end"
            ),
        ]
        indexes = [
            models.Index(fields=["kind", "first"], name="work_report_kind_first"),
            models.Index(fields=["reviewer", "-first"], name="work_report_reviewer"),
            models.Index(fields=["reviewer"], name="work_report_unread", condition=Q(status="sent")),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.first} {self.person}"

    def get_absolute_url(self) -> str:
        return reverse("team:work_report", args=[self.pk])

    @property
    def last(self) -> dt.date:
        """Last day of its period."""
        return last_day(self.kind, self.first)

    @property
    def period(self) -> str:
        """Its days in words."""
        return period_words(self.kind, self.first)

    @property
    def parts(self) -> list[Part]:
        return read_parts(self.texts)

    @property
    def numbers(self) -> WorkFigures:
        """The figures as they were sent."""
        return thaw(self.figures)

    @property
    def is_draft(self) -> bool:
        return self.status == WorkReportStatus.DRAFT


class WorkReportCopy(models.Model):
    """A colleague who gets the report to know (抄送)."""

    report = models.ForeignKey(WorkReport, on_delete=models.CASCADE, related_name="copies")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("person"),
        on_delete=models.CASCADE,
        related_name="work_report_copies",
    )
    read_at = models.DateTimeField(_("read at"), null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("copy of a work report")
        verbose_name_plural = _("copies of work reports")
        constraints = [models.UniqueConstraint(fields=["report", "person"], name="work_report_copied_once")]
        indexes = [
            models.Index(fields=["person"], name="work_report_copy_unread", condition=Q(read_at__isnull=True))
        ]

    def __str__(self) -> str:
        return f"{self.report_id}: {self.person_id}"


class WorkReportComment(models.Model):
    """What is said below a report."""

    report = models.ForeignKey(WorkReport, on_delete=models.CASCADE, related_name="comments")
    author = person_key(_("author"), "work_report_comments")
    text = models.TextField(_("comment"), max_length=MAX_COMMENT)
    at = models.DateTimeField(_("time"), default=timezone.now)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("comment on a work report")
        verbose_name_plural = _("comments on work reports")
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="work_report_comment_says_something")
        ]

    def __str__(self) -> str:
        return self.text[:40]


class WorkReportFile(models.Model):
    """An attachment: a picture written anew, or a document that is what its name says."""

    report = models.ForeignKey(WorkReport, on_delete=models.CASCADE, related_name="files")
    file = models.FileField(_("file"), upload_to="work-reports/%Y/%m/")
    name = models.CharField(_("name"), max_length=200)
    size = models.PositiveIntegerField(_("size"))  # bytes
    created_at = models.DateTimeField(_("created at"), default=timezone.now)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("file of a work report")
        verbose_name_plural = _("files of work reports")

    def __str__(self) -> str:
        return self.name

    @property
    def is_picture(self) -> bool:
        return str(self.file.name).endswith(".jpg")


class _NoTable(models.Manager["DueReport"]):
    def get_queryset(self) -> models.QuerySet["DueReport"]:
        return super().get_queryset().none()


class DueReport(models.Model):
    """A report that somebody had to send of a period that is over. No table holds such rows: what gives them is
    team.queries.due_reports, for the days that are asked for."""

    id = models.TextField(primary_key=True)  # person, kind and first day
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("person"),
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
    )
    kind = models.CharField(_("kind"), max_length=8, choices=WorkReportKind.choices)
    first = models.DateField(_("first day"))
    due = models.DateField(_("due on"))
    report = models.ForeignKey(  # that was sent
        WorkReport, null=True, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False
    )

    objects = _NoTable()

    class Meta:
        managed = False
        base_manager_name = "objects"
        default_permissions = ()
        ordering = ["-first", "pk"]
        verbose_name = _("work report that is due")
        verbose_name_plural = _("work reports that are due")

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.first} {self.person}"

    @property
    def period(self) -> str:
        """Its days in words."""
        return period_words(self.kind, self.first)
