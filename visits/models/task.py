from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from common.punctuation import named
from crm.enums import Level
from crm.models import Customer
from visits.enums import HolidayRule, Rhythm, TaskSource, TaskStatus
from visits.querysets import PlanQuerySet, TaskQuerySet


class VisitPlan(models.Model):
    """The recurring intention of one rep to visit one customer (D1); `visits.rules.plans` says on which days."""

    rep = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("rep"), on_delete=models.PROTECT, related_name="visit_plans"
    )
    customer = models.ForeignKey(
        Customer, verbose_name=_("customer"), on_delete=models.CASCADE, related_name="visit_plans"
    )
    rhythm = models.CharField(_("rhythm"), max_length=10, choices=Rhythm.choices, default=Rhythm.WEEKDAYS)
    # Every so many days or weeks, counted from `starts_on`.
    every = models.PositiveSmallIntegerField(_("every"), default=1)
    weekdays = models.CharField(_("weekdays"), max_length=13, blank=True)  # "1,4": Monday is 1
    # Visits in 28 days, spread evenly; empty: as often as the customer's level says (LevelFrequency).
    frequency = models.PositiveSmallIntegerField(_("times in 28 days"), null=True, blank=True)
    on_holiday = models.CharField(
        _("on days off"), max_length=6, choices=HolidayRule.choices, default=HolidayRule.SKIP
    )
    visit_type = models.ForeignKey(
        "visits.VisitType",
        verbose_name=_("visit type"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    note = models.CharField(_("note"), max_length=200, blank=True)
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"), null=True, blank=True)
    is_active = models.BooleanField(_("in use"), default=True)
    # Since a change only days from here on are generated: those before keep the tasks that the old plan made.
    counts_from = models.DateField(null=True, blank=True, editable=False)

    objects = PlanQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        verbose_name = _("visit plan")
        verbose_name_plural = _("visit plans")
        permissions = [("import_visitplan", _("Can upload visit plans"))]
        constraints = [
            models.UniqueConstraint(fields=["rep", "customer"], name="visit_plan_rep_customer_unique"),
            models.CheckConstraint(condition=Q(every__gte=1), name="visit_plan_every_from_1"),
            models.CheckConstraint(
                condition=Q(frequency__isnull=True) | Q(frequency__gte=1, frequency__lte=28),
                name="visit_plan_frequency_1_to_28",
            ),
            models.CheckConstraint(
                condition=~Q(rhythm__in=("weekdays", "weeks")) | ~Q(weekdays=""),
                name="visit_plan_has_weekdays",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rep} → {self.customer}"


class VisitTask(models.Model):
    """One customer on one day for one rep."""

    rep = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("rep"), on_delete=models.PROTECT, related_name="visit_tasks"
    )
    customer = models.ForeignKey(
        Customer, verbose_name=_("customer"), on_delete=models.CASCADE, related_name="visit_tasks"
    )
    date = models.DateField(_("date"))
    position = models.PositiveIntegerField(_("order"), default=0)
    status = models.CharField(_("status"), max_length=10, choices=TaskStatus.choices, default=TaskStatus.OPEN)
    source = models.CharField(
        _("source"), max_length=10, choices=TaskSource.choices, default=TaskSource.ONE_OFF
    )
    # Id of the route or plan that made it; no foreign key, because routes live in a higher app and may go.
    source_id = models.BigIntegerField(null=True, blank=True, editable=False)
    visit_type = models.ForeignKey(
        "visits.VisitType",
        verbose_name=_("visit type"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    # The day it was planned for at first, once it was moved.
    moved_from = models.DateField(_("moved from"), null=True, blank=True, editable=False)
    skip_reason = models.CharField(_("reason for skipping"), max_length=200, blank=True)
    note = models.CharField(_("note"), max_length=200, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = TaskQuerySet.as_manager()

    class Meta:
        ordering = ["date", "position", "pk"]
        verbose_name = _("visit task")
        verbose_name_plural = _("visit tasks")
        constraints = [
            models.UniqueConstraint(
                fields=["rep", "customer", "date"], name="visit_task_rep_customer_date_unique"
            ),
            models.CheckConstraint(
                condition=~Q(status="skipped") | ~Q(skip_reason=""), name="visit_task_skip_has_reason"
            ),
        ]
        indexes = [
            models.Index(fields=["date", "rep"], name="visit_task_date_rep"),
            models.Index(fields=["customer", "date"], name="visit_task_customer_date"),
            models.Index(
                fields=["moved_from"], name="visit_task_moved_from", condition=Q(moved_from__isnull=False)
            ),
            models.Index(
                fields=["source_id", "date"],
                name="visit_task_plan",
                condition=Q(source="plan", status="open"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.date} {self.rep} → {self.customer}"


class LevelFrequency(models.Model):
    """How often customers of a level are visited in 28 days, for plans without a number of their own."""

    level = models.CharField(_("level"), max_length=1, choices=Level.choices, unique=True)
    visits = models.PositiveSmallIntegerField(
        _("times in 28 days"), validators=[MinValueValidator(1), MaxValueValidator(28)]
    )

    class Meta:
        ordering = ["level"]
        verbose_name = _("visits by level")
        verbose_name_plural = _("visits by level")

    def __str__(self) -> str:
        return named(self.level, self.visits)
