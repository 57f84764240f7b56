"""Scenarios of territories (F4): who shall have which customers, reckoned, changed by hand, compared and published."""

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crm.models import BulkJob, Customer
from territory.enums import ScenarioState, TerritoryWeight
from territory.querysets import ScenarioQuerySet


class TerritoryScenario(models.Model):
    """One way to share customers out among reps. The row is the job; a Celery message is only a nudge."""

    name = models.CharField(_("scenario"), max_length=60)
    weight = models.CharField(
        _("to be balanced"), max_length=9, choices=TerritoryWeight.choices, default=TerritoryWeight.CUSTOMERS
    )
    tolerance = models.PositiveSmallIntegerField(
        _("allowed difference"), default=10, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )  # per cent of the mean
    keep_km = models.FloatField(
        _("kilometres for keeping the owner"),
        default=2,
        validators=[MinValueValidator(0), MaxValueValidator(500)],
    )
    terms = models.JSONField(
        default=dict
    )  # which customers and how they weigh: territory.rules.territory_terms
    links = models.JSONField(default=list)  # pairs of neighbouring places: what "in one piece" means
    state = models.CharField(
        _("state"), max_length=9, choices=ScenarioState.choices, default=ScenarioState.QUEUED
    )
    done = models.PositiveSmallIntegerField(default=0)  # per cent
    message = models.CharField(max_length=400, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("person"), on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(_("time"), auto_now_add=True)
    heartbeat_at = models.DateTimeField(null=True)
    ready_at = models.DateTimeField(null=True)
    published_at = models.DateTimeField(_("published"), null=True)

    objects = ScenarioQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("territory scenario")
        verbose_name_plural = _("territory scenarios")

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("territory:scenario_detail", args=[self.pk])

    @property
    def is_busy(self) -> bool:
        return self.state in (ScenarioState.QUEUED, ScenarioState.RUNNING)


class ScenarioRep(models.Model):
    """A rep who gets an area. A locked one keeps what he has and gets nothing."""

    scenario = models.ForeignKey(TerritoryScenario, on_delete=models.CASCADE, related_name="reps")
    rep = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("rep"), on_delete=models.PROTECT, related_name="+"
    )
    number = models.PositiveSmallIntegerField()  # his colour
    is_locked = models.BooleanField(default=False)

    class Meta:
        ordering = ["number"]
        verbose_name = _("rep of a scenario")
        verbose_name_plural = _("reps of a scenario")
        constraints = [
            models.UniqueConstraint(fields=["scenario", "rep"], name="scenario_rep_unique"),
            models.UniqueConstraint(fields=["scenario", "number"], name="scenario_rep_number_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.scenario_id}: {self.rep_id}"


class ScenarioCustomer(models.Model):
    """A customer of a scenario: whose it was when it was reckoned, and whose it shall be."""

    scenario = models.ForeignKey(TerritoryScenario, on_delete=models.CASCADE, related_name="customers")
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    place = models.IntegerField(null=True)  # customers of one cell share it; None: not on the map
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+")
    rep = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+")
    weight = models.FloatField(default=0)
    sales = models.DecimalField(max_digits=14, decimal_places=2, default=0)
    latitude = models.FloatField(null=True)
    longitude = models.FloatField(null=True)
    is_locked = models.BooleanField(default=False)  # stays with its owner
    is_pinned = models.BooleanField(default=False)  # because somebody said so here

    class Meta:
        ordering = ["pk"]
        verbose_name = _("customer of a scenario")
        verbose_name_plural = _("customers of a scenario")
        constraints = [
            models.UniqueConstraint(fields=["scenario", "customer"], name="scenario_customer_unique"),
            models.CheckConstraint(
                condition=Q(latitude__isnull=True, longitude__isnull=True)
                | Q(latitude__isnull=False, longitude__isnull=False),
                name="scenario_customer_place_whole",
            ),
        ]
        indexes = [models.Index(fields=["scenario", "place"], name="scenario_customer_place")]

    def __str__(self) -> str:
        return f"{self.scenario_id}: {self.customer_id}"


class ScenarioMove(models.Model):
    """One change by hand, the last of which can be taken back. `before`: [[rep or None, [ids of rows]], …]."""

    scenario = models.ForeignKey(TerritoryScenario, on_delete=models.CASCADE, related_name="moves")
    before = models.JSONField(default=list)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("change of a scenario")
        verbose_name_plural = _("changes of a scenario")

    def __str__(self) -> str:
        return f"{self.scenario_id}: {self.pk}"


class ScenarioHandover(models.Model):
    """What a published scenario handed over to one rep: a bulk action of crm, which tells each row's fate and undoes."""

    scenario = models.ForeignKey(TerritoryScenario, on_delete=models.CASCADE, related_name="handovers")
    job = models.OneToOneField(BulkJob, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["pk"]
        verbose_name = _("hand-over of a scenario")
        verbose_name_plural = _("hand-overs of a scenario")

    def __str__(self) -> str:
        return f"{self.scenario_id}: {self.job_id}"
