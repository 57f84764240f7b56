"""Django admin of team work; every family is imported here, because that is where Django looks."""

from team.admin import reports, supervision

__all__ = ["reports", "supervision"]
