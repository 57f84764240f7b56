from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from common.management.base import JobCommand, business_day
from territory.services import generate_visit_tasks


class Command(JobCommand):
    help = (
        "Make visit tasks from routes and periodic plans; from today to 13 days later unless told otherwise."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--from", dest="from_day", type=business_day, metavar="YYYY-MM-DD")
        parser.add_argument("--to", dest="to_day", type=business_day, metavar="YYYY-MM-DD")

    def run(self, **options: Any) -> dict[str, Any]:
        first, last = options["from_day"], options["to_day"]
        if first and last and last < first:
            raise CommandError("--to is before --from", returncode=2)
        result = generate_visit_tasks(from_day=first, to_day=last)
        return {"created": result.created, "existing": result.existing, "skipped": result.skipped}
