"""What the views of comms share."""

from typing import cast

from django.http import HttpRequest

from accounts.models import User


def me(request: HttpRequest) -> User:
    """The logged-in user; LoginRequiredMiddleware lets nobody else in."""
    return cast(User, request.user)


def keys_of(request: HttpRequest, name: str = "pk") -> list[int]:
    """Keys as a form sends them; what is none is nobody's."""
    return [int(value) for value in request.POST.getlist(name) if value.isdecimal() and len(value) < 19]
