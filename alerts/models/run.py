import datetime as dt

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from alerts.enums import RunMode, RunState
from alerts.rules import label_of

# A run takes seconds; one that has been silent for so long was killed, or its message was lost.
STALE_AFTER = dt.timedelta(minutes=30)


class AlertRun(models.Model):
    """One run of the alert job: what it did and how long it took. The row is the job, a message only a nudge."""

    date = models.DateField(_("date"))
    mode = models.CharField(_("judged"), max_length=8, choices=RunMode.choices, default=RunMode.FULL)
    state = models.CharField(_("state"), max_length=8, choices=RunState.choices, default=RunState.RUNNING)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("person"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    started_at = models.DateTimeField(_("started"), auto_now_add=True)
    finished_at = models.DateTimeField(_("finished"), null=True)
    opened = models.PositiveIntegerField(_("opened"), default=0)
    closed = models.PositiveIntegerField(_("closed"), default=0)
    # Customers looked at; empty: all of them.
    judged = models.PositiveIntegerField(_("customers judged"), null=True)
    # {kind: [opened, closed]} of those that were; rep alerts under "reps".
    counts = models.JSONField(_("by kind"), default=dict)
    seconds = models.FloatField(_("seconds"), null=True)
    message = models.CharField(_("message"), max_length=400, blank=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("alert run")
        verbose_name_plural = _("alert runs")

    def __str__(self) -> str:
        return f"{self.date} {self.get_state_display()}"

    @property
    def kind_counts(self) -> list[tuple[str, int, int]]:
        """(kind in words, opened, closed) of the kinds of which any were."""
        return [
            (str(_("Reps")) if code == "reps" else label_of(code), opened, closed)
            for code, (opened, closed) in self.counts.items()
        ]

    @property
    def is_busy(self) -> bool:
        return self.state in (RunState.QUEUED, RunState.RUNNING)


class AlertMark(models.Model):
    """This customer changed and has to be judged anew; 0: everybody has. Written by triggers in the changing
    transaction (alerts.services.watching), taken away by the run that judges. No constraint and one index: writing
    one waits for nobody.
    """

    id = models.BigAutoField(primary_key=True)
    customer_id = models.BigIntegerField()

    class Meta:
        verbose_name = _("customer to judge")
        verbose_name_plural = _("customers to judge")

    def __str__(self) -> str:
        return str(self.customer_id)
