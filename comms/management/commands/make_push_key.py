import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from comms.services.reach import make_push_key


class Command(BaseCommand):
    help = "Make the private key that signs messages to phones (Web Push), once for an installation."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="answer one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        path = Path(settings.VAPID_KEY_FILE)
        try:
            public = make_push_key(path)
        except FileExistsError as error:
            raise CommandError(
                f"{path.name} is there already; with another key every phone would have to be asked again."
            ) from error
        said = {"public_key": public, "file": path.name}
        self.stdout.write(json.dumps(said) if options["json"] else f"{path.name}: {public}")
