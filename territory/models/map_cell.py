"""What the customer map shows of many customers without counting them anew (F1)."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from common.punctuation import named
from territory.querysets import MapCellQuerySet


class MapCell(models.Model):
    """The active customers of one owner in one cell, summed up; without an owner those in the pool.

    Written by services.map_cells only; true as of `MapTally.checked_at`.
    """

    resolution = models.PositiveSmallIntegerField()
    cell = models.BigIntegerField()  # common.geo.cells
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("owner"),
        null=True,
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
    )
    customers = models.PositiveIntegerField(_("customers"))
    # Sums of degrees (WGS-84): their mean is where the mark stands.
    lat_sum = models.FloatField()
    lng_sum = models.FloatField()
    # How many of them, by level, by last visit (rules.visit_band) and with an open alert.
    level_a = models.PositiveIntegerField()
    level_b = models.PositiveIntegerField()
    level_c = models.PositiveIntegerField()
    visited_week = models.PositiveIntegerField()
    visited_month = models.PositiveIntegerField()
    visited_longer = models.PositiveIntegerField()
    alerts = models.PositiveIntegerField()

    objects = MapCellQuerySet.as_manager()

    class Meta:
        verbose_name = _("cell of the customer map")
        verbose_name_plural = _("cells of the customer map")
        indexes = [models.Index(fields=["resolution", "cell"], name="map_cell_place")]

    def __str__(self) -> str:
        return f"{self.cell}: {self.customers}"


class MapTally(models.Model):
    """Whether the cells are true, and of which moment; one row. Whoever sums them up locks it first."""

    # Of the day whose "days since the last visit" they count; null: not summed up, the map counts by itself.
    day = models.DateField(null=True)
    checked_at = models.DateTimeField(null=True)
    customers = models.PositiveIntegerField(_("customers"), default=0)  # with a place, when last checked

    class Meta:
        verbose_name = _("state of the customer map")
        verbose_name_plural = _("state of the customer map")

    def __str__(self) -> str:
        return named(f"{timezone.localtime(self.checked_at):%F %T}", self.customers)


class MapTile(models.Model):
    """The mark of a part of the map as it was summed up: where the customers' mark differs, something changed."""

    cell = models.BigIntegerField(primary_key=True)  # of services.map_cells.TILE_RESOLUTION
    customers = models.PositiveIntegerField(_("customers"))
    mark = models.BigIntegerField()

    class Meta:
        verbose_name = _("part of the customer map")
        verbose_name_plural = _("parts of the customer map")

    def __str__(self) -> str:
        return f"{self.cell}: {self.customers}"
