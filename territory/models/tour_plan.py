import datetime as dt

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from crm.models import Customer
from territory.enums import BalanceWish, FrequencySource, PlanState, SearchEffort
from territory.querysets import TourPlanQuerySet


def _half(side: str) -> Q:
    """Both coordinates of a place or none."""
    lat, lng = f"{side}_latitude__isnull", f"{side}_longitude__isnull"
    return Q(**{lat: True, lng: True}) | Q(**{lat: False, lng: False})


class TourPlan(models.Model):
    """排线方案: who visits which of the chosen customers on which day of a period, and in what order (F4).

    The row is the job too: a Celery message is only a nudge, and `attempts` tells a worker that was given up from its
    successor. `version` counts changes, so that nobody moves a stop of a plan that he has not seen.
    """

    name = models.CharField(_("name"), max_length=60)
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))
    weekdays = models.CharField(_("weekdays"), max_length=13, blank=True)  # empty: working days
    leaves_at = models.TimeField(_("work begins"), default=dt.time(8))
    work_minutes = models.PositiveSmallIntegerField(
        _("minutes of work a day"), default=480, validators=[MinValueValidator(30), MaxValueValidator(960)]
    )
    stay_minutes = models.PositiveSmallIntegerField(
        _("minutes at a customer"), default=20, validators=[MaxValueValidator(480)]
    )
    # For customers of a level, where that is another time.
    stay_a = models.PositiveSmallIntegerField(null=True, blank=True, validators=[MaxValueValidator(480)])
    stay_b = models.PositiveSmallIntegerField(null=True, blank=True, validators=[MaxValueValidator(480)])
    stay_c = models.PositiveSmallIntegerField(null=True, blank=True, validators=[MaxValueValidator(480)])
    speed_kmh = models.PositiveSmallIntegerField(
        _("speed between customers (km/h)"),
        default=25,
        validators=[MinValueValidator(3), MaxValueValidator(120)],
    )
    road_factor = models.DecimalField(
        _("road length / straight line"),
        max_digits=3,
        decimal_places=2,
        default="1.30",
        validators=[MinValueValidator(1), MaxValueValidator(3)],
    )
    frequency = models.CharField(
        _("visits in the period"),
        max_length=5,
        choices=FrequencySource.choices,
        default=FrequencySource.TYPED,
    )
    visits = models.PositiveSmallIntegerField(
        _("visits to each customer"), default=1, validators=[MinValueValidator(1), MaxValueValidator(31)]
    )
    gap_days = models.PositiveSmallIntegerField(
        _("days between two visits to a customer"),
        default=2,
        validators=[MinValueValidator(1), MaxValueValidator(31)],
    )
    keep_owner = models.BooleanField(_("customers stay with their owner"), default=True)
    balance = models.PositiveSmallIntegerField(
        _("balance"), choices=BalanceWish.choices, default=BalanceWish.SOME
    )
    effort = models.CharField(
        _("search"), max_length=6, choices=SearchEffort.choices, default=SearchEffort.NORMAL
    )
    seed = models.PositiveIntegerField(default=1)  # the same question gets the same answer

    state = models.CharField(
        _("status"), max_length=7, choices=PlanState.choices, default=PlanState.DRAFT, editable=False
    )
    version = models.PositiveIntegerField(default=0, editable=False)
    is_stale = models.BooleanField(default=False, editable=False)  # changed since its tours were laid
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    heartbeat_at = models.DateTimeField(null=True, editable=False)
    done = models.PositiveIntegerField(default=0, editable=False)
    total = models.PositiveIntegerField(default=0, editable=False)
    stop_wanted = models.BooleanField(default=False, editable=False)
    keep_moved = models.BooleanField(
        default=False, editable=False
    )  # this search leaves what was moved by hand
    message = models.CharField(max_length=400, blank=True, editable=False)
    history = models.JSONField(default=list, editable=False)  # tours before each change by hand, newest last
    report = models.JSONField(default=dict, editable=False)  # of the last publishing
    published_at = models.DateTimeField(_("published"), null=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("made by"),
        on_delete=models.PROTECT,
        related_name="tour_plans",
        editable=False,
    )
    created_at = models.DateTimeField(_("made"), auto_now_add=True)

    objects = TourPlanQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("tour plan")
        verbose_name_plural = _("tour plans")
        permissions = [("publish_tourplan", _("Can publish tour plans as visit tasks"))]
        constraints = [
            models.CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="tour_plan_days_in_order"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("territory:tour_plan", args=[self.pk])

    @property
    def is_busy(self) -> bool:
        return self.state in (PlanState.QUEUED, PlanState.RUNNING)

    @property
    def begins_s(self) -> int:
        """Second of the day at which work begins."""
        return self.leaves_at.hour * 3600 + self.leaves_at.minute * 60


class TourPlanRep(models.Model):
    """One who goes, and from where to where; without a place his day begins and ends at a customer."""

    plan = models.ForeignKey(TourPlan, on_delete=models.CASCADE, related_name="reps")
    rep = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("rep"), on_delete=models.CASCADE, related_name="+"
    )
    start_name = models.CharField(_("starts at"), max_length=60, blank=True)
    start_latitude = models.FloatField(null=True, blank=True)
    start_longitude = models.FloatField(null=True, blank=True)
    end_name = models.CharField(_("ends at"), max_length=60, blank=True)
    end_latitude = models.FloatField(null=True, blank=True)
    end_longitude = models.FloatField(null=True, blank=True)

    class Meta:
        ordering = ["rep__name", "rep_id"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "rep"], name="tour_plan_rep_unique"),
            models.CheckConstraint(condition=_half("start"), name="tour_plan_rep_start_whole"),
            models.CheckConstraint(condition=_half("end"), name="tour_plan_rep_end_whole"),
        ]

    def __str__(self) -> str:
        return f"{self.plan_id}: {self.rep_id}"

    @property
    def start(self) -> tuple[float, float] | None:
        """(lat, lng) in WGS-84."""
        if self.start_latitude is None or self.start_longitude is None:
            return None
        return self.start_latitude, self.start_longitude

    @property
    def end(self) -> tuple[float, float] | None:
        if self.end_latitude is None or self.end_longitude is None:
            return None
        return self.end_latitude, self.end_longitude


