"""The navigation: its groups in the order of the person's work, and its links as data.

The links are read from the drawn menu itself, so that no copy can go stale.
"""

from dataclasses import dataclass
from functools import lru_cache
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

# Each is a template of templates/common/menu/; who works with money or goods all day has them first.
GROUPS = ("top", "customers", "visits", "sales", "team", "finance", "stock")
GROUPS_OF_ROLE = {
    "finance": ("top", "finance", "sales", "customers", "stock", "team", "visits"),
    "back_office": ("top", "sales", "stock", "finance", "customers", "team", "visits"),
    "service": ("top", "customers", "team", "sales", "stock", "finance", "visits"),
}


def menu_markup(user: Any, section: str = "") -> SafeString:
    """The links to all sections `user` may open, drawn once for everybody who may do the same; `section` is the open one.

    They depend on permissions, `facts` and role of the person, section and language alone, so nothing that is kept can
    be out of date. A group of which he may open nothing is left out.
    """
    allowed = None if user.is_superuser else frozenset(user.get_all_permissions())
    facts: frozenset[str] = getattr(user, "facts", frozenset())
    role = getattr(user, "role", None)
    groups = GROUPS_OF_ROLE.get(role.code, GROUPS) if role else GROUPS
    draw = _sections.__wrapped__ if settings.DEBUG else _sections
    return draw(groups, allowed, facts, section, get_language())  # type: ignore[no-any-return, operator]


@lru_cache(maxsize=256)
def _sections(
    groups: tuple[str, ...],
    allowed: frozenset[str] | None,
    facts: frozenset[str],
    section: str,
    language: str | None,
) -> SafeString:
    context = {"perms": _Allowed(allowed), "facts": facts, "request": SimpleNamespace(path=section)}
    drawn = (render_to_string(f"common/menu/{group}.html", context) for group in groups)
    return mark_safe("".join(group for group in drawn if "<a " in group))  # noqa: S308 — of our own templates


class _Allowed:
    """`perms` of a template: {{ perms.crm.view_customer }}; None allows all."""

    def __init__(self, allowed: frozenset[str] | None, app: str = "") -> None:
        self.allowed, self.app = allowed, app

    def __getitem__(self, name: str) -> Any:
        if not self.app:
            return _Allowed(self.allowed, name)
        return self.allowed is None or f"{self.app}.{name}" in self.allowed


@dataclass(frozen=True)
class MenuLink:
    label: str
    url: str


def menu_links(user: Any) -> tuple[MenuLink, ...]:
    """The links of the menu that `user` may open, in its order and the language of the moment."""
    return _links(str(menu_markup(user)))


@lru_cache(maxsize=256)
def _links(markup: str) -> tuple[MenuLink, ...]:
    parser = _LinkReader()
    parser.feed(markup)
    parser.close()
    return tuple(parser.links)


class _LinkReader(HTMLParser):
    """Collects href and text of each link."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[MenuLink] = []
        self._url: str | None = None
        self._text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self._url, self._text = dict(attrs).get("href"), []

    def handle_data(self, data: str) -> None:
        if self._url:
            self._text.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._url:
            self.links.append(MenuLink(" ".join("".join(self._text).split()), self._url))
            self._url = None
