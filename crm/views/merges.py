"""Merging two customers side by side, and the list of merges with its undo (B5)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm.models import Customer, Merge
from crm.queries import merges as queries
from crm.services.merges import merge_customers, undo_merge
from crm.views.access import current_user
from crm.views.duplicates import KINDS

_PER_PAGE = 30


@dataclass(frozen=True)
class Choice:
    """One line of the merge page: a field that differs, with both values and which is chosen."""

    name: str
    label: str
    kept: str
    merged: str
    chosen: str


@require_http_methods(["GET", "POST"])
@permission_required("crm.merge_customer", raise_exception=True)
def merge_page(request: HttpRequest) -> HttpResponse:
    """GET pk (two) and keep (one of them): both side by side. POST keep, merge and the chosen fields: merges them."""
    if request.method == "POST" and "keep" not in request.POST:
        # From the finder, whose other button writes: the choice itself has an address.
        return redirect(f"{request.path}?{urlencode({'pk': request.POST.getlist('pk')}, doseq=True)}")
    if request.method == "POST":
        return _merge(request)
    ids = list(dict.fromkeys(int(pk) for pk in request.GET.getlist("pk") if pk.isdecimal()))
    if len(ids) != 2:
        messages.error(request, _("Choose two customers to merge."))
        return redirect("crm:duplicate_list")
    keep = request.GET.get("keep", "")
    if keep.isdecimal() and int(keep) == ids[1]:
        ids.reverse()
    kept, merged = _both(request, *ids)
    return _render(request, kept, merged, {})


def _both(request: HttpRequest, keep: int, merge: int) -> tuple[Customer, Customer]:
    """Both, seen (else 404) and editable (else 403) by the user."""
    user = current_user(request)
    rows: QuerySet[Customer] = Customer.objects.visible_to(user).select_related(*_RELATED)
    found = rows.in_bulk([keep, merge])
    if len(found) < 2:
        raise Http404
    if Customer.objects.editable_by(user).filter(pk__in=found).count() < 2:
        raise PermissionDenied
    return found[keep], found[merge]


_RELATED = (
    *("owner", "channel", "industry", "region", "scale", "type", "source"),
    *("relationship", "maturity", "credit_rating"),
)


def _merge(request: HttpRequest) -> HttpResponse:
    ids = [request.POST.get(name, "") for name in ("keep", "merge")]
    if not all(pk.isdecimal() for pk in ids):
        raise Http404
    kept, merged = _both(request, int(ids[0]), int(ids[1])) if ids[0] != ids[1] else (None, None)
    if kept is None or merged is None:
        messages.error(request, _("Choose two customers to merge."))
        return redirect("crm:duplicate_list")
    values = {name: request.POST[name] for name in queries.CHOICES if name in request.POST}
    try:
        merge_customers(actor=current_user(request), keep=kept.pk, merge=merged.pk, values=values)
    except ValidationError as error:
        return _render(request, kept, merged, values, errors=error.messages, status=422)
    messages.success(
        request,
        _("Merged. For %(days)s days this can be undone in the list of merges.")
        % {"days": queries.UNDO_DAYS},
    )
    return redirect(kept)


def _render(
    request: HttpRequest,
    kept: Customer,
    merged: Customer,
    values: Mapping[str, str],
    *,
    errors: Any = (),
    status: int = 200,
) -> HttpResponse:
    context = {
        "kept": kept,
        "merged": merged,
        "choices": _choices(kept, merged, values),
        "holdings": queries.holdings(kept.pk, merged.pk),
        "days": queries.UNDO_DAYS,
        "errors": errors,
    }
    return TemplateResponse(request, "crm/merge.html", context, status=status)


def _choices(kept: Customer, merged: Customer, values: Mapping[str, str]) -> list[Choice]:
    """Fields in which both differ; what the kept record lacks is taken from the other unless told otherwise."""
    lines = []
    for name, columns in queries.CHOICES.items():
        first, second = _shown(kept, name, columns), _shown(merged, name, columns)
        if first == second:
            continue
        usual = "merge" if not first else "both" if name == "notes" and second else "keep"
        lines.append(Choice(name, _label(name), first, second, values.get(name, usual)))
    return lines


def _shown(customer: Customer, name: str, columns: tuple[str, ...]) -> str:
    if name == "address":
        return customer.full_address
    if name == "location":
        return f"{customer.latitude:.6f}, {customer.longitude:.6f}" if customer.has_location else ""
    if name == "bank_account":
        return f"{customer.bank_name} {customer.bank_account}".strip()
    if name == "alerts_exempt":
        return _("yes") if customer.alerts_exempt else _("no")
    display = getattr(customer, f"get_{name}_display", None)
    value = display() if display else getattr(customer, name)
    return "" if value is None else str(value)


def _label(name: str) -> str:
    if name == "location":
        return _("Location")
    return str(Customer._meta.get_field(name).verbose_name)


# --- what was merged
@require_GET
@permission_required("crm.merge_customer", raise_exception=True)
def merge_list(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    page = Paginator(queries.merges(current_user(request)), _PER_PAGE).get_page(request.GET.get("page"))
    rows = [(merge, queries.may_be_undone(merge, now), queries.undo_until(merge)) for merge in page]
    return TemplateResponse(request, "crm/merge_list.html", {"page": page, "rows": rows, "kinds": KINDS})


@require_POST
@permission_required("crm.merge_customer", raise_exception=True)
def merge_undo(request: HttpRequest, pk: int) -> HttpResponse:
    merge: Merge = get_object_or_404(queries.merges(current_user(request)), pk=pk)
    try:
        customer = undo_merge(actor=current_user(request), merge=merge)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("crm:merge_list")
    messages.success(request, _("%(name)s is back.") % {"name": customer.name})
    return redirect(customer)
