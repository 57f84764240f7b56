from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from common.business_calendar import today
from common.management.base import JobCommand, business_day
from crm.services import pool


class Command(JobCommand):
    help = "Take customers whose clocks have run out back into the public pool and warn owners; or only say how many."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--date", type=business_day, help="business day, YYYY-MM-DD (default: today)")
        parser.add_argument("--dry-run", action="store_true", help="count, change nothing")
        parser.add_argument(
            "--days-ahead",
            type=int,
            default=0,
            metavar="N",
            help="candidates: also those of the N days after the date",
        )

    def run(self, **options: Any) -> dict[str, Any]:
        day, ahead = options["date"] or today(), options["days_ahead"]
        if not 0 <= ahead <= 3650:
            raise CommandError("--days-ahead must lie between 0 and 3650.", returncode=2)
        found = pool.dry_run(day=day, days_ahead=ahead)
        result: dict[str, Any] = {"date": day, "recycled": 0, "warned": 0, "candidates": found.candidates}
        if not options["dry_run"]:
            run = pool.run_pool(day=day)
            result |= {"recycled": run.recycled, "warned": run.warned, "recycled_leads": run.recycled_leads}
        return {**result, "by_clock": found.by_clock}
