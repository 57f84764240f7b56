"""One way to answer a form that a script sends: JSON for it, a page for a browser without scripts."""

from __future__ import annotations

from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _


def wants_json(request: HttpRequest) -> bool:
    return request.headers.get("Accept", "").startswith("application/json")


def went_well(request: HttpRequest, url: str) -> HttpResponse:
    """Where to go next, as JSON or as a redirect."""
    return JsonResponse({"url": url}) if wants_json(request) else HttpResponseRedirect(url)


def refused(error: ValidationError) -> JsonResponse:
    """422 with the messages, the code, and a link to the visit in the way."""
    answer: dict[str, object] = {"errors": error.messages, "code": getattr(error, "code", None)}
    if link := visit_link(error):
        answer["link"] = {"url": link, "text": _("Go to that visit")}
    return JsonResponse(answer, status=422)


def visit_link(error: ValidationError) -> str:
    """Address of the visit that a refusal names, else empty."""
    visit_id = (getattr(error, "params", None) or {}).get("visit_id")
    return reverse("visits:visit_detail", args=[visit_id]) if visit_id else ""


def form_error(form: Form) -> ValidationError:
    """A form's errors as one refusal."""
    return ValidationError([message for messages in form.errors.values() for message in messages])


def safe_next(request: HttpRequest, fallback: str) -> str:
    """`next` of the request when it stays on this site."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    if url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure()):
        return target
    return fallback


def whole_numbers(values: Iterable[str]) -> list[int]:
    """Ids as they come from a form; what is no id is nobody's."""
    return [int(value) for value in values if value.isdecimal() and len(value) < 19]
