import datetime as dt

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from alerts.enums import AlertKind, RepAlertKind
from alerts.models.rule import AlertRule, RepAlertRule
from alerts.querysets import AlertQuerySet, RepAlertQuerySet
from crm.models import Customer


class Alert(models.Model):
    """A customer overdue for a visit, an order or a sale. Only opened and closed; days overdue is derived."""

    customer = models.ForeignKey(
        Customer, verbose_name=_("customer"), on_delete=models.CASCADE, related_name="alerts"
    )
    kind = models.CharField(_("kind"), max_length=12, choices=AlertKind.choices)
    rule = models.ForeignKey(
        AlertRule, verbose_name=_("rule"), null=True, on_delete=models.SET_NULL, related_name="alerts"
    )
    # As judged when it was opened: base date R, period P in days, due date D = R + P.
    base_on = models.DateField(_("counted from"))
    period_days = models.PositiveIntegerField(_("period (days)"))
    due_on = models.DateField(_("due"))
    opened_on = models.DateField(_("opened"))
    closed_on = models.DateField(_("closed"), null=True, blank=True)

    objects = AlertQuerySet.as_manager()

    class Meta:
        ordering = ["due_on", "pk"]
        verbose_name = _("customer alert")
        verbose_name_plural = _("customer alerts")
        permissions = [
            ("compute_alert", _("Can run the alert job")),
            ("export_alert", _("Can export alerts")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "kind"],
                condition=Q(closed_on__isnull=True),
                name="alert_one_open_per_kind",
            )
        ]
        indexes = [
            models.Index(
                fields=["kind", "due_on"], condition=Q(closed_on__isnull=True), name="alert_open_due"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer}: {self.get_kind_display()}"

    def days_overdue(self, today: dt.date) -> int:
        return (today - self.due_on).days


class RepAlert(models.Model):
    """A rep with nothing, or less than the threshold, over a window of business days."""

    rep = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("rep"), on_delete=models.CASCADE, related_name="rep_alerts"
    )
    rule = models.ForeignKey(
        RepAlertRule, verbose_name=_("rule"), on_delete=models.CASCADE, related_name="alerts"
    )
    kind = models.CharField(_("kind"), max_length=14, choices=RepAlertKind.choices)
    # As of the last run that judged it.
    value = models.DecimalField(_("value"), max_digits=14, decimal_places=2)
    average = models.DecimalField(_("average"), max_digits=14, decimal_places=2)
    rank = models.PositiveIntegerField(_("rank"))
    of = models.PositiveIntegerField(_("reps compared"))
    judged_on = models.DateField(_("judged on"))
    opened_on = models.DateField(_("opened"))
    closed_on = models.DateField(_("closed"), null=True, blank=True)

    objects = RepAlertQuerySet.as_manager()

    class Meta:
        ordering = ["rule_id", "-rank"]
        verbose_name = _("rep alert")
        verbose_name_plural = _("rep alerts")
        constraints = [
            models.UniqueConstraint(
                fields=["rep", "rule"],
                condition=Q(closed_on__isnull=True),
                name="rep_alert_one_open_per_rule",
            )
        ]

    def __str__(self) -> str:
        return f"{self.rep}: {self.rule}"
