from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.tables import Column, FormatColumn, LinkColumn, NumberColumn, badge
from common.templatetags.paodian import distance, weekday
from territory.models import Route
from territory.queries import route_length_m
from territory.rules import read_weekdays


def weekday_names(route: Route) -> str:
    """周一 周四, or a dash."""
    return " ".join(weekday(day) for day in sorted(read_weekdays(route.weekdays))) or "–"


def draw_length(route: Route) -> str:
    return distance(route_length_m(route.stops.all()))


def draw_state(route: Route) -> SafeString | str:
    return badge(_("In use"), "green") if route.is_active else badge(_("Not in use"))


class LengthColumn(NumberColumn):
    def value(self, row: Route) -> float:
        return round(route_length_m(row.stops.all()) / 1000, 1)

    def cell(self, row: Route) -> str:
        return format_html("{}", draw_length(row))


ROUTE_COLUMNS = (
    LinkColumn("name", gettext_lazy("Route name"), order=("name",), phone="title"),
    Column("rep", gettext_lazy("Rep"), order=("rep__name",)),
    NumberColumn("stop_count", gettext_lazy("Route stops"), order=("stop_count",)),
    LengthColumn("length", gettext_lazy("Length"), phone="side"),
    FormatColumn("weekdays", gettext_lazy("Weekdays"), draw=weekday_names),
    FormatColumn("is_active", gettext_lazy("Status"), order=("is_active",), draw=draw_state, phone=""),
)