class TourPlanShop(models.Model):
    """A chosen customer: how often, how long and when it can be visited. Empty fields follow the plan."""

    plan = models.ForeignKey(TourPlan, on_delete=models.CASCADE, related_name="shops")
    customer = models.ForeignKey(
        Customer, verbose_name=_("customer"), on_delete=models.CASCADE, related_name="+"
    )
    visits = models.PositiveSmallIntegerField(
        _("visits in the period"), default=1, validators=[MaxValueValidator(31)]
    )
    is_typed = models.BooleanField(default=False)  # the number was given for this customer
    gap_days = models.PositiveSmallIntegerField(
        _("days between two visits"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(31)],
    )
    stay_minutes = models.PositiveSmallIntegerField(
        _("minutes there"), null=True, blank=True, validators=[MaxValueValidator(480)]
    )
    opens_at = models.TimeField(_("opens"), null=True, blank=True)
    closes_at = models.TimeField(_("closes"), null=True, blank=True)
    closed_on = models.CharField(_("closed on"), max_length=13, blank=True)  # "7": Monday is 1
    missing = models.PositiveSmallIntegerField(default=0, editable=False)  # visits in no tour
    reason = models.CharField(max_length=8, blank=True, editable=False)  # of rules.tour_plans

    class Meta:
        ordering = ["customer__name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["plan", "customer"], name="tour_plan_shop_unique"),
            models.CheckConstraint(
                condition=Q(opens_at__isnull=True)
                | Q(closes_at__isnull=True)
                | Q(closes_at__gt=F("opens_at")),
                name="tour_plan_shop_hours_in_order",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.plan_id}: {self.customer_id}"


class Tour(models.Model):
    """One day of one rep in a plan, and what it comes to. Seconds are counted from midnight or are durations."""

    plan = models.ForeignKey(TourPlan, on_delete=models.CASCADE, related_name="tours")
    rep = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("rep"), on_delete=models.CASCADE, related_name="+"
    )
    date = models.DateField(_("date"))
    metres = models.FloatField(default=0)
    travel_s = models.PositiveIntegerField(default=0)
    stay_s = models.PositiveIntegerField(default=0)
    ends_s = models.PositiveIntegerField(default=0)
    late_s = models.PositiveIntegerField(default=0)  # begun after the customers' hours
    over_s = models.PositiveIntegerField(default=0)  # past the end of work

    class Meta:
        ordering = ["date", "rep_id"]
        constraints = [models.UniqueConstraint(fields=["plan", "rep", "date"], name="tour_unique")]

    def __str__(self) -> str:
        return f"{self.plan_id}: {self.date} {self.rep_id}"

    @property
    def work_s(self) -> int:
        """On the way and at customers."""
        return self.travel_s + self.stay_s


class TourStop(models.Model):
    tour = models.ForeignKey(Tour, on_delete=models.CASCADE, related_name="stops")
    shop = models.ForeignKey(TourPlanShop, on_delete=models.CASCADE, related_name="stops")
    position = models.PositiveIntegerField(default=0)
    by_hand = models.BooleanField(default=False)  # stays with its rep and day when the rest is improved
    leg_m = models.FloatField(default=0)
    arrives_s = models.PositiveIntegerField(default=0)
    begins_s = models.PositiveIntegerField(default=0)  # after waiting for the door
    late_s = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint(fields=["tour", "shop"], name="tour_stop_unique")]

    def __str__(self) -> str:
        return f"{self.tour_id}: {self.position} {self.shop_id}"

    @property
    def waits_s(self) -> int:
        return self.begins_s - self.arrives_s
