from django.utils.translation import gettext_lazy as _

from reports.queries.leaderboard import Leaderboard
from reports.queries.report import register


@register
class LeaderboardOrders(Leaderboard):
    code = "leaderboard_orders"
    label = _("Leaderboard: ordered")
    question = _("Who brings the most orders?")
    measures = ("order_amount", "order_count", "order_customers")
    position = 10
