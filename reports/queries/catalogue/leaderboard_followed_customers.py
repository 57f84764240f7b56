from django.utils.translation import gettext_lazy as _

from reports.queries.leaderboard import Leaderboard
from reports.queries.report import register


@register
class LeaderboardFollowed(Leaderboard):
    code = "leaderboard_followed_customers"
    label = _("Leaderboard: customers followed up")
    question = _("Who follows up the most customers?")
    measures = ("follow_up_customers", "follow_up_count")
    position = 120
