from typing import Any

from django.http import HttpRequest


class ReadOnly:
    """Slips are looked at here; they change through services, which keep sums, stock and last events true."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
