"""Addresses that people write into messages: only pages of ours."""

from urllib.parse import urlsplit

from django.urls import Resolver404, resolve


def own_path(address: str) -> str | None:
    """The path (with its query) of a page of ours, from a path or a whole copied address; None for anything else.

    Only the path is kept, so that an address of another site can at worst lead to a page of ours.
    """
    try:
        parts = urlsplit(address.strip())
    except ValueError:
        return None
    if parts.scheme not in ("", "http", "https") or "\\" in address or not parts.path.startswith("/"):
        return None
    try:
        resolve(parts.path)
    except Resolver404:
        return None
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
