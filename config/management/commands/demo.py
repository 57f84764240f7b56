from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from common.management.base import JobCommand
from config.demo import load_demo


class Command(JobCommand):
    help = "Loads the demo company; running it again changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--customers", type=int, default=1500)
        parser.add_argument("--reps", type=int, default=12)
        parser.add_argument("--days", type=int, default=60)
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--city", choices=["hefei"], default="hefei")

    def run(self, **options: Any) -> dict[str, Any]:
        result = load_demo(
            customers=options["customers"],
            reps=options["reps"],
            days=options["days"],
            seed=options["seed"],
            say=lambda text: self.stderr.write(f"demo: {text}"),
        )
        return asdict(result)
