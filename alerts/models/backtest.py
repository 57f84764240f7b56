import datetime as dt

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from alerts.enums import RunState

STALE_AFTER = dt.timedelta(minutes=5)


class BacktestRun(models.Model):
    """One replay of history: which alerts would have been right (alerts.rules.backtest). The row is the job."""

    state = models.CharField(_("state"), max_length=8, choices=RunState.choices, default=RunState.QUEUED)
    first = models.DateField(_("from"))
    last = models.DateField(_("to"))
    horizon = models.PositiveSmallIntegerField(_("at least so many days late"), default=7)
    wanted = models.JSONField(default=list, editable=False)  # [[kind, parameter], …]; empty: all
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("person"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    created_at = models.DateTimeField(_("asked for"), auto_now_add=True)
    heartbeat_at = models.DateTimeField(null=True, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    done = models.PositiveIntegerField(default=0)  # customers
    total = models.PositiveIntegerField(default=0)
    finished_at = models.DateTimeField(_("finished"), null=True)
    seconds = models.FloatField(_("seconds"), null=True)
    message = models.CharField(_("message"), max_length=400, blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("back-test")
        verbose_name_plural = _("back-tests")
        permissions = [("run_backtest", _("Can run the back-test of alerts"))]

    def __str__(self) -> str:
        return f"{self.first} – {self.last}"

    @property
    def is_busy(self) -> bool:
        return self.state in (RunState.QUEUED, RunState.RUNNING)


class BacktestLine(models.Model):
    """What one kind with one parameter would have done; see alerts.rules.backtest for the words."""

    run = models.ForeignKey(BacktestRun, on_delete=models.CASCADE, related_name="lines")
    kind = models.CharField(_("kind"), max_length=12)
    parameter = models.CharField(_("parameter"), max_length=12)  # days, a quantile, or "actual"
    alerts = models.PositiveIntegerField(_("alerts"))
    right = models.PositiveIntegerField(_("right"))
    undecided = models.PositiveIntegerField(_("undecided"))
    missed_orders = models.PositiveIntegerField(_("orders left out"))
    caught = models.PositiveIntegerField(_("of these with an alert"))
    in_time = models.PositiveIntegerField(_("of these in time"))
    lead_days = models.SmallIntegerField(_("days ahead (median)"), null=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["run", "kind", "parameter"], name="backtest_line_once"),
            models.CheckConstraint(
                condition=Q(right__lte=models.F("alerts")) & Q(caught__lte=models.F("missed_orders")),
                name="backtest_line_counts",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.parameter}"

    @property
    def decided(self) -> int:
        return self.alerts - self.undecided

    @property
    def precision(self) -> float | None:
        """Share of the decided alerts that were right."""
        return self.right / self.decided if self.decided else None

    @property
    def recall(self) -> float | None:
        """Share of the orders left out that had an alert before the customer came back."""
        return self.caught / self.missed_orders if self.missed_orders else None
