from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import SystemOptions
from common.tables import Column, LinkColumn, NumberColumn, WordsColumn, badge
from common.templatetags.paodian import distance, percent, weekday
from territory.models import Route, RouteQuality
from territory.queries.route_plans import RoutePlan, plan_of
from territory.rules import read_weekdays

BAD, POOR = 0.2, 0.1  # share of the way that a better order would save
WORTH_M = 500.0  # below, no colour: a round of the block is no bad route


def weekday_names(route: Route) -> str:
    """周一 周四, or a dash."""
    return " ".join(weekday(day) for day in sorted(read_weekdays(route.weekdays))) or "–"


def draw_state(route: Route) -> SafeString | str:
    return badge(_("In use"), "green") if route.is_active else badge(_("Not in use"))


@dataclass(frozen=True)
class RouteColumn(NumberColumn):
    """A figure of the route's order. Figures from before its last change are not shown."""

    options: SystemOptions | None = None

    def plan(self, route: Route) -> RoutePlan:
        assert self.options is not None
        return plan_of(route, route.stops.all(), self.options)

    def quality(self, route: Route) -> RouteQuality | None:
        known: RouteQuality | None = getattr(route, "quality", None)
        return known if known and self.plan(route).is_fresh(known.key) else None


@dataclass(frozen=True)
class LengthColumn(RouteColumn):
    def metres(self, route: Route) -> float:
        plan = self.plan(route)
        return plan.length_m(range(len(plan.points)))

    def value(self, row: Route) -> float:
        return round(self.metres(row) / 1000, 1)

    def cell(self, row: Route) -> str:
        return format_html("{}", distance(self.metres(row)))


@dataclass(frozen=True)
class SavingColumn(RouteColumn):
    def value(self, row: Route) -> float | None:
        known = self.quality(row)
        return round(known.saving_m / 1000, 1) if known else None

    def cell(self, row: Route) -> str:
        known = self.quality(row)
        if known is None:
            return _not_measured()
        return draw_saving(known.saving_m, known.saving_share)


@dataclass(frozen=True)
class CountColumn(RouteColumn):
    def value(self, row: Route) -> int | None:
        known = self.quality(row)
        return getattr(known, self.key) if known else None

    def cell(self, row: Route) -> str:
        number = self.value(row)
        if number is None:
            return _not_measured()
        return format_html("<b>{}</b>", number) if number else SafeString("0")


def draw_saving(metres: float, share: float) -> SafeString:
    """Kilometres and per cent that a better order saves, coloured by how bad that is."""
    if metres < 1:
        return format_html('<span class="text-secondary">{}</span>', _("best order"))
    tone = "" if metres < WORTH_M else "text-danger" if share >= BAD else "text-near" if share >= POOR else ""
    return format_html('<span class="{}"><b>{}</b> {}</span>', tone, distance(metres), percent(share))


def _not_measured() -> SafeString:
    title = _("Being measured since its last change; look again in a moment.")
    return format_html('<span class="text-secondary" title="{}">…</span>', title)


def route_columns(options: SystemOptions) -> tuple[Column, ...]:
    """The list's columns; `options` are the company's, read once for all rows."""

    def figure(
        kind: type[RouteColumn], key: str, label: Promise, order: tuple[str, ...], phone: str
    ) -> Column:
        return kind(key, label, order=order, phone=phone, options=options)

    return (
        LinkColumn("name", gettext_lazy("Route name"), order=("name",), phone="title"),
        Column("rep", gettext_lazy("Rep"), order=("rep__name",)),
        NumberColumn("stop_count", gettext_lazy("Route stops"), order=("stop_count",)),
        figure(LengthColumn, "length", gettext_lazy("Length"), (), "side"),
        figure(SavingColumn, "saving", gettext_lazy("Can be saved"), ("saving",), "line"),
        figure(CountColumn, "crossings", gettext_lazy("Crossings"), ("quality__crossings",), "line"),
        figure(CountColumn, "turn_backs", gettext_lazy("There and back"), ("quality__turn_backs",), ""),
        WordsColumn("weekdays", gettext_lazy("Weekdays"), draw=weekday_names),
        WordsColumn("is_active", gettext_lazy("Status"), order=("is_active",), draw=draw_state, phone=""),
    )
