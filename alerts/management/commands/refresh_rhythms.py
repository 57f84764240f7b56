from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from alerts.services.rhythm import refresh_rhythms
from common.business_calendar import today
from common.management.base import JobCommand, business_day


class Command(JobCommand):
    help = (
        "Bring each customer's reorder rhythm, value and trend up to date; running it again changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--date", type=business_day, help="business day, YYYY-MM-DD (default: today)")
        parser.add_argument("--all", action="store_true", help="compute everybody, not only who changed")

    def run(self, **options: Any) -> dict[str, Any]:
        day = options["date"] or today()
        done = refresh_rhythms(today=day, everybody=options["all"], progress=self.progress)
        return {"date": day, **asdict(done)}
