from django.utils.translation import gettext_lazy as _

from reports.queries.leaderboard import Leaderboard
from reports.queries.report import register


@register
class LeaderboardReceived(Leaderboard):
    code = "leaderboard_received"
    label = _("Leaderboard: money received")
    question = _("Who collects the most money?")
    measures = ("received", "collection_rate")
    position = 40
