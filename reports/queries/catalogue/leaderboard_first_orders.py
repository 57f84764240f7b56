from django.utils.translation import gettext_lazy as _

from reports.queries.leaderboard import Leaderboard
from reports.queries.report import register


@register
class LeaderboardFirstOrders(Leaderboard):
    code = "leaderboard_first_orders"
    label = _("Leaderboard: first orders")
    question = _("Who opens the most customers, that is brings their first order?")
    measures = ("first_orders", "deal_days")
    position = 70
