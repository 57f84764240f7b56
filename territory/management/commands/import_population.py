from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from common.geo import Datum
from common.management.base import JobCommand
from territory.services.white_space import load_population


class Command(JobCommand):
    help = (
        "Load where people live, for white space: a workbook or CSV file with residents (居民数) and either places "
        "(纬度, 经度) or districts (市, 区县). The table before is replaced."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file", type=Path, help="xlsx, xls or csv")
        parser.add_argument("--datum", choices=[str(datum) for datum in Datum], default=str(Datum.WGS84))

    def run(self, **options: Any) -> dict[str, Any]:
        path: Path = options["file"]
        if not path.is_file():
            raise CommandError(f"{path}: no such file", returncode=2)
        loaded = load_population(actor=None, path=path, name=path.name, datum=options["datum"])
        if loaded.failed:
            self.fail_with("\n".join(f"{row}: {why}" for row, why in loaded.problems))
        return {key: value for key, value in asdict(loaded).items() if key != "problems"}
