"""The phone without network (D8): the shell, what it takes along, the service worker and the manifest.

Shell, worker and manifest hold nothing of anybody, so they need no login and may be kept on the phone.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.contrib.auth.decorators import login_not_required, permission_required
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.cache import get_conditional_response
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from common import business_calendar
from visits import queries
from visits.views.field_words import field_words

# Everything the shell needs; the service worker keeps it under the names it has in production.
SHELL_FILES = (
    "vendor/tabler/tabler.min.css",
    "common/css/app.css",
    "visits/css/visits.css",
    "visits/css/field.css",
    "vendor/idb/idb.js",
    "visits/js/offline/store.js",
    "visits/js/offline/queue.js",
    "visits/js/offline/bar.js",
    "visits/js/photos.js",
    "visits/js/offline/kit.js",
    "visits/js/offline/drafts.js",
    "visits/js/offline/field_app.js",
    "visits/js/offline/day_map.js",
    "visits/js/offline/day.js",
    "visits/js/offline/screens.js",
    "visits/js/offline/steps.js",
    "visits/js/offline/queue_page.js",
    "common/icon.svg",
)
PAGE_WAIT_MS = 3000  # that a page of the field may take before the phone's own one comes up
WORKER_FILES = ("vendor/idb/idb.js", "visits/js/offline/store.js", "visits/js/offline/queue.js")


@require_safe
@login_not_required
def shell(request: HttpRequest) -> HttpResponse:
    """The page that draws everything from the phone's own store; the same for everybody who speaks the language."""
    response = render(request, "visits/field_app.html", {"words": field_words()})
    response["Cache-Control"] = "no-cache"
    return response


@require_safe
@login_not_required
def service_worker(request: HttpRequest) -> HttpResponse:
    """/sw.js; its text changes with every file of the shell, and the browser then fetches them anew."""
    words = json.dumps(field_words(), sort_keys=True)
    context = {
        "version": f"{get_language()}-{_version(words)}",
        "files": json.dumps([static(name) for name in SHELL_FILES]),
        "imports": json.dumps([static(name) for name in WORKER_FILES]),
        "icon": static("common/icons/icon-192.png"),
        "wait": str(PAGE_WAIT_MS),
    }
    text = render_to_string("visits/sw.js", context)
    response = HttpResponse(text, content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = "no-cache"
    return response


def _version(words: str) -> str:
    """Sixteen digits that follow from what the shell consists of."""
    parts = [words, render_to_string("visits/field_app.html", {"words": {}}), *map(static, SHELL_FILES)]
    for name in SHELL_FILES:
        # Without hashed names (development) the file itself says that it changed.
        if path := finders.find(name):
            found = Path(str(path)).stat()
            parts.append(f"{found.st_size}-{found.st_mtime_ns}")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


@require_safe
@login_not_required
def manifest(request: HttpRequest) -> JsonResponse:
    """What makes it an app on the home screen."""
    icons = [
        {"src": static(f"common/icons/icon-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png"}
        for size in (192, 512)
    ]
    maskable = static("common/icons/icon-maskable-512.png")
    response = JsonResponse(
        {
            "id": "/",
            "name": _("Paodian"),
            "short_name": _("Paodian"),
            "description": _("Visits, orders and receipts of field sales"),
            "lang": get_language(),
            "start_url": "/today/",
            "scope": "/",
            "display": "standalone",
            "orientation": "portrait",
            "theme_color": "#0d9488",
            "background_color": "#f1f5f9",
            "icons": [
                *icons,
                {"src": maskable, "sizes": "512x512", "type": "image/png", "purpose": "maskable"},
            ],
            "shortcuts": [
                {"name": _("My day"), "url": "/today/"},
                {"name": _("Queue"), "url": "/field/#/queue"},
            ],
        },
        content_type="application/manifest+json",
    )
    response["Cache-Control"] = "no-cache"
    return response


@require_safe
@login_not_required
def session(request: HttpRequest) -> JsonResponse:
    """Who is logged in, and the token that his sync has to carry: {user: id or null, name, csrf, language}."""
    user: Any = request.user
    known = user.is_authenticated
    response = JsonResponse(
        {
            "user": user.pk if known else None,
            "name": user.name if known else "",
            "csrf": get_token(request) if known else "",
            "language": get_language(),
        }
    )
    response["Cache-Control"] = "no-store"
    return response


@gzip_page
@require_safe
@permission_required("visits.add_visit", raise_exception=True)
def data(request: HttpRequest) -> HttpResponseBase:
    """JSON of `visits.queries.field.field_day`, with an ETag."""
    return _fresh(request, queries.field_day)


@gzip_page
@require_safe
@permission_required("visits.add_visit", raise_exception=True)
def kit(request: HttpRequest) -> HttpResponseBase:
    """JSON of `visits.queries.field.field_kit`, with an ETag."""
    return _fresh(request, queries.field_kit)


def _fresh(request: HttpRequest, read: Callable[..., dict[str, Any]]) -> HttpResponseBase:
    """What was read, or 304; the phone's own store keeps it, not the browser's cache, which nobody wipes on logout."""
    body = json.dumps(read(user=request.user, today=business_calendar.today()), ensure_ascii=False)
    response = HttpResponse(body, content_type="application/json")
    etag = f'"{hashlib.sha256(body.encode()).hexdigest()[:32]}"'
    response["ETag"] = etag
    response["Cache-Control"] = "no-store"
    return get_conditional_response(request, etag=etag, response=response) or response
