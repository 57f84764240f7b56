from django.utils.translation import gettext_lazy as _

from alerts.enums import AlertKind
from alerts.queries.last_event import LastEventKind
from alerts.rules import Default, register


@register
class Unsold(LastEventKind):
    """Too long since goods went out."""

    code = AlertKind.UNSOLD.value
    label = AlertKind.UNSOLD.label
    order = 30
    colour = "purple"
    icon = "package"
    column = "last_sale_on"
    event = "sale"
    period = _("Days without a sale")
    about = _("Too long since goods went out.")
    over = _("%(who)s without a sale for more than %(days)s days")
    last = _("last sale %(day)s")
    never = _("nothing ever sold")
    defaults = (Default(45),)
