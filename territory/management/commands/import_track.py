from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from accounts.models import User
from common.management.base import JobCommand
from territory.rules import read_track_file
from territory.services import import_fixes


class Command(JobCommand):
    help = "Positions of a GPX or GeoLife PLT file for one person; importing it again changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file", type=Path)
        parser.add_argument("--user", required=True, metavar="USERNAME")

    def run(self, **options: Any) -> dict[str, Any]:
        rep = User.objects.filter(username=options["user"]).first()
        if rep is None:
            reason = _("There is no user %(name)s.") % {"name": options["user"]}
            raise CommandError(f"--user: {reason}", returncode=2)
        path: Path = options["file"]
        if not path.is_file():
            raise CommandError(f"{path}: no such file", returncode=2)
        try:
            text = path.read_text(encoding="utf-8-sig")
            fixes, unreadable = read_track_file(path.suffix, text)
        except OSError as error:
            raise ValidationError(_("%(file)s cannot be read.") % {"file": path.name}) from error
        except ValueError as error:  # a text in another encoding is one, too
            raise ValidationError(_("%(file)s is no GPX or PLT track.") % {"file": path.name}) from error
        stored = import_fixes(rep=rep, fixes=fixes)
        return {
            "points": len(fixes) + unreadable,
            "duplicates": stored.duplicate,
            "refused": stored.refused + unreadable,
            "accepted": stored.accepted,
        }
