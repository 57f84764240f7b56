"""Messages of an HTMX request travel in a header, so that a fragment can raise a toast."""

import json
from collections.abc import Callable

from django.contrib.messages import get_messages
from django.http import HttpRequest, HttpResponse


class HtmxMessagesMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        # A redirect keeps its messages for the page that follows.
        if not request.htmx or response.has_header("HX-Redirect") or 300 <= response.status_code < 400:
            return response
        toasts = [{"level": m.level_tag, "text": str(m)} for m in get_messages(request)]
        if toasts:
            triggers = json.loads(response.get("HX-Trigger", "{}") or "{}")
            triggers["toast"] = toasts
            response["HX-Trigger"] = json.dumps(triggers)
        return response
