from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Department
from alerts.enums import AlertKind, RepMeasure
from crm.enums import Level


class AlertRule(models.Model):
    """When a customer is due again (domain-rules §3); the most specific rule for a customer and kind wins."""

    kind = models.CharField(_("kind"), max_length=12, choices=AlertKind.choices)
    period_days = models.PositiveIntegerField(
        _("period (days)"), validators=[MinValueValidator(1), MaxValueValidator(3650)]
    )
    level = models.CharField(
        _("level"), max_length=1, choices=Level.choices, blank=True, help_text=_("Empty: every level.")
    )
    department = models.ForeignKey(
        Department,
        verbose_name=_("department"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="alert_rules",
        help_text=_("Of the customer's owner, with child departments. Empty: every department."),
    )
    is_enabled = models.BooleanField(_("enabled"), default=True)

    class Meta:
        ordering = ["kind", "level", "department_id", "period_days"]
        verbose_name = _("customer alert rule")
        verbose_name_plural = _("customer alert rules")
        constraints = [
            models.CheckConstraint(condition=models.Q(period_days__gte=1), name="alert_rule_period_positive")
        ]

    def __str__(self) -> str:
        scope = " · ".join(part for part in (self.level, str(self.department or "")) if part)
        return f"{self.get_kind_display()} {self.period_days}" + (f" ({scope})" if scope else "")


class RepAlertRule(models.Model):
    """Which reps do less than they should (domain-rules §4)."""

    measure = models.CharField(_("measure"), max_length=14, choices=RepMeasure.choices)
    window_days = models.PositiveIntegerField(
        _("over the last business days"), default=5, validators=[MinValueValidator(1), MaxValueValidator(90)]
    )
    threshold_percent = models.PositiveIntegerField(
        _("below % of the average"),
        default=60,
        validators=[MaxValueValidator(100)],
        help_text=_("0: only those with none at all."),
    )
    department = models.ForeignKey(
        Department,
        verbose_name=_("department"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="rep_alert_rules",
        help_text=_("With child departments. Empty: the whole company."),
    )
    working_days_only = models.BooleanField(_("leave out weekends and public holidays"), default=True)
    is_enabled = models.BooleanField(_("enabled"), default=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("rep alert rule")
        verbose_name_plural = _("rep alert rules")

    def __str__(self) -> str:
        return f"{self.get_measure_display()} / {self.window_days}"
