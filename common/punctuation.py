"""Marks between words, as the language of the moment writes them."""

from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import pgettext


def colon() -> str:
    """What stands between a name and its value: ": ", in Chinese "：" without a space."""
    return pgettext("between name and value", ": ")


def named(name: object, value: object) -> str:
    """状态：未交"""
    return f"{name}{colon()}{value}"


def noted(name: object, note: object) -> str:
    """长期未拜访 30（A）"""
    return pgettext("name and note", "%(name)s (%(note)s)") % {"name": name, "note": note}


def listed(parts: Iterable[object]) -> str:
    """甲、乙"""
    return _(", ").join(map(str, parts))
