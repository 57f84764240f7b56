"""Reads of comms, a file a family."""

from comms.queries.channels import installed
from comms.queries.notices import KindCount, Unread, counts_by_kind, unread
from comms.queries.reach import hours_of, local, reach, reach_of

__all__ = [
    "KindCount",
    "Unread",
    "counts_by_kind",
    "hours_of",
    "installed",
    "local",
    "reach",
    "reach_of",
    "unread",
]
