"""Payment terms of a customer."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.models import SystemOptions
from crm.models import Customer
from sales.forms.base import attach_errors, plain
from sales.forms.money import TermsForm
from sales.models import CustomerTerms
from sales.services.customer_terms import save_terms
from sales.views.shared import safe_next


@require_http_methods(["GET", "POST"])
@permission_required("sales.change_customerterms", raise_exception=True)
def terms_edit(request: HttpRequest, pk: int) -> HttpResponse:
    customer = get_object_or_404(Customer.objects.visible_to(request.user), pk=pk)
    terms = CustomerTerms.objects.filter(customer=customer).first() or CustomerTerms(customer=customer)
    limit = terms.temporary_limit
    initial = {
        "payment_days": terms.payment_days,
        "is_blocked": terms.is_blocked,
        "temporary_limit": "" if limit is None else plain(limit) or "0",
        "temporary_from": terms.temporary_from,
        "temporary_until": terms.temporary_until,
    }
    form = TermsForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            save_terms(actor=request.user, customer=customer, **form.cleaned_data)
        except ValidationError as refusal:
            attach_errors(form, refusal)
        else:
            messages.success(request, _("Payment terms of %(customer)s saved.") % {"customer": customer.name})
            return redirect(safe_next(request, customer.get_absolute_url()))
    usual = SystemOptions.load().payment_days
    context = {
        "title": _("Payment terms"),
        "intro": _(
            "%(customer)s. The company gives %(days)s days to pay; bills that are there keep their due date."
        )
        % {"customer": customer.name, "days": usual},
        "form": form,
        "cancel_url": safe_next(request, customer.get_absolute_url()),
    }
    return TemplateResponse(request, "common/form.html", context, status=422 if form.errors else 200)
