from django.utils.translation import gettext_lazy as _

from reports.queries.leaderboard import Leaderboard
from reports.queries.report import register


@register
class LeaderboardVisits(Leaderboard):
    code = "leaderboard_visits"
    label = _("Leaderboard: visits")
    question = _("Who makes the most valid visits?")
    measures = ("visits_valid", "visits")
    position = 100
