from __future__ import annotations

import datetime as dt
from dataclasses import replace

from django.utils.translation import gettext_lazy as _

from reports.enums import Family, Unit
from reports.queries.asked import Asked
from reports.queries.dimensions import DIMENSIONS
from reports.queries.engine import sorted_rows
from reports.queries.product_reach import MEASURED, heads, new_since, reach
from reports.queries.report import Report, register
from reports.rules.compare import reached
from reports.rules.tables import Head, Look, Row, Table

NEW_DAYS = 90
_AGE = Head(
    "days_on_sale",
    _("Days on sale"),
    Unit.DAYS,
    _(
        "Days from the first counted order of it by anybody to the end of the period; products of the first 30 days of the records are taken for old."
    ),
    False,
)


@register
class NewProducts(Report):
    code = "new_products"
    family = Family.PRODUCTS
    label = _("New products")
    question = _(
        "How far have products that were first ordered in the last 90 days come among our customers?"
    )
    measures = MEASURED
    dimensions = ("product",)
    filters = ("rep", "department", "channel", "region", "level", "type", "category")
    compares = False
    period = "quarter"
    permission = "crm.view_customer"
    position = 75

    def answer(self, asked: Asked, by: str, look: Look) -> Table:
        """Products whose first order lies within 90 days before the period's end; the figures are of the period."""
        last = reached(asked.period, asked.today).last
        oldest = last - dt.timedelta(days=NEW_DAYS - 1)
        ages = {str(pk): (last - day).days for pk, day in new_since(oldest).items()}
        found = reach(asked, "product", with_total=False)
        columns = [*heads(), _AGE]
        rows = [_aged(row, ages[row.key]) for row in found.rows("product") if row.key in ages]
        if look.sort:
            rows = sorted_rows(rows, [head.code for head in columns].index(look.sort), look.descending)
        bound = look.bound(self.most) or len(rows)
        return Table(
            by=by,
            by_label=DIMENSIONS["product"].label,
            heads=columns,
            rows=rows[:bound],
            period=asked.period,
            more=len(rows) > bound,
        )


def _aged(row: Row, days: int) -> Row:
    return replace(row, values=(*row.values, days))
