"""The doors for phones that were offline: queued actions, and files in pieces."""

from __future__ import annotations

import json
from uuid import UUID

from django.contrib.auth.decorators import permission_required
from django.core.cache import cache
from django.core.exceptions import RequestDataTooBig, ValidationError
from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from visits import services
from visits.models import Upload
from visits.services import uploads

MAX_BATCH = 500
# A phone that comes back after a day sends a few batches; only a broken loop comes this often.
REQUESTS_A_MINUTE = 60
CHUNKS_A_MINUTE = 600


@require_POST
def sync(request: HttpRequest) -> JsonResponse:
    """JSON list of {uuid, kind, occurred_at, payload} → list of {uuid, status, …}, the same answer on repeat.

    400 with a reason for what is no such list, 409 when the queue is another person's (header X-Field-User), 413 for
    too much at once, 429 for too many requests a minute.
    """
    if too_often(request.user.pk):
        return _slow_down()
    if not _is_his_own(request):
        return JsonResponse({"error": _("These actions were queued by somebody else.")}, status=409)
    try:
        actions = json.loads(request.body)
    except RequestDataTooBig:
        return JsonResponse({"error": _("Too much at once. Send fewer actions.")}, status=413)
    except (ValueError, RecursionError):
        return JsonResponse({"error": _("The body is not valid JSON.")}, status=400)
    if not isinstance(actions, list):
        return JsonResponse({"error": _("The body must be a JSON list of actions.")}, status=400)
    if len(actions) > MAX_BATCH:
        text = _("At most %(count)s actions at once.") % {"count": MAX_BATCH}
        return JsonResponse({"error": text}, status=413)
    return JsonResponse(services.run_actions(actor=request.user, actions=actions), safe=False)


@require_http_methods(["GET", "POST"])
@permission_required("visits.add_visit", raise_exception=True)
def upload(request: HttpRequest, uuid: UUID) -> JsonResponse:
    """GET: how far the upload is. POST ?offset=&size=[&sha256=]: the next piece as the body → {received, size}.

    404 for somebody else's, 409 with `received` for a piece that is not the next one, 422 with a reason.
    """
    known = Upload.objects.filter(pk=uuid).first()
    if known is not None and known.user_id != request.user.pk:
        return JsonResponse({"error": _("This upload is not there.")}, status=404)
    if request.method == "GET":
        return _progress(known)
    if too_often(request.user.pk, what="upload", limit=CHUNKS_A_MINUTE):
        return _slow_down()
    offset, size = (_number(request.GET.get(name, "")) for name in ("offset", "size"))
    if offset is None or size is None:
        return JsonResponse({"error": _("offset and size must be numbers.")}, status=400)
    if not _is_his_own(request):
        return JsonResponse({"error": _("These actions were queued by somebody else.")}, status=409)
    try:
        row = uploads.receive_chunk(
            actor=request.user,
            uuid=uuid,
            offset=offset,
            size=size,
            content=request.body,
            sha256=request.GET.get("sha256", "")[:64],
        )
    except RequestDataTooBig:
        return JsonResponse({"error": _("Too much at once. Send fewer actions.")}, status=413)
    except ValidationError as error:
        return JsonResponse({"error": " ".join(error.messages), "code": error.code}, status=422)
    return _progress(row, status=409 if row.received <= offset else 200)


def _progress(row: Upload | None, *, status: int = 200) -> JsonResponse:
    facts = {"received": row.received if row else 0, "size": row.size if row else None}
    return JsonResponse({**facts, "chunk": uploads.CHUNK}, status=status)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 12 else None


def _is_his_own(request: HttpRequest) -> bool:
    """A phone says whose queue it is; a login by somebody else meanwhile must not make it his."""
    named = request.headers.get("X-Field-User")
    return named is None or named == str(request.user.pk)


def _slow_down() -> JsonResponse:
    answer = JsonResponse({"error": _("Too many requests. Wait a minute.")}, status=429)
    answer["Retry-After"] = "60"
    return answer


def too_often(user_id: int, *, what: str = "sync", limit: int | None = None) -> bool:
    key = f"visits-{what}-{user_id}"
    cache.add(key, 0, timeout=60)
    try:
        return cache.incr(key) > (REQUESTS_A_MINUTE if limit is None else limit)
    except ValueError:  # expired between the two calls
        return False
