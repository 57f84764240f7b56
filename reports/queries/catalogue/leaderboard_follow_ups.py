from django.utils.translation import gettext_lazy as _

from reports.queries.leaderboard import Leaderboard
from reports.queries.report import register


@register
class LeaderboardFollowUps(Leaderboard):
    code = "leaderboard_follow_ups"
    label = _("Leaderboard: follow-ups")
    question = _("Who follows up the most?")
    measures = ("follow_up_count", "follow_up_customers", "follow_up_leads")
    position = 110
