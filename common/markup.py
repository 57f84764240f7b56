"""HTML that people type: what stays of it. Everything else goes, scripts and styles with what is in them."""

from __future__ import annotations

import re
from html import escape, unescape

import nh3

_INLINE = {"b", "strong", "u", "small", "br"}
TEXT_TAGS = {"p", "div", "h3", "ul", "ol", "li"} | _INLINE
PAPER_TAGS = {"h1", "h2", "hr", "table", "thead", "tbody", "tr", "th", "td"} | TEXT_TAGS
_ALIGNED = ("h1", "h2", "h3", "p", "div", "th", "td")
# tag → attribute → what its value must look like
_PAPER_ATTRIBUTES: dict[str, dict[str, str]] = {
    **{tag: {"align": "left|center|right"} for tag in _ALIGNED},
    "table": {"border": "0"},
    "tr": {"data-lines": ""},
}
_PAPER_ATTRIBUTES["th"] = _PAPER_ATTRIBUTES["td"] = {
    "align": "left|center|right",
    "width": r"[1-9]\d?%|100%",
    "colspan": r"[1-9]|1\d|20",
}


def clean_text(html: str) -> str:
    """Paragraphs, lists and headings without any attribute: clauses of an agreement.

    Text without a tag is taken as typed: its lines become paragraphs.
    """
    if not re.search(r"<[a-zA-Z/!]", html):
        lines = (line.strip() for line in html.splitlines())
        return "".join(f"<p>{escape(line, quote=False)}</p>" for line in lines if line)
    return str(nh3.clean(html, tags=TEXT_TAGS, attributes={}, link_rel=None)).strip()


def as_typed(html: str) -> str:
    """What clean_text was given, where that was plain lines; else the HTML, to be changed as such."""
    lines = re.fullmatch(r"(?:<p>[^<]*</p>)*", html)
    return "\n".join(unescape(line) for line in re.findall(r"<p>([^<]*)</p>", html)) if lines else html


def clean_paper(html: str) -> str:
    """What a printed paper is made of (common.pdf draws the same): text, tables, alignment and column widths."""
    cleaned = nh3.clean(
        html,
        tags=PAPER_TAGS,
        attributes={tag: set(names) for tag, names in _PAPER_ATTRIBUTES.items()},
        attribute_filter=_paper_value,
        link_rel=None,
    )
    return str(cleaned).strip()


def _paper_value(tag: str, name: str, value: str) -> str | None:
    pattern = _PAPER_ATTRIBUTES.get(tag, {}).get(name)
    return value if pattern is not None and re.fullmatch(pattern, value) else None
