import datetime as dt

from django.db import models
from django.utils.translation import gettext_lazy as _

from alerts.enums import Confidence, RfmClass, Trend
from alerts.querysets import CustomerRhythmQuerySet
from crm.models import Customer

QUANTILES = [(80, _("8 of 10 gaps")), (90, _("9 of 10 gaps")), (95, _("19 of 20 gaps"))]


class CustomerRhythm(models.Model):
    """A customer's own reorder rhythm, RFM and trend, of whoever ever ordered; written by alerts.services.rhythm only.

    The alert compares `limit_on` with today and nothing else. Gaps are in open days (alerts.rules.rhythm).
    """

    customer = models.OneToOneField(
        Customer,
        verbose_name=_("customer"),
        primary_key=True,
        on_delete=models.CASCADE,
        related_name="rhythm",
    )
    # What it was computed from: counted orders, their sum in cents and the sum of their days. The nightly job computes
    # whoever's orders say something else now; `version` keeps it from overwriting what was computed meanwhile.
    orders = models.PositiveIntegerField(_("orders"), default=0)
    cents = models.BigIntegerField(default=0)
    day_sum = models.BigIntegerField(default=0)
    version = models.PositiveIntegerField(default=1)

    last_on = models.DateField(_("last order"), null=True)
    gaps = models.CharField(_("last gaps"), max_length=80, blank=True)  # "7,8,7", oldest first, at most 12
    usual = models.PositiveSmallIntegerField(_("usual gap"), null=True)
    low = models.PositiveSmallIntegerField(null=True)
    high = models.PositiveSmallIntegerField(null=True)
    limit_gap = models.PositiveSmallIntegerField(null=True)
    weekdays = models.PositiveSmallIntegerField(default=127)  # on which silence counts, bit 0: Monday
    expected_on = models.DateField(_("next order expected"), null=True)
    limit_on = models.DateField(_("in order until"), null=True)
    confidence = models.CharField(_("confidence"), max_length=6, choices=Confidence.choices, blank=True)

    # Order days and amount of the last 365 days, and the scores 1–5 among all who ordered in them; 0 without any.
    frequency = models.PositiveIntegerField(_("order days in a year"), default=0)
    money = models.DecimalField(_("ordered in a year"), max_digits=16, decimal_places=2, default=0)
    recency_score = models.PositiveSmallIntegerField(_("recency"), default=0)
    frequency_score = models.PositiveSmallIntegerField(_("frequency"), default=0)
    money_score = models.PositiveSmallIntegerField(_("money"), default=0)
    rfm = models.CharField(_("customer value"), max_length=8, choices=RfmClass.choices, blank=True)
    # The last 90 days, the 90 before, and the largest order of each.
    recent = models.DecimalField(_("last 90 days"), max_digits=16, decimal_places=2, default=0)
    before = models.DecimalField(_("90 days before"), max_digits=16, decimal_places=2, default=0)
    recent_top = models.DecimalField(max_digits=16, decimal_places=2, default=0)
    before_top = models.DecimalField(max_digits=16, decimal_places=2, default=0)
    trend_orders = models.PositiveIntegerField(default=0)
    trend = models.CharField(_("trend"), max_length=7, choices=Trend.choices, blank=True)

    objects = CustomerRhythmQuerySet.as_manager()

    class Meta:
        ordering = ["-money", "pk"]
        verbose_name = _("reorder rhythm")
        verbose_name_plural = _("reorder rhythms")
        permissions = [("export_customerrhythm", _("Can export customer value"))]
        indexes = [models.Index(fields=["rfm", "-money"], name="rhythm_rfm_money")]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.gaps}"

    @property
    def gap_list(self) -> list[int]:
        """The last gaps in open days, oldest first."""
        return [int(gap) for gap in self.gaps.split(",")] if self.gaps else []

    def days_over(self, today: dt.date) -> int:
        """Calendar days beyond the limit; 0 or less while in order, or when nothing is judged."""
        return (today - self.limit_on).days if self.limit_on else 0


class RhythmState(models.Model):
    """The one row about how rhythms are computed, and what the last run did."""

    quantile = models.PositiveSmallIntegerField(
        _("an alert when silent for longer than"),
        choices=QUANTILES,
        default=90,
        help_text=_(
            "Of the customer's own gaps. Counts from the next nightly run, which then computes everybody."
        ),
    )
    as_of = models.DateField(_("computed as of"), null=True, editable=False)
    # What everybody was computed with: when it changes, everybody is computed anew.
    computed_with = models.CharField(max_length=60, blank=True, editable=False)
    everybody_on = models.DateField(null=True, editable=False)
    spreads = models.JSONField(default=dict, editable=False)  # {level or "": spread of its customers}
    company_trend = models.DecimalField(max_digits=12, decimal_places=4, null=True, editable=False)
    # Limits of the quintiles: four dates, four numbers of order days, four amounts.
    limits = models.JSONField(default=dict, editable=False)
    started_at = models.DateTimeField(_("started"), null=True, editable=False)
    finished_at = models.DateTimeField(_("finished"), null=True, editable=False)
    computed = models.PositiveIntegerField(_("customers computed"), default=0, editable=False)
    seconds = models.FloatField(_("seconds"), null=True, editable=False)
    message = models.CharField(_("message"), max_length=400, blank=True, editable=False)

    class Meta:
        verbose_name = _("reorder rhythm settings")
        verbose_name_plural = _("reorder rhythm settings")

    def __str__(self) -> str:
        return str(self._meta.verbose_name)
