from django.utils.translation import gettext_lazy as _

from alerts.enums import AlertKind
from alerts.queries.last_event import LastEventKind
from alerts.rules import Default, register


@register
class Unvisited(LastEventKind):
    """Too long since the last valid visit."""

    code = AlertKind.UNVISITED.value
    label = AlertKind.UNVISITED.label
    order = 10
    colour = "azure"
    icon = "map-pin"
    column = "last_visit_on"
    event = "visit"
    period = _("Days without a visit")
    about = _("Too long since the last valid visit.")
    over = _("%(who)s not visited for more than %(days)s days")
    last = _("last visit %(day)s")
    never = _("never visited")
    defaults = (Default(7, "A"), Default(14, "B"), Default(30, "C"), Default(30))
