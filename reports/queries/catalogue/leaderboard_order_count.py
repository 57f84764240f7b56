from django.utils.translation import gettext_lazy as _

from reports.queries.leaderboard import Leaderboard
from reports.queries.report import register


@register
class LeaderboardSignings(Leaderboard):
    code = "leaderboard_order_count"
    label = _("Leaderboard: number of orders")
    question = _("Who writes the most orders?")
    measures = ("order_count", "order_amount", "order_average")
    position = 20
