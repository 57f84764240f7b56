from typing import Any

from django.utils.functional import Promise


class SheetError(Exception):
    """A file that cannot be read, with a message for the person who chose it, in that person's language."""

    def __init__(self, message: "str | Promise", **params: Any) -> None:
        super().__init__(message, params)
        self.message = message
        self.params = params

    def __str__(self) -> str:
        return str(self.message) % self.params if self.params else str(self.message)
