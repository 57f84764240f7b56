"""Template building blocks, available in every template without {% load %}."""

import datetime as dt
import re
from decimal import Decimal
from functools import cache, lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from django import template
from django.conf import settings
from django.forms import BoundField, CheckboxInput, CheckboxSelectMultiple, FileInput, RadioSelect, Select
from django.template import Context
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext_lazy

from common import business_calendar
from common.menu import menu_markup
from common.money import round_money
from common.punctuation import colon

register = template.Library()
register.simple_tag(colon)

# Django's Chinese short names are as long as the full ones.
WEEKDAYS = (
    pgettext_lazy("weekday", "Mon"),
    pgettext_lazy("weekday", "Tue"),
    pgettext_lazy("weekday", "Wed"),
    pgettext_lazy("weekday", "Thu"),
    pgettext_lazy("weekday", "Fri"),
    pgettext_lazy("weekday", "Sat"),
    pgettext_lazy("weekday", "Sun"),
)


@cache
def _icon_svg(name: str) -> str:
    """Inner markup of a Tabler outline icon; an unknown name fails loudly where it is written."""
    if not re.fullmatch(r"[a-z0-9-]+", name):
        raise template.TemplateSyntaxError(f"Not an icon name: {name!r}")
    path = Path(settings.BASE_DIR) / "node_modules/@tabler/icons/icons/outline" / f"{name}.svg"
    try:
        svg = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise template.TemplateSyntaxError(f"No such icon: {name!r}") from error
    return re.sub(r"\s+", " ", svg[svg.index(">", svg.index("<svg")) + 1 : svg.rindex("</svg>")]).strip()


@register.simple_tag
@lru_cache(maxsize=1024)
def icon(name: str, extra: str = "") -> SafeString:
    """Inline SVG, drawn in the text's colour; decorative, hence hidden from screen readers."""
    return format_html(
        '<svg class="icon {}" viewBox="0 0 24 24" width="24" height="24" fill="none" stroke="currentColor" '
        'stroke-width="2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">{}</svg>',
        extra,
        mark_safe(_icon_svg(name)),  # noqa: S308 - our own icon package, not user input
    )


@register.simple_tag
def control(field: BoundField) -> SafeString:
    """A form field's widget with the classes of the interface kit."""
    widget = field.field.widget
    if isinstance(widget, CheckboxInput):
        css = "form-check-input"
    elif isinstance(widget, (RadioSelect, CheckboxSelectMultiple)):
        css = "pd-choices"
    elif isinstance(widget, Select):
        css = "form-select"
    elif isinstance(widget, FileInput):
        css = "form-control"
    else:
        css = "form-control"
    if field.errors:
        css += " is-invalid"
    existing = widget.attrs.get("class", "")
    return field.as_widget(attrs={"class": f"{existing} {css}".strip()})


@register.filter
def money(value: Decimal | int | None) -> str:
    """¥1,234.50; an empty value shows a dash, never a zero that nobody booked."""
    if value is None or value == "":
        return "–"
    sign = "-" if value < 0 else ""
    return f"{sign}¥{abs(round_money(Decimal(value))):,.2f}"


@register.filter
def quantity(value: Decimal | None) -> str:
    """A quantity without its idle zeros: 3.000 → 3, 1.500 → 1.5."""
    if value is None:
        return "–"
    text = f"{Decimal(value):,.3f}".rstrip("0").rstrip(".")
    return text or "0"


@register.filter
def day(value: dt.date | dt.datetime | None) -> str:
    """11-22 周日; the year stands before it when it is not this year."""
    if not value:
        return "–"
    if isinstance(value, dt.datetime):
        value = timezone.localtime(value).date() if timezone.is_aware(value) else value.date()
    pattern = "%m-%d" if value.year == business_calendar.this_year() else "%Y-%m-%d"
    return f"{value:{pattern}} {WEEKDAYS[value.weekday()]}"


