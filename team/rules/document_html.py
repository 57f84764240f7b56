"""The text of a document as HTML: what stays of what people type and paste, and its plain words. Pure."""

from __future__ import annotations

import re
from html import unescape

import nh3

_TAGS = {
    *("p", "div", "br", "hr", "h2", "h3", "h4", "blockquote", "pre", "code", "ul", "ol", "li"),
    *("b", "strong", "i", "em", "u", "s", "sub", "sup", "mark"),
    *("table", "caption", "thead", "tbody", "tr", "th", "td", "a", "img"),
}
_SPAN = r"[1-9]|1\d|20"
# tag → attribute → what its value must look like; no style, no class, no event, no address of strangers in a picture
_ATTRIBUTES: dict[str, dict[str, str]] = {
    "a": {"href": r"(?:https?://|mailto:|tel:|/(?!/)|#).*"},
    "img": {"src": r"/documents/pictures/\d{1,18}/", "alt": r"[^<>]{0,200}"},
    "th": {"colspan": _SPAN, "rowspan": _SPAN},
    "td": {"colspan": _SPAN, "rowspan": _SPAN},
    "ol": {"start": r"\d{1,4}"},
}
_PICTURE = re.compile(r'src="/documents/pictures/(\d{1,18})/"')
_NO_SOURCE = re.compile(r"<img(?![^>]*\ssrc=)[^>]*>")
_BLOCK_END = re.compile(r"<(?:br|hr|/(?:p|div|h[234]|li|tr|blockquote|pre|table|caption))\b[^>]*>")
_CELL_END = re.compile(r"</t[hd]>")
_BLANKS = re.compile(r"[ \t\xa0]+")


def clean_body(html: str) -> str:
    """The HTML without anything that could run, load from elsewhere or change the page around it."""
    cleaned = nh3.clean(
        html.replace("\x00", "").replace("\r\n", "\n"),
        tags=_TAGS,
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
        attribute_filter=_value,
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel="noopener noreferrer nofollow",
        generic_attribute_prefixes=set(),
    )
    cleaned = _NO_SOURCE.sub("", str(cleaned)).strip()
    return cleaned if plain_text(cleaned) or "<img" in cleaned or "<table" in cleaned else ""


def plain_text(html: str) -> str:
    """The words of sanitised HTML, a line for each paragraph, item and row of a table."""
    lines = _CELL_END.sub("\t", _BLOCK_END.sub("\n", html.replace("\n", " ")))
    text = unescape(nh3.clean(lines, tags=set(), attributes={}))
    cleaned = (_BLANKS.sub(" ", line).strip() for line in text.split("\n"))
    return "\n".join(line for line in cleaned if line)


def picture_ids(html: str) -> set[int]:
    """Keys of the pictures within sanitised HTML."""
    return {int(pk) for pk in _PICTURE.findall(html)}


def _value(tag: str, name: str, value: str) -> str | None:
    if name == "rel":
        return value  # ours: link_rel
    pattern = _ATTRIBUTES.get(tag, {}).get(name)
    return value if pattern is not None and re.fullmatch(pattern, value.strip(), re.I | re.S) else None
