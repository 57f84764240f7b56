from django.utils.translation import gettext_lazy as _

from reports.queries.leaderboard import Leaderboard
from reports.queries.report import register


@register
class LeaderboardLeads(Leaderboard):
    code = "leaderboard_leads"
    label = _("Leaderboard: leads converted")
    question = _("Who turns the most leads into customers?")
    measures = ("leads_converted", "lead_days")
    position = 90
