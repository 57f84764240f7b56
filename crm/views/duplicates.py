"""Duplicates in the file that exists: groups by kind, each to merge or to dismiss (B5)."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from accounts.models import User
from crm.enums import DuplicateReason
from crm.queries import duplicate_groups as queries
from crm.services.merges import dismiss_duplicates
from crm.views.access import current_user

_PER_PAGE = 20
_SIMILAR = "similar"
KINDS = [
    *((str(reason.value), reason.label) for reason in queries.EXACT),
    (_SIMILAR, gettext_lazy("similar name")),
]


@require_GET
@permission_required("crm.merge_customer", raise_exception=True)
def duplicate_list(request: HttpRequest) -> HttpResponse:
    """GET: kind (phone, tax_id, name, similar), city for similar ones, page."""
    user = current_user(request)
    kind = request.GET.get("kind", "")
    if kind not in dict(KINDS):
        kind = KINDS[0][0]
    context: dict[str, Any] = {"kinds": KINDS, "kind": kind, "complete": True}
    if kind == _SIMILAR:
        context |= _similar(user, request)
    else:
        reason = DuplicateReason(kind)
        page = Paginator(queries.exact_keys(user, reason), _PER_PAGE).get_page(request.GET.get("page"))
        keys = [row["key"] for row in page.object_list]
        context |= {"page": page, "groups": queries.exact_groups(user, reason, keys)}
    return TemplateResponse(request, "crm/duplicate_list.html", context)


def _similar(user: User, request: HttpRequest) -> dict[str, Any]:
    cities = queries.cities(user)
    city = request.GET.get("city", "") or (cities[0][0] if cities else "")
    similar = queries.similar_in(user, city)
    page: Page = Paginator(similar.found, _PER_PAGE).get_page(request.GET.get("page"))
    return {
        "cities": cities,
        "city": city,
        "complete": similar.complete,
        "limit": queries.MAX_IN_CITY,
        "page": page,
        "groups": queries.similar_groups(list(page.object_list)),
    }


@require_POST
@permission_required("crm.merge_customer", raise_exception=True)
def duplicate_dismiss(request: HttpRequest) -> HttpResponse:
    """POST pk (many): these are different shops; `next` is the page to go back to."""
    ids = [int(pk) for pk in request.POST.getlist("pk") if pk.isdecimal()][: queries.MAX_MEMBERS]
    try:
        dismiss_duplicates(actor=current_user(request), customers=ids)
        messages.success(request, _("They will not be shown as duplicates again."))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    back = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    return redirect(back if safe and "/" in back else "crm:duplicate_list")
