from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from common.geo.cells import cell_of


class Placed(models.Model):
    """Stands somewhere, or nobody knows where: WGS-84 degrees (domain-rules §9), and the H3 cell around them.

    The cell (common.geo.cells) is written wherever the place is: here, and by `crm.querysets.PlacedRows`.
    """

    latitude = models.FloatField(
        _("latitude"), null=True, blank=True, validators=[MinValueValidator(-90), MaxValueValidator(90)]
    )
    longitude = models.FloatField(
        _("longitude"), null=True, blank=True, validators=[MinValueValidator(-180), MaxValueValidator(180)]
    )
    cell = models.BigIntegerField(null=True, editable=False)

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        written = kwargs.get("update_fields")
        if written is None:
            self.find_cell()
        elif {"latitude", "longitude"} & set(written):
            self.find_cell()
            kwargs["update_fields"] = [*written, "cell"]
        super().save(*args, **kwargs)

    def full_clean(self, *args: Any, **kwargs: Any) -> None:
        self.find_cell()  # the constraints are checked before the row is saved
        super().full_clean(*args, **kwargs)

    def find_cell(self) -> None:
        """Set the cell of the place as it stands; without effect on a row whose place was not read."""
        if not {"latitude", "longitude"} & self.get_deferred_fields():
            self.cell = cell_of(self.latitude, self.longitude)


def whole_place() -> Q:
    """Condition of a row: a place on Earth with its cell, or neither."""
    nowhere = Q(latitude__isnull=True, longitude__isnull=True, cell__isnull=True)
    on_earth = Q(latitude__gte=-90, latitude__lte=90, longitude__gte=-180, longitude__lte=180)
    return nowhere | (on_earth & Q(cell__isnull=False))
