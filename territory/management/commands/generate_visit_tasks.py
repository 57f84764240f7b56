import datetime as dt
from argparse import ArgumentParser
from typing import Any

from common.management.base import JobCommand
from territory.services import generate_visit_tasks


class Command(JobCommand):
    help = (
        "Make visit tasks from routes and periodic plans; from today to 13 days later unless told otherwise."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--from", dest="from_day", type=dt.date.fromisoformat, metavar="YYYY-MM-DD")
        parser.add_argument("--to", dest="to_day", type=dt.date.fromisoformat, metavar="YYYY-MM-DD")

    def run(self, **options: Any) -> dict[str, Any]:
        result = generate_visit_tasks(from_day=options["from_day"], to_day=options["to_day"])
        return {"created": result.created, "existing": result.existing, "skipped": result.skipped}
