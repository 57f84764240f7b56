from django.http import HttpRequest

from accounts.models import User


def user_of(request: HttpRequest) -> User:
    """Who asks; LoginRequiredMiddleware lets nobody else through."""
    assert isinstance(request.user, User)
    return request.user
