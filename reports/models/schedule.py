from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from reports.enums import ConditionKind, Rhythm, RunState
from reports.querysets import ScheduledReportQuerySet


class ScheduledReport(models.Model):
    """A report that goes out by e-mail again and again (J6). Each recipient gets the figures of his own data scope."""

    name = models.CharField(_("name"), max_length=80)
    report = models.CharField(_("report"), max_length=60)  # code in the register
    query = models.JSONField(_("query of the report"), default=dict)  # the report's address parameters
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("owner"),
        on_delete=models.CASCADE,
        related_name="scheduled_reports",
    )
    recipients = models.ManyToManyField(
        settings.AUTH_USER_MODEL, verbose_name=_("recipients"), related_name="+"
    )
    rhythm = models.CharField(_("how often"), max_length=10, choices=Rhythm.choices, default=Rhythm.WEEKLY)
    weekday = models.PositiveSmallIntegerField(_("weekday"), default=1)  # ISO, of weekly ones
    month_day = models.PositiveSmallIntegerField(
        _("day of the month"), default=1
    )  # beyond the month's end: its last day
    at = models.TimeField(_("time"), default="08:00")  # local
    condition = models.CharField(
        _("only if"), max_length=10, choices=ConditionKind.choices, default=ConditionKind.ALWAYS
    )
    measure = models.CharField(_("judged by"), max_length=60, blank=True)
    limit = models.DecimalField(_("limit"), max_digits=16, decimal_places=2, null=True, blank=True)
    with_workbook = models.BooleanField(_("with a workbook"), default=True)
    is_active = models.BooleanField(_("in use"), default=True)
    next_at = models.DateTimeField(_("next time"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    objects = ScheduledReportQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        verbose_name = _("scheduled report")
        verbose_name_plural = _("scheduled reports")
        permissions = [("export_report", _("Can take reports out as workbooks"))]
        constraints = [
            models.CheckConstraint(
                condition=Q(weekday__gte=1, weekday__lte=7, month_day__gte=1, month_day__lte=31),
                name="scheduled_report_days_in_range",
            ),
            models.CheckConstraint(
                condition=Q(condition="always") | Q(limit__isnull=False),
                name="scheduled_report_condition_has_limit",
            ),
        ]
        indexes = [models.Index(fields=["next_at"], condition=Q(is_active=True), name="scheduled_report_due")]

    def __str__(self) -> str:
        return self.name


class ScheduledRun(models.Model):
    """One time that a scheduled report was due: the row is the job, and afterwards its log."""

    schedule = models.ForeignKey(
        ScheduledReport, verbose_name=_("scheduled report"), on_delete=models.CASCADE, related_name="runs"
    )
    due_at = models.DateTimeField(_("due"))
    state = models.CharField(_("state"), max_length=10, choices=RunState.choices, default=RunState.WAITING)
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    heartbeat_at = models.DateTimeField(default=timezone.now, editable=False)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    sent = models.PositiveIntegerField(_("sent"), default=0)
    # {user id: "sent" | "skipped" | what went wrong}, so that a run that starts again sends nothing twice.
    recipients = models.JSONField(_("recipients"), default=dict, blank=True)
    error = models.TextField(_("error"), blank=True)

    class Meta:
        ordering = ["-due_at", "-pk"]
        verbose_name = _("run of a scheduled report")
        verbose_name_plural = _("runs of scheduled reports")
        constraints = [models.UniqueConstraint(fields=["schedule", "due_at"], name="scheduled_run_once")]

    def __str__(self) -> str:
        return f"{self.schedule} {timezone.localtime(self.due_at):%Y-%m-%d %H:%M}"
