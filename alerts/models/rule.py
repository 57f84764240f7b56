from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Department
from alerts.enums import RepMeasure
from alerts.rules import kind_choices, label_of
from common.punctuation import noted
from crm.enums import DictionaryKind, Level
from crm.models import Customer, Dictionary, Tag


class AlertRule(models.Model):
    """When a customer is due again (domain-rules §3); the most specific rule for a customer and kind wins.

    What it says may change; every version that judged anybody stays (AlertRuleVersion).
    """

    kind = models.CharField(_("kind"), max_length=20, choices=kind_choices)
    period_days = models.PositiveIntegerField(
        _("period (days)"), default=0, validators=[MaxValueValidator(3650)]
    )
    working_days = models.BooleanField(
        _("count working days"),
        default=False,
        help_text=_("Weekends and public holidays are stepped over."),
    )
    threshold = models.DecimalField(
        _("threshold"),
        max_digits=14,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
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
    channel = models.ForeignKey(
        Dictionary,
        verbose_name=_("channel"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
        limit_choices_to={"kind": DictionaryKind.CHANNEL},
        help_text=_("Empty: every channel."),
    )
    tag = models.ForeignKey(
        Tag,
        verbose_name=_("tag"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
        help_text=_("Only customers with this tag."),
    )
    starts_on = models.DateField(_("in force from"), null=True, blank=True)
    ends_on = models.DateField(_("in force until"), null=True, blank=True)
    is_enabled = models.BooleanField(_("enabled"), default=True)

    class Meta:
        ordering = ["kind", "level", "department_id", "period_days"]
        verbose_name = _("customer alert rule")
        verbose_name_plural = _("customer alert rules")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(starts_on__isnull=True)
                | models.Q(ends_on__isnull=True)
                | models.Q(ends_on__gte=models.F("starts_on")),
                name="alert_rule_dates",
            )
        ]

    def clean(self) -> None:
        if self.starts_on and self.ends_on and self.ends_on < self.starts_on:
            raise ValidationError({"ends_on": _("The rule ends before it begins.")})

    def __str__(self) -> str:
        parts = (self.level, self.department, self.channel, self.tag)
        scope = " · ".join(str(part) for part in parts if part)
        name = f"{self.get_kind_display()} {self.period_days}"
        return noted(name, scope) if scope else name


class AlertRuleVersion(models.Model):
    """A rule as it stood when it judged, so that an old alert can say why it was opened. Never changed."""

    rule = models.ForeignKey(
        AlertRule, verbose_name=_("rule"), null=True, on_delete=models.SET_NULL, related_name="versions"
    )
    number = models.PositiveIntegerField(_("version"))
    # The rule's columns, and `names` of department, channel and tag as they were called.
    values = models.JSONField(_("values"))
    made_at = models.DateTimeField(_("made"), default=timezone.now)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("changed by"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("version of a customer alert rule")
        verbose_name_plural = _("versions of customer alert rules")
        constraints = [
            models.UniqueConstraint(fields=["rule", "number"], name="alert_rule_version_unique"),
        ]

    def __str__(self) -> str:
        return noted(f"{label_of(self.values['kind'])} {self.values['period_days']}", self.number)


class AlertExemption(models.Model):
    """Customers that a kind, or every kind, leaves alone: those of a level, of a tag, or one (E1)."""

    kind = models.CharField(
        _("kind"), max_length=20, choices=kind_choices, blank=True, help_text=_("Empty: every kind.")
    )
    level = models.CharField(_("level"), max_length=1, choices=Level.choices, blank=True)
    tag = models.ForeignKey(
        Tag, verbose_name=_("tag"), null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    customer = models.ForeignKey(
        Customer,
        verbose_name=_("customer"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="alert_exemptions",
    )
    until = models.DateField(_("until"), null=True, blank=True, help_text=_("The last day. Empty: for good."))
    reason = models.CharField(_("reason"), max_length=200)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("created by"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("exemption from alerts")
        verbose_name_plural = _("exemptions from alerts")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(tag__isnull=True, customer__isnull=True) & ~models.Q(level="")
                | models.Q(tag__isnull=False, customer__isnull=True, level="")
                | models.Q(tag__isnull=True, customer__isnull=False, level=""),
                name="alert_exemption_of_one",
            )
        ]

    def __str__(self) -> str:
        return str(self.customer or self.tag or self.get_level_display())


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
