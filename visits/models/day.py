from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from visits.enums import ReportStatus
from visits.querysets import DailyReportQuerySet


class DailyReport(models.Model):
    """A rep's day, assembled from what was recorded (D9), with one line of his own. The figures are frozen when sent."""

    rep = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("rep"),
        on_delete=models.PROTECT,
        related_name="daily_reports",
    )
    day = models.DateField(_("day"))  # business day
    status = models.CharField(
        _("status"), max_length=10, choices=ReportStatus.choices, default=ReportStatus.DRAFT
    )
    figures = models.JSONField(_("figures"), default=dict)
    remark = models.CharField(_("the rep's line"), max_length=300, blank=True)
    reader = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("sent to"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    read_at = models.DateTimeField(_("read at"), null=True, blank=True)
    updated_at = models.DateTimeField(_("changed at"), auto_now=True)

    objects = DailyReportQuerySet.as_manager()

    class Meta:
        ordering = ["-day", "rep"]
        verbose_name = _("daily report")
        verbose_name_plural = _("daily reports")
        constraints = [
            models.UniqueConstraint(fields=["rep", "day"], name="daily_report_unique"),
            models.CheckConstraint(
                condition=Q(status="draft") | Q(sent_at__isnull=False), name="daily_report_sent_has_time"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.rep}"
