from django.utils.translation import gettext_lazy as _

from reports.queries.leaderboard import Leaderboard
from reports.queries.report import register


@register
class LeaderboardSold(Leaderboard):
    code = "leaderboard_sold"
    label = _("Leaderboard: sold")
    question = _("Who sells the most, returns taken off?")
    measures = ("sold", "sold_gross", "returned")
    position = 30
