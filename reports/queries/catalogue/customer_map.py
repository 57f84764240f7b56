from __future__ import annotations

from dataclasses import replace

from django.db.models import Avg, Count
from django.utils.translation import gettext_lazy as _

from reports.enums import Chart, Comparison, Family
from reports.queries.asked import Asked
from reports.queries.dimensions import DIMENSIONS
from reports.queries.facts.customers import CUSTOMERS
from reports.queries.report import Report, register
from reports.rules.tables import Look, Table


@register
class CustomerMap(Report):
    code = "customer_map"
    family = Family.CUSTOMERS
    label = _("Where customers are")
    question = _("In which places do we have how many customers, and what do they order?")
    measures = ("customer_count", "customer_active", "customer_lost", "order_amount")
    dimensions = ("area", "city", "region")
    chart = Chart.MAP
    compares = False
    position = 100

    def answer(self, asked: Asked, by: str, look: Look) -> Table:
        table = super().answer(asked, by, replace(look, compare=Comparison.NONE))
        places = centres(asked, by)
        return replace(table, rows=[replace(row, place=places.get(row.key)) for row in table.rows])


def centres(asked: Asked, by: str) -> dict[str, tuple[float, float]]:
    """{key: (latitude, longitude)}, WGS-84: the mean of the customers' places; nothing for a group without any."""
    dimension = DIMENSIONS[by]
    rows = asked.rows(CUSTOMERS).filter(latitude__isnull=False).annotate(grp=dimension.path(CUSTOMERS))
    sums: dict[str, tuple[float, float, int]] = {}
    for group, lat, lng, count in rows.values_list("grp").annotate(
        Avg("latitude"), Avg("longitude"), Count("pk")
    ):
        key = dimension.key(group)  # an empty text and NULL are one group
        before = sums.get(key, (0.0, 0.0, 0))
        sums[key] = (before[0] + lat * count, before[1] + lng * count, before[2] + count)
    return {key: (lat / count, lng / count) for key, (lat, lng, count) in sums.items()}
