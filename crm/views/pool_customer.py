"""What becomes of one customer, on its page: when it goes to the pool and why; locking it, giving it back (C4, C6)."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from common.business_calendar import today
from crm.forms.pool import ReleaseForm
from crm.models import Customer
from crm.queries.customers import may_share
from crm.queries.pool_soon import outlook
from crm.services.owners import release_customers
from crm.services.pool import set_locked
from crm.tables.pool import why_recycled
from crm.views.access import current_user, visible_customer


@require_GET
@permission_required("crm.view_customer", raise_exception=True)
def customer_pool(request: HttpRequest, pk: int) -> HttpResponse:
    """A fragment of one line: the date and the reason, or why no clock takes this customer."""
    customer = visible_customer(request, pk, Customer.objects.select_related("owner"))
    user, view = current_user(request), outlook(customer)
    answers = customer.owner_id is not None and may_share(user, customer)
    context = {
        "customer": customer,
        "outlook": view,
        "why": why_recycled(customer, view.clock, view.rule),
        "is_late": view.recycle_on is not None and view.recycle_on < today(),
        "may_lock": answers and user.has_perm("crm.lock_customer"),
        "may_release": answers and user.has_perm("crm.change_customer"),
    }
    return TemplateResponse(request, "crm/pool_fragment.html", context)


@require_POST
@permission_required(["crm.view_customer", "crm.lock_customer"], raise_exception=True)
def customer_lock(request: HttpRequest, pk: int) -> HttpResponse:
    """POST locked=1: no clock takes the customer from its owner; anything else unlocks it."""
    customer = visible_customer(request, pk)
    locked = request.POST.get("locked") == "1"
    outcome = set_locked(actor=current_user(request), customers=[customer.pk], locked=locked)
    if outcome.refused:
        messages.warning(request, outcome.refused[customer.pk])
    else:
        messages.success(request, _("Locked: no clock takes it.") if locked else _("No longer locked."))
    return redirect(customer)


@permission_required(["crm.view_customer", "crm.change_customer"], raise_exception=True)
def customer_release(request: HttpRequest, pk: int) -> HttpResponse:
    """Asks why, then gives the customer back to the pool; for its owner and the people above him."""
    user, customer = current_user(request), visible_customer(request, pk)
    if not may_share(user, customer):
        raise PermissionDenied
    form = ReleaseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        outcome = release_customers(actor=user, customers=[pk], note=form.cleaned_data["note"])
        if not outcome.refused:
            messages.success(request, _("“%(name)s” is in the public pool now.") % {"name": customer.name})
            return redirect("crm:pool_list" if user.has_perm("crm.view_pool") else "crm:customer_list")
        form.add_error(None, outcome.refused[pk])
    context = {
        "form": form,
        "title": _("Give “%(name)s” back to the pool") % {"name": customer.name},
        "intro": _("Others may claim it then. You may have to wait before you can claim it again."),
        "submit_label": _("Give back to the pool"),
        "cancel_url": customer.get_absolute_url(),
    }
    return TemplateResponse(request, "common/form.html", context, status=422 if form.errors else 200)
