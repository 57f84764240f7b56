"""The door for queued actions of phones."""

from __future__ import annotations

import json

from django.core.cache import cache
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from visits import services

MAX_BATCH = 100
# A phone that comes back after a day sends a few batches; only a broken loop comes this often.
REQUESTS_A_MINUTE = 60


@require_POST
def sync(request: HttpRequest) -> JsonResponse:
    """JSON list of {uuid, kind, occurred_at, payload} → list of {uuid, status, …}, the same answer on repeat.

    400 with a reason for what is no such list, 413 for too much at once, 429 for too many requests a minute.
    """
    if too_often(request.user.pk):
        answer = JsonResponse({"error": _("Too many requests. Wait a minute.")}, status=429)
        answer["Retry-After"] = "60"
        return answer
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


def too_often(user_id: int) -> bool:
    key = f"visits-sync-{user_id}"
    cache.add(key, 0, timeout=60)
    try:
        return cache.incr(key) > REQUESTS_A_MINUTE
    except ValueError:  # expired between the two calls
        return False
