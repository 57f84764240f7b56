from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from common import i18n_extract


class Command(BaseCommand):
    help = "Bring the Chinese catalogue in step with the sources; add, check or compile translations."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        i18n_extract.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        lines, complaints = i18n_extract.run(options)
        self.stdout.write("\n".join(lines))
        if complaints:
            raise CommandError("\n".join(complaints))
