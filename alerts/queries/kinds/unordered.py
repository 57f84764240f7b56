from django.utils.translation import gettext_lazy as _

from alerts.enums import AlertKind
from alerts.queries.last_event import LastEventKind
from alerts.rules import Default, register


@register
class Unordered(LastEventKind):
    """Too long since the last submitted order."""

    code = AlertKind.UNORDERED.value
    label = AlertKind.UNORDERED.label
    order = 20
    colour = "orange"
    icon = "shopping-cart"
    column = "last_order_on"
    event = "order"
    period = _("Days without an order")
    about = _("Too long since the last submitted order.")
    over = _("%(who)s without an order for more than %(days)s days")
    last = _("last order %(day)s")
    never = _("never ordered")
    defaults = (Default(14, "A"), Default(30))
