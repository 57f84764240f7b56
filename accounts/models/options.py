import datetime as dt
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.enums import BillingBasis, DuplicateScope, GeofencePolicy, PoolScope

_at_most_ten_years = MaxValueValidator(3650)


class SystemOptions(models.Model):
    """The company's switches (A4): one row, edited in the admin."""

    company_name = models.CharField(_("company name"), max_length=80, blank=True)
    allow_multiple_visits = models.BooleanField(
        _("allow several visits to one customer a day"),
        default=False,
        help_text=_("Off: one visit for each rep, customer and day. Visits that exist are never touched."),
    )
    geofence_radius_m = models.PositiveIntegerField(
        _("geofence radius (m)"), default=300, validators=[MinValueValidator(20), MaxValueValidator(20000)]
    )
    geofence_policy = models.CharField(
        _("check-in outside the fence"),
        max_length=10,
        choices=GeofencePolicy.choices,
        default=GeofencePolicy.FLAG,
    )
    require_check_in_photo = models.BooleanField(_("check-in needs a photo"), default=False)
    work_start = models.TimeField(_("working hours from"), default=dt.time(8))
    work_end = models.TimeField(_("working hours until"), default=dt.time(18))
    track_retention_days = models.PositiveIntegerField(
        _("keep tracks for (days)"), default=180, validators=[MinValueValidator(1), MaxValueValidator(3650)]
    )

    # Days on the road: what a road is longer than the straight line, and how fast reps get on.
    road_factor = models.DecimalField(
        _("road length / straight line"),
        max_digits=3,
        decimal_places=2,
        default=Decimal("1.30"),
        validators=[MinValueValidator(1), MaxValueValidator(3)],
    )
    travel_speed_kmh = models.PositiveSmallIntegerField(
        _("speed between customers (km/h)"),
        default=25,
        validators=[MinValueValidator(3), MaxValueValidator(120)],
    )

    # The public pool (domain-rules §5); caps here are for everybody, a role's or a person's own go before them.
    pool_scope = models.CharField(
        _("who sees the pool"), max_length=12, choices=PoolScope.choices, default=PoolScope.COMPANY
    )
    daily_claim_cap = models.PositiveIntegerField(
        _("claims a day at most"), null=True, blank=True, default=20, help_text=_("Empty: no limit.")
    )
    holding_cap = models.PositiveIntegerField(
        _("customers of one person at most"), null=True, blank=True, help_text=_("Empty: no limit.")
    )
    holding_excludes_dealt = models.BooleanField(_("customers who ordered do not count"), default=False)
    cooldown_hours = models.PositiveIntegerField(
        _("hours the last owner waits before claiming again"),
        default=24,
        validators=[MaxValueValidator(8760)],
    )
    exempt_levels = models.CharField(
        _("levels never recycled"),
        max_length=10,
        blank=True,
        validators=[RegexValidator(r"^[ABC]([,，、 ]*[ABC])*$", _("Levels with commas, like A,B."))],
    )
    lead_no_follow_up_days = models.PositiveIntegerField(
        _("leads: days without follow-up"),
        null=True,
        blank=True,
        default=15,
        validators=[MinValueValidator(1)],
    )
    lead_max_hold_days = models.PositiveIntegerField(
        _("leads: days to hold at most"), null=True, blank=True, validators=[MinValueValidator(1)]
    )
    # The duplicate check (domain-rules §8)
    duplicate_by_name = models.BooleanField(_("duplicates: same name"), default=True)
    duplicate_by_phone = models.BooleanField(_("duplicates: same phone"), default=True)
    duplicate_by_tax_id = models.BooleanField(_("duplicates: same tax id"), default=True)
    duplicate_fuzzy = models.BooleanField(_("duplicates: similar name nearby"), default=True)
    duplicate_scope = models.CharField(
        _("duplicates are looked for among"),
        max_length=10,
        choices=DuplicateScope.choices,
        default=DuplicateScope.BOTH,
    )
    duplicate_recycle_bin = models.BooleanField(_("duplicates: also in the recycle bin"), default=True)
    # Sales and money (domain-rules §6)
    billing_basis = models.CharField(
        _("what is billed"), max_length=10, choices=BillingBasis.choices, default=BillingBasis.DELIVERY
    )
    payment_days = models.PositiveSmallIntegerField(
        _("days to pay"), default=30, help_text=_("For customers without terms of their own.")
    )
    credit_control = models.BooleanField(
        _("orders over the credit limit need a manager's approval"), default=True
    )
    auto_approve_orders = models.BooleanField(
        _("orders that need no manager approve themselves"), default=False
    )
    birthday_days = models.PositiveIntegerField(
        _("remind of birthdays, days before"), default=3, validators=[MaxValueValidator(60)]
    )
    task_escalation_hours = models.PositiveSmallIntegerField(
        _("customer tasks: hours overdue until the superior is told"),
        null=True,
        blank=True,
        default=24,
        validators=[MinValueValidator(1), MaxValueValidator(8760)],
        help_text=_("Empty: never."),
    )
    # Messages to the outside (E6); a person's own hours go before these.
    quiet_start = models.TimeField(_("no messages from"), default=dt.time(21))
    quiet_end = models.TimeField(
        _("no messages until"), default=dt.time(7, 30), help_text=_("The same time twice: no quiet hours.")
    )
    quiet_days_off = models.BooleanField(_("no messages on days off"), default=False)
    digest_at = models.TimeField(_("the morning's summary goes out at"), default=dt.time(7, 30))

    class Meta:
        verbose_name = _("system options")
        verbose_name_plural = _("system options")
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="system_options_single_row")]

    def __str__(self) -> str:
        return str(_("System options"))

    def clean(self) -> None:
        problems: dict[str, Any] = {}
        if self.work_start and self.work_end and self.work_start >= self.work_end:
            problems["work_end"] = _("Working hours must end after they start.")
        for name in ("payment_days", "lead_no_follow_up_days", "lead_max_hold_days"):
            try:
                _at_most_ten_years(getattr(self, name) or 0)
            except ValidationError as error:
                problems[name] = error
        if problems:
            raise ValidationError(problems)

    @classmethod
    def load(cls) -> "SystemOptions":
        """The row, made with its defaults when it is not there yet; WORKING_HOURS gives the first hours."""
        start, end = (dt.time.fromisoformat(part.strip()) for part in settings.WORKING_HOURS.split("-"))
        return cls.objects.get_or_create(pk=1, defaults={"work_start": start, "work_end": end})[0]
