from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from accounts.models import User
from common.management.base import JobCommand, business_day
from territory.queries import day_fixes
from territory.rules import analyse_day


class Command(JobCommand):
    help = "Mileage, stops and gaps of one rep's business day (domain-rules §7)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("username")
        parser.add_argument("date", type=business_day, metavar="YYYY-MM-DD")

    def run(self, **options: Any) -> dict[str, Any]:
        rep = User.objects.filter(username=options["username"]).first()
        if rep is None:
            reason = _("There is no user %(name)s.") % {"name": options["username"]}
            raise CommandError(reason, returncode=2)
        track = analyse_day(day_fixes([rep.pk], options["date"]).get(rep.pk, ()))
        ratio = track.detour_ratio
        return {
            "points": track.points,
            "kept": len(track.kept),
            "mileage_m": round(track.mileage_m, 1),
            "stops": len(track.stops),
            "gaps": len(track.gaps),
            "detour_ratio": None if ratio is None else round(ratio, 4),
        }
