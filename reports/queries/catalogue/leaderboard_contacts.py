from django.utils.translation import gettext_lazy as _

from reports.queries.leaderboard import Leaderboard
from reports.queries.report import register


@register
class LeaderboardContacts(Leaderboard):
    code = "leaderboard_contacts"
    label = _("Leaderboard: new contacts")
    question = _("Who enters the most contacts?")
    measures = ("entered_contacts",)
    position = 80
