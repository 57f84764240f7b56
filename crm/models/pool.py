from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Department
from crm.enums import Level, PoolClock
from crm.models.customer import Customer

_DAYS = [MinValueValidator(1), MaxValueValidator(3650)]
CLOCK_FIELDS = ("no_follow_up_days", "no_order_days", "max_hold_days", "initial_days")


class PoolRule(models.Model):
    """When customers go back to the public pool (domain-rules §5). A rule without a clock exempts whom it is for."""

    name = models.CharField(_("name"), max_length=60)
    department = models.ForeignKey(
        Department,
        verbose_name=_("department"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
        help_text=_("With the departments below it. Empty: everybody."),
    )
    level = models.CharField(_("level"), max_length=1, choices=Level.choices, blank=True)
    no_follow_up_days = models.PositiveIntegerField(
        _("days without follow-up or visit"), null=True, blank=True, validators=_DAYS
    )
    no_order_days = models.PositiveIntegerField(
        _("days without order"), null=True, blank=True, validators=_DAYS
    )
    max_hold_days = models.PositiveIntegerField(
        _("days to hold at most"), null=True, blank=True, validators=_DAYS
    )
    initial_days = models.PositiveIntegerField(
        _("days of protection"), null=True, blank=True, validators=_DAYS
    )
    renew_days = models.PositiveIntegerField(
        _("days a follow-up or visit adds"), null=True, blank=True, validators=_DAYS
    )
    warn_days = models.CharField(
        _("warn the owner, days before"),
        max_length=40,
        blank=True,
        default="7,3,1",
        validators=[
            RegexValidator(r"^\d{1,3}(\s*[,，、]\s*\d{1,3})*$", _("Numbers of days with commas, like 7,3,1."))
        ],
    )
    exempt_with_receivable = models.BooleanField(_("keep customers who still owe money"), default=False)
    is_active = models.BooleanField(_("in use"), default=True)
    updated_at = models.DateTimeField(_("changed at"), auto_now=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("pool rule")
        verbose_name_plural = _("pool rules")
        constraints = [
            models.CheckConstraint(
                condition=Q(renew_days__isnull=True) | Q(initial_days__isnull=False),
                name="pool_rule_renew_needs_initial",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if self.renew_days and not self.initial_days:
            raise ValidationError(
                {"renew_days": _("Give the days of protection first: this only prolongs it.")}
            )

    @property
    def warns_on(self) -> list[int]:
        """Days before the recycle date on which the owner is warned, longest first."""
        parts = self.warn_days.replace("，", ",").replace("、", ",").split(",")
        return sorted({int(part) for part in parts if part.strip()}, reverse=True)


class PoolRun(models.Model):
    """One run of the nightly job, with what it did."""

    day = models.DateField(_("business day"))
    started_at = models.DateTimeField(_("started"), default=timezone.now)
    finished_at = models.DateTimeField(_("finished"), null=True)
    recycled = models.PositiveIntegerField(_("recycled"), default=0)
    recycled_leads = models.PositiveIntegerField(_("recycled leads"), default=0)
    warned = models.PositiveIntegerField(_("warned"), default=0)
    error = models.CharField(_("error"), max_length=400, blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("pool run")
        verbose_name_plural = _("pool runs")

    def __str__(self) -> str:
        return f"{self.day}"


class PoolWarning(models.Model):
    """An owner was told that a customer leaves him on `recycle_on`; once for each number of days before."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="pool_warnings")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    recycle_on = models.DateField(_("recycle date"))
    clock = models.CharField(max_length=12, choices=PoolClock.choices)
    days_before = models.PositiveSmallIntegerField()
    sent_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("pool warning")
        verbose_name_plural = _("pool warnings")
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "owner", "recycle_on", "days_before"], name="pool_warning_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.customer} {self.recycle_on}"
