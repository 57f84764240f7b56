import datetime as dt
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError

from alerts.models import BacktestLine
from alerts.rules.backtest import HORIZON, all_parameters
from alerts.services.backtest import request_backtest, run_backtest
from common.business_calendar import today
from common.management.base import JobCommand, business_day

QUARTER = dt.timedelta(days=90)


class Command(JobCommand):
    help = (
        "Replay history: how many alerts of each kind and parameter were right, how many orders left out they told of,"
        " and how early. Writes nothing but the result. alerts/rules/backtest.py defines the words."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--kind", choices=["rhythm", "unordered", "unvisited"], help="default: all three")
        parser.add_argument("--from", dest="first", type=business_day, help="default: 90 days before")
        parser.add_argument("--to", dest="last", type=business_day, help="default: yesterday")
        parser.add_argument(
            "--parameter",
            action="append",
            help="days without an event, or for rhythm a quantile such as 0.9; may be given several times",
        )
        parser.add_argument(
            "--horizon",
            type=int,
            default=HORIZON,
            help="an order is left out when at least so many days late",
        )

    def run(self, **options: Any) -> dict[str, Any]:
        last = options["last"] or today() - dt.timedelta(days=1)
        if options["first"] and last < options["first"]:
            raise CommandError("--to is before --from", returncode=2)
        run, is_new = request_backtest(
            actor=None,
            first=options["first"] or last - QUARTER + dt.timedelta(days=1),
            last=last,
            horizon=options["horizon"],
            wanted=self._wanted(options["kind"], options["parameter"]),
        )
        done = run_backtest(run.pk, self.progress) if is_new else None
        if done is None:
            raise ValidationError("Another back-test is on its way; try again when it is done.")
        return {
            "from": done.first,
            "to": done.last,
            "horizon": done.horizon,
            "customers": done.total,
            "seconds": done.seconds,
            "lines": [self._line(line) for line in done.lines.all()],
        }

    def _wanted(self, kind: str | None, parameters: list[str] | None) -> list[tuple[str, str]]:
        kinds = [kind] if kind else ["rhythm", "unordered", "unvisited"]
        if not parameters:
            return [each for each in all_parameters() if each[0] in kinds]
        wanted = []
        for text in parameters:
            is_quantile = "." in text
            fitting = [name for name in kinds if (name == "rhythm") is is_quantile]
            if not fitting or not _is_sane(text, is_quantile):
                raise CommandError(f"{text!r} is no parameter of {', '.join(kinds)}.", returncode=2)
            wanted += [(name, text) for name in fitting]
        return list(dict.fromkeys(wanted))

    def _line(self, line: BacktestLine) -> dict[str, Any]:
        return {
            "kind": line.kind,
            "parameter": line.parameter,
            "alerts": line.alerts,
            "right": line.right,
            "undecided": line.undecided,
            "precision": _share(line.precision),
            "missed_orders": line.missed_orders,
            "caught": line.caught,
            "in_time": line.in_time,
            "recall": _share(line.recall),
            "lead_days": line.lead_days,
        }


def _is_sane(text: str, is_quantile: bool) -> bool:
    try:
        return 0.5 <= float(text) < 1 if is_quantile else 1 <= int(text) <= 3650
    except ValueError:
        return False


def _share(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
