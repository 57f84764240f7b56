"""An order's details, read and edited in place on its page."""

from __future__ import annotations

from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from sales import services
from sales.forms.base import attach_errors
from sales.forms.orders import DetailsForm
from sales.models import SalesOrder
from sales.views.orders import find_order, may_edit_details


@require_http_methods(["GET", "POST"])
@permission_required(["sales.view_salesorder", "sales.approve_salesorder"], raise_exception=True)
def order_details(request: HttpRequest, pk: int) -> HttpResponse:
    """Fragment. GET: the facts, with ?edit=1 as fields. POST: save; a refusal brings the fields back as
    typed.

    Where somebody else was faster, what stands now is shown beside what was typed, and saving again replaces
    it.
    """
    order = find_order(request, pk)
    if request.method == "GET":
        editing = bool(request.GET.get("edit")) and may_edit_details(request.user, order)
        return _draw(request, order, DetailsForm(order=order) if editing else None)
    form = DetailsForm(request.POST, order=order)
    if form.is_valid():
        try:
            services.update_details(
                actor=request.user, order=order, details=form.details(), revision=_seen(request)
            )
        except ValidationError as refusal:
            if getattr(refusal, "code", "") == "revision":
                form.now = _differences(form, order)
                form.add_error(None, refusal)
                form.add_error(
                    None, _("Save again to put what you typed in the place of what stands there now.")
                )
            else:
                attach_errors(form, refusal)
        else:
            return _draw(request, order, None)
    return _draw(request, order, form)


def _seen(request: HttpRequest) -> int | None:
    value = request.POST.get("revision", "")
    return int(value) if value.isdecimal() and len(value) < 9 else None


def _differences(form: DetailsForm, order: SalesOrder) -> list[tuple[str, str]]:
    """What the order says now where that is not what was typed: (label, value)."""
    found = []
    for name, value in form.cleaned_data.items():
        now = getattr(order, name)
        if now != value:
            display = getattr(order, f"get_{name}_display", None)
            found.append((str(form.fields[name].label), str((display() if display else now) or "–")))
    return found


def _draw(request: HttpRequest, order: SalesOrder, form: DetailsForm | None) -> HttpResponse:
    context = {
        "order": order,
        "form": form,
        "may_edit_details": may_edit_details(request.user, order),
    }
    return TemplateResponse(request, "sales/order_details.html", context)
