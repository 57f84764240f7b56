"""What static/reports/js/chart.js draws: plain values, names and addresses, no option of the chart library. No ORM."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.utils.translation import gettext as _

from reports.enums import Chart, Unit
from reports.rules.tables import Crossed, Table, plain

MOST_BARS = 30
MOST_SLICES = 10

Spec = dict[str, Any]


def table_chart(
    table: Table, kind: Chart, codes: Sequence[str], link: Callable[[str, str], str] | None = None
) -> Spec:
    """The measures `codes` of a table. `link(measure, key)` is where a click leads, "" or None nowhere."""
    columns = [table.column(code) for code in codes]
    heads = [table.heads[column] for column in columns]
    rows = list(table.rows) if kind in (Chart.LINE, Chart.HEAT, Chart.MAP) else list(table.rows)[:MOST_BARS]
    series: list[Spec] = [
        {
            "name": str(head.label),
            "unit": head.unit.value,
            "values": [plain(row.values[column]) for row in rows],
            "links": [link(head.code, row.key) if link else "" for row in rows],
        }
        for head, column in zip(heads, columns, strict=True)
    ]
    if len(columns) == 1 and any(row.before for row in rows) and kind in (Chart.BAR, Chart.LINE):
        values = [plain(row.before[columns[0]]) if row.before else None for row in rows]
        series.append(
            {"name": _("Compared"), "unit": heads[0].unit.value, "values": values, "is_before": True}
        )
    spec: Spec = {
        "kind": kind.value,
        "labels": [row.label for row in rows],
        "series": series,
        "total": [plain(table.totals[column]) for column in columns] if table.totals else [],
    }
    if kind == Chart.PIE:
        _fold(spec)
    if kind == Chart.MAP:
        spec["places"] = [list(row.place) if row.place else None for row in rows]
    return spec


def _fold(spec: Spec) -> None:
    """The small slices of a pie become one; what is negative has no slice."""
    series = spec["series"][0]
    slices = [
        entry
        for entry in zip(spec["labels"], series["values"], series["links"], strict=True)
        if (entry[1] or 0) > 0
    ]
    slices.sort(key=lambda entry: -entry[1])
    if len(slices) > MOST_SLICES:
        rest = sum(entry[1] for entry in slices[MOST_SLICES - 1 :])
        slices = [*slices[: MOST_SLICES - 1], (_("Others"), round(rest, 6), "")]
    spec["labels"] = [entry[0] for entry in slices]
    spec["series"] = [{**series, "values": [e[1] for e in slices], "links": [e[2] for e in slices]}]


def crossed_chart(crossed: Crossed, kind: Chart, link: Callable[[str, str], str] | None = None) -> Spec:
    """Stacked bars, or a heat map. `link(row key, column key)`."""
    unit: Unit = crossed.head.unit
    series = [
        {
            "name": label,
            "unit": unit.value,
            "values": [plain(cells[position]) for cells in crossed.cells],
            "links": [link(row, key) if link else "" for row, _label in crossed.rows],
        }
        for position, (key, label) in enumerate(crossed.columns)
    ]
    return {
        "kind": kind.value if kind in (Chart.HEAT, Chart.LINE) else Chart.BAR.value,
        "labels": [label for _key, label in crossed.rows],
        "series": series,
        "is_stacked": kind == Chart.BAR and unit not in (Unit.PERCENT, Unit.DAYS, Unit.SCORE),
        "total": [],
    }