@register.filter
def weekday(value: dt.date | int) -> str:
    """周一; of a date or of an ISO weekday (Monday is 1)."""
    return str(WEEKDAYS[value - 1 if isinstance(value, int) else value.weekday()])


@register.filter
def clock(value: dt.datetime | None) -> str:
    """Local hours and minutes."""
    return timezone.localtime(value).strftime("%H:%M") if value else "–"


@register.filter
def moment(value: dt.datetime | None) -> str:
    """11-22 周日 09:30"""
    return f"{day(value)} {clock(value)}" if value else "–"


@register.simple_tag
def day_range(first: dt.date | None, last: dt.date | None) -> str:
    """11-22 周日 – 12-29 周二, 11-22 周日起, 至12-29 周二; "" for always."""
    if first and last:
        return f"{day(first)} – {day(last)}"
    if first:
        return _("from %(day)s") % {"day": day(first)}
    return _("until %(day)s") % {"day": day(last)} if last else ""


@register.filter
def machine_time(value: dt.datetime | None) -> str:
    """2026-11-22T09:30:00+08:00, for `<time datetime>`: local, and no finer than a second."""
    return timezone.localtime(value).isoformat(timespec="seconds") if value else ""


@register.filter
def days_ago(value: dt.date | None) -> str:
    """Whole days since a business day: today, 3 days ago, never."""
    if not value:
        return _("never")
    days = (timezone.localdate() - value).days
    if days == 0:
        return _("today")
    if days < 0:
        return ngettext("in %(n)s day", "in %(n)s days", -days) % {"n": -days}
    return ngettext("%(n)s day ago", "%(n)s days ago", days) % {"n": days}


@register.filter
def distance(metres: float | None) -> str:
    """43 m, 1.2 km"""
    if metres is None:
        return "–"
    return f"{metres:.0f} m" if metres < 1000 else f"{metres / 1000:.1f} km"


@register.filter
def duration(value: dt.timedelta | None) -> str:
    """06:12 or 1:06:12"""
    if value is None:
        return "–"
    seconds = int(value.total_seconds())
    hours, rest = divmod(seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes:02}:{seconds:02}"


@register.filter
def hours(seconds: float | None) -> str:
    """7.5 h"""
    return "–" if seconds is None else _("%(n)s h") % {"n": f"{seconds / 3600:.1f}"}


@register.filter
def minutes(seconds: float) -> int:
    """Whole minutes, a part of one counted as one."""
    return -int(-seconds // 60)


@register.filter
def second_clock(seconds: int) -> str:
    """08:30 of a second of the day; the day after is said by a plus."""
    of_day = f"{seconds // 3600 % 24:02}:{seconds // 60 % 60:02}"
    return of_day if seconds < 86_400 else f"{of_day}+"


@register.filter
def percent(value: float | Decimal | None) -> str:
    return "–" if value is None else f"{value * 100:.0f}%"


@register.simple_tag(takes_context=True)
def query(context: Context, **changes: Any) -> str:
    """The page's query string with some keys changed; None drops a key. Keeps filters across links."""
    pairs: list[tuple[str, str]] = []
    for key, values in context["request"].GET.lists():
        if key not in changes:
            pairs += ((key, value) for value in values)
        elif (value := changes.pop(key)) is not None:
            pairs.append((key, str(value)))
    pairs += ((key, str(value)) for key, value in changes.items() if value is not None)
    return "?" + urlencode(pairs)


@register.simple_tag(takes_context=True)
def active(context: Context, *prefixes: str) -> str:
    """ "active" when the page's address starts with one of the prefixes ("/" only when it is just that)."""
    path = context["request"].path
    hit = any(path == prefix if prefix == "/" else path.startswith(prefix) for prefix in prefixes)
    return "active" if hit else ""


@register.simple_tag(takes_context=True)
def sections(context: Context) -> SafeString:
    """The links to all sections a person may open, with the open one marked."""
    return menu_markup(context["user"], f"/{context['request'].path.split('/')[1]}/")
