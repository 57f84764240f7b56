"""What white space is measured against (F2): where people live."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from common.punctuation import named


class Population(models.Model):
    """Residents of a place (a village, a block, a square of a grid) or of a whole district named as customers' are.

    Places are summed up by cell, districts are set beside the customers of that district: a district has no border here.
    The table is always loaded whole.
    """

    city = models.CharField(_("city"), max_length=40, blank=True)
    district = models.CharField(_("district"), max_length=40, blank=True)
    latitude = models.FloatField(_("latitude"), null=True)  # WGS-84 degrees
    longitude = models.FloatField(_("longitude"), null=True)
    cell = models.BigIntegerField(null=True)  # common.geo.cells of the place
    residents = models.PositiveIntegerField(_("residents"))

    class Meta:
        ordering = ["pk"]
        verbose_name = _("population")
        verbose_name_plural = _("population")
        constraints = [
            models.CheckConstraint(
                condition=Q(cell__isnull=False, latitude__isnull=False, longitude__isnull=False)
                | (Q(cell__isnull=True, latitude__isnull=True, longitude__isnull=True) & ~Q(district="")),
                name="population_place_or_district",
            ),
        ]
        indexes = [
            models.Index(fields=["cell"], name="population_cell", condition=Q(cell__isnull=False)),
        ]

    def __str__(self) -> str:
        place = f"{self.city}{self.district}" or f"{self.latitude:.4f} {self.longitude:.4f}"
        return named(place, self.residents)
