from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class DayFigure(models.Model):
    """What one person reached on one business day by one measure: figures over months read these and not the slips.

    Kept by reports.services.day_figures from the marks below; a day with a mark is read from its slips until then.
    """

    measure = models.CharField(max_length=40)  # code in the register
    day = models.DateField()
    rep = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
    )
    value = models.DecimalField(max_digits=24, decimal_places=6)

    class Meta:
        verbose_name = _("figure of a day")
        verbose_name_plural = _("figures of days")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["measure", "day", "rep"], name="day_figure_once"),
            models.UniqueConstraint(
                fields=["measure", "day"], condition=Q(rep__isnull=True), name="day_figure_of_nobody_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.measure} {self.day}"


class DayMark(models.Model):
    """Rows of a fact changed that count for this day (None: for any day). Written by triggers in the changing transaction
    (reports.services.watching), taken away when the day is summed up. No constraint: writing one waits for nobody.
    """

    fact = models.CharField(max_length=40)
    day = models.DateField(null=True)

    class Meta:
        verbose_name = _("day to sum up")
        verbose_name_plural = _("days to sum up")
        default_permissions = ()
        indexes = [models.Index(fields=["fact", "day"], name="day_mark_of_fact")]

    def __str__(self) -> str:
        return f"{self.fact} {self.day or '–'}"
