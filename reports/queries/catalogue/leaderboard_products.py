from django.utils.translation import gettext_lazy as _

from reports.queries.leaderboard import Leaderboard
from reports.queries.report import register


@register
class LeaderboardProducts(Leaderboard):
    code = "leaderboard_products"
    label = _("Leaderboard: quantity of products")
    question = _("Who sells the most pieces, of all products or of one category?")
    measures = ("line_quantity", "line_amount", "line_customers")
    position = 50
