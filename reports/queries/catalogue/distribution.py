from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from reports.enums import Family
from reports.queries.asked import Asked
from reports.queries.dimensions import DIMENSIONS
from reports.queries.engine import sorted_rows
from reports.queries.product_reach import MEASURED, heads, reach
from reports.queries.report import Report, register
from reports.rules.tables import Look, Table


@register
class Distribution(Report):
    code = "distribution"
    family = Family.PRODUCTS
    label = _("Distribution of products")
    question = _("In how many of our customers, and of those we visit, is each product?")
    measures = MEASURED
    dimensions = ("product", "category", "brand")
    filters = ("rep", "department", "channel", "region", "level", "type", "category")
    compares = False
    period = "quarter"
    permission = "crm.view_customer"
    position = 70

    def answer(self, asked: Asked, by: str, look: Look) -> Table:
        columns = heads()
        found = reach(asked, by)
        rows = found.rows(by)
        if look.sort:
            rows = sorted_rows(rows, [head.code for head in columns].index(look.sort), look.descending)
        bound = look.bound(self.most) or len(rows)
        return Table(
            by=by,
            by_label=DIMENSIONS[by].label,
            heads=columns,
            rows=rows[:bound],
            totals=found.figures(found.total),
            period=asked.period,
            more=len(rows) > bound,
        )
