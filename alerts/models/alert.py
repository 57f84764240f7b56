import datetime as dt

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from alerts.enums import RepAlertKind
from alerts.models.rule import AlertRule, AlertRuleVersion, RepAlertRule
from alerts.querysets import AlertQuerySet, RepAlertQuerySet
from alerts.rules import KINDS, kind_choices
from alerts.rules.snoozes import is_snoozed
from common.punctuation import named
from crm.models import Customer


class Alert(models.Model):
    """A customer about whom something has to be done. Only opened and closed; days overdue is derived."""

    customer = models.ForeignKey(
        Customer, verbose_name=_("customer"), on_delete=models.CASCADE, related_name="alerts"
    )
    kind = models.CharField(_("kind"), max_length=20, choices=kind_choices)
    # The customer's owner while it is open, so that one rep's list comes from one index; afterwards the last one.
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("owner"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    rule = models.ForeignKey(
        AlertRule, verbose_name=_("rule"), null=True, on_delete=models.SET_NULL, related_name="alerts"
    )
    # The rule as it stood. Written by the million, and versions are never deleted: no foreign key to check.
    version = models.ForeignKey(
        AlertRuleVersion,
        verbose_name=_("version of the rule"),
        null=True,
        on_delete=models.DO_NOTHING,
        related_name="alerts",
        db_constraint=False,
        db_index=False,
    )
    # What explains it beside the dates, as its kind names it; empty for the kinds of §3.
    facts = models.JSONField(_("facts"), default=dict, blank=True)
    # As judged when it was opened: base date R, period P in days, due date D (R + P for what follows an event).
    base_on = models.DateField(_("counted from"))
    period_days = models.PositiveIntegerField(_("period (days)"))
    due_on = models.DateField(_("due"))
    opened_on = models.DateField(_("opened"))
    closed_on = models.DateField(_("closed"), null=True, blank=True)
    # Put off until this day, on which it is back by itself; written by services.snoozes (AlertSnooze says who and why).
    snoozed_until = models.DateField(_("put off until"), null=True, blank=True)

    objects = AlertQuerySet.as_manager()

    class Meta:
        ordering = ["due_on", "pk"]
        verbose_name = _("customer alert")
        verbose_name_plural = _("customer alerts")
        permissions = [
            ("compute_alert", _("Can run the alert job")),
            ("export_alert", _("Can export alerts")),
            ("snooze_alert", _("Can put alerts off")),
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
            # The longest overdue of the company, and of one rep, without reading the others.
            models.Index(fields=["due_on", "id"], condition=Q(closed_on__isnull=True), name="alert_open_top"),
            models.Index(
                fields=["owner", "due_on", "id"], condition=Q(closed_on__isnull=True), name="alert_open_owner"
            ),
        ]

    def __str__(self) -> str:
        return named(self.customer, self.get_kind_display())

    @property
    def counts_working_days(self) -> bool:
        """Whether its period is one of working days; reads `version`."""
        return bool(self.version and self.version.values["working_days"])

    def days_overdue(self, today: dt.date) -> int:
        return (today - self.due_on).days

    def is_snoozed(self, today: dt.date) -> bool:
        return is_snoozed(self.snoozed_until, today)

    def days_words(self, today: dt.date) -> str:
        """ "3 days overdue", "5 days left", as its kind says it."""
        kind = KINDS.get(self.kind)
        return kind.days_words(self.days_overdue(today)) if kind else ""


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
        return named(self.rep, self.rule)
