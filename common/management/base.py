"""Base of our commands: --json, exit codes, progress bar (interfaces.md, "Commands")."""

import datetime as dt
import json
import sys
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

# Business days of real records; outside of them, periods and local midnights leave what a date can hold.
FIRST_DAY, LAST_DAY = dt.date(1970, 1, 2), dt.date(2199, 12, 31)


def business_day(text: str) -> dt.date:
    """Type of an argument that is a business day, YYYY-MM-DD."""
    try:
        found = dt.date.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is no day; wanted is YYYY-MM-DD") from error
    if not FIRST_DAY <= found <= LAST_DAY:
        raise ArgumentTypeError(f"{text} does not lie between {FIRST_DAY} and {LAST_DAY}")
    return found


class JobCommand(BaseCommand):
    """Subclass and write `run`, which returns the JSON object.

    Exit 0 on success, 1 on a refused or partly failed job with the reason on stderr, 2 on wrong arguments.
    A job that did part of its work calls `self.fail_with(reason)` and still returns its result.
    """

    _reason = ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object on the last line")

    def run(self, **options: Any) -> dict[str, Any]:
        raise NotImplementedError

    def fail_with(self, reason: str) -> None:
        self._reason = reason

    def handle(self, *args: Any, **options: Any) -> None:
        as_json = options.pop("json")
        try:
            result = self.run(**options)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages), returncode=1) from error
        if as_json:
            self.stdout.write(json.dumps(result, ensure_ascii=False, default=str))
        else:
            for key, value in result.items():
                self.stdout.write(f"{key}: {value}")
        if self._reason:
            self.stdout.flush()
            raise CommandError(self._reason, returncode=1)

    def progress(self, done: int, total: int, text: str = "") -> None:
        """Redraw the bar; silent when nobody watches."""
        if not sys.stderr.isatty() or not total:
            return
        filled = 30 * done // total
        self.stderr.write(f"\r[{'#' * filled}{'.' * (30 - filled)}] {done}/{total} {text}", ending="")
        if done >= total:
            self.stderr.write("")
