from django.utils.translation import gettext_lazy as _

from reports.queries.leaderboard import Leaderboard
from reports.queries.report import register


@register
class LeaderboardNewCustomers(Leaderboard):
    code = "leaderboard_new_customers"
    label = _("Leaderboard: new customers")
    question = _("Who wins the most customers, and how many of them order?")
    measures = ("new_customers", "new_dealt", "new_dealt_share")
    position = 60
