"""manage.py report NAME [--from D] [--to D] [--by …]: any report as data (interfaces.md)."""

from __future__ import annotations

import datetime as dt
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

import reports.queries.catalogue  # noqa: F401 - fills the register
from accounts.models import User
from common import business_calendar
from common.management.base import JobCommand, business_day
from common.periods import Period, preset
from reports.enums import Comparison
from reports.queries.asked import Asked
from reports.queries.report import REPORTS, Report
from reports.rules.compare import reached
from reports.rules.tables import Table, plain


class Command(JobCommand):
    help = "Print a report as data: columns, rows and totals."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("name", help="one of: " + ", ".join(sorted(REPORTS)))
        parser.add_argument("--from", dest="first", type=business_day, metavar="D")
        parser.add_argument("--to", dest="last", type=business_day, metavar="D")
        parser.add_argument(
            "--by", default="", help="what the rows are; the report's usual one when left out"
        )
        parser.add_argument(
            "--user",
            default="",
            metavar="USERNAME",
            help="in whose data scope; the whole company's when left out",
        )
        parser.add_argument("--compare", choices=Comparison.values, default=Comparison.NONE.value)

    def run(self, **options: Any) -> dict[str, Any]:
        report = REPORTS.get(options["name"])
        if report is None:
            raise CommandError(
                f"There is no report {options['name']}. There are: {', '.join(sorted(REPORTS))}", returncode=2
            )
        by = options["by"] or report.dimensions[0]
        if by not in report.dimensions:
            raise CommandError(f"{report.code} is divided by: {', '.join(report.dimensions)}", returncode=2)
        today = business_calendar.today()
        period = _period(report, options["first"], options["last"], today)
        asked = Asked(_user(options["user"], report), period, today)
        table = report.table(asked, by, most=0, compare=Comparison(options["compare"]))
        return {"report": report.code, "by": by, "from": period.first, "to": period.last, **as_data(table)}


def _period(report: Report, first: dt.date | None, last: dt.date | None, today: dt.date) -> Period:
    """The report's usual period, as far as it has come, where days are left out."""
    usual = reached(preset(report.period, today), today)
    first, last = (
        first or (min(usual.first, last) if last else usual.first),
        last or max(usual.last, first or usual.last),
    )
    if last < first:
        raise CommandError("--to is before --from", returncode=2)
    return Period("custom", first, last)


def _user(username: str, report: Report) -> User | None:
    if not username:
        return None
    user = User.objects.filter(username=username, is_active=True).first()
    if user is None:
        raise CommandError(f"There is no user {username}", returncode=2)
    if not report.is_open_to(user):
        raise CommandError(f"{username} may not see {report.code}", returncode=1)
    return user


def as_data(table: Table) -> dict[str, Any]:
    """`columns` say what stands in each place of a row; a row begins with its key and its name."""
    heads = [{"key": head.code, "label": str(head.label), "unit": head.unit.value} for head in table.heads]
    columns = [
        {"key": table.by, "label": str(table.by_label), "unit": "key"},
        {"key": "name", "label": "", "unit": "text"},
        *heads,
    ]
    rows = [[row.key, row.label, *map(plain, row.values)] for row in table.rows]
    totals = {head.code: plain(value) for head, value in zip(table.heads, table.totals, strict=False)}
    return {"columns": columns, "rows": rows, "totals": totals}
