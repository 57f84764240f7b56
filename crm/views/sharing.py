"""Giving customers away (assign) and showing them to colleagues (share, A2)."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from crm import services
from crm.enums import OwnerChangeReason
from crm.forms.customers import AssignForm, ShareForm, attach_errors
from crm.models import Customer
from crm.queries import customers as queries
from crm.views.access import current_user, editable_customer

MOST_AT_ONCE = 1000


@require_POST
@permission_required("crm.assign_customer", raise_exception=True)
def customer_assign(request: HttpRequest) -> HttpResponse:
    """POST pk (many): asks for the new owner; POST pk and owner: assigns."""
    user = current_user(request)
    wanted = {int(pk) for pk in request.POST.getlist("pk") if pk.isdecimal()}
    rows = Customer.objects.editable_by(user).filter(pk__in=sorted(wanted)[:MOST_AT_ONCE])
    customers = list(rows.select_related("owner").only("name", "code", "owner__name").order_by("name", "pk"))
    if not customers:
        messages.warning(request, _("Choose at least one customer of yours or your people first."))
        return redirect("crm:customer_list")
    form = AssignForm(request.POST if "owner" in request.POST else None, user=user)
    if form.is_valid():
        try:
            changed = services.assign_owner(
                actor=user,
                customers=[customer.pk for customer in customers],
                owner=form.cleaned_data["owner"],
                reason=OwnerChangeReason.ASSIGNED,
            )
        except ValidationError as error:
            attach_errors(form, error)
        else:
            text = ngettext(
                "%(n)s customer now belongs to %(person)s.",
                "%(n)s customers now belong to %(person)s.",
                changed,
            )
            messages.success(request, text % {"n": changed, "person": form.cleaned_data["owner"]})
            return redirect("crm:customer_list")
    context = {
        "form": form,
        "customers": customers,
        "submit_label": _("Assign"),
        "cancel_url": reverse("crm:customer_list"),
    }
    return TemplateResponse(request, "crm/customer_assign.html", context)


def _require_sharing(request: HttpRequest, customer: Customer) -> None:
    """The owner and the people above him share; a colleague it was shared with cannot pass it on."""
    if not queries.may_share(current_user(request), customer):
        raise PermissionDenied


@require_http_methods(["GET", "POST"])
@permission_required("crm.change_customer", raise_exception=True)
def customer_share(request: HttpRequest, pk: int) -> HttpResponse:
    """Who this customer is shared with, and sharing it with one more colleague."""
    customer = editable_customer(request, pk)
    _require_sharing(request, customer)
    user = current_user(request)
    form = ShareForm(request.POST or None, customer=customer, user=user)
    if form.is_valid():
        terms = {"can_write": form.cleaned_data["can_write"], "expires_at": form.expires_at}
        try:
            services.share_customer(actor=user, customer=customer, user=form.cleaned_data["user"], **terms)
        except ValidationError as error:
            attach_errors(form, error)
        else:
            messages.success(request, _("Shared with %(person)s.") % {"person": form.cleaned_data["user"]})
            return redirect("crm:customer_share", pk=customer.pk)
    shares = customer.shares.select_related("user", "created_by").order_by("-created_at")
    context = {"customer": customer, "form": form, "shares": shares}
    return TemplateResponse(request, "crm/customer_share.html", context, status=422 if form.errors else 200)


@require_POST
@permission_required("crm.change_customer", raise_exception=True)
def share_revoke(request: HttpRequest, pk: int, share_pk: int) -> HttpResponse:
    customer = editable_customer(request, pk)
    _require_sharing(request, customer)
    share = get_object_or_404(customer.shares.select_related("user", "customer"), pk=share_pk)
    services.revoke_share(actor=current_user(request), share=share)
    messages.success(request, _("%(person)s does not see this customer any more.") % {"person": share.user})
    return redirect("crm:customer_share", pk=customer.pk)
