from collections.abc import Callable
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.utils import translation

from common.referer import page_before


class UserLanguageMiddleware:
    """The user's own language, else the cookie's, else Chinese.

    The browser's Accept-Language is not asked: phones sold in China often send English.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.known = {code for code, _ in settings.LANGUAGES}

    def __call__(self, request: HttpRequest) -> HttpResponse:
        language = getattr(request.user, "language", "") or request.COOKIES.get(
            settings.LANGUAGE_COOKIE_NAME, ""
        )
        with translation.override(language if language in self.known else settings.LANGUAGE_CODE):
            return self.get_response(request)


class EndedSessionMiddleware:
    """What is pressed on a page whose session has ended since.

    LoginRequiredMiddleware answers with the way to the login page and back to the address that was asked for. HTMX would
    draw that page inside ours: it gets 401, which app.js puts into words. An address that takes only POST cannot be
    opened afterwards: then the way back leads to the page the form stood on.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        login = resolve_url(settings.LOGIN_URL)
        if response.status_code != 302 or not response["Location"].startswith(f"{login}?"):
            return response
        if request.htmx:
            return HttpResponse(status=401)
        if request.method == "POST":
            return HttpResponseRedirect(f"{login}?{urlencode({'next': page_before(request)})}")
        return response
