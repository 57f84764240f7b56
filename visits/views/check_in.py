"""Check-in at a customer."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.contrib.auth.mixins import PermissionRequiredMixin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views import View

from accounts.models import SystemOptions
from common import business_calendar
from crm.models import Customer
from visits import queries, services
from visits.enums import PhraseUse
from visits.forms import CheckInForm
from visits.models import Visit
from visits.views.answers import form_error, refused, visit_link, wants_json, went_well


class CheckInView(PermissionRequiredMixin, View):
    """GET: the page with fence, own position and the one big button. POST: the check-in."""

    permission_required = "visits.add_visit"
    raise_exception = True

    def get(self, request: HttpRequest, customer_pk: int) -> HttpResponse:
        return self.page(request, CheckInForm(initial={"uuid": uuid4()}), self.customer(customer_pk))

    def post(self, request: HttpRequest, customer_pk: int) -> HttpResponse:
        customer = self.customer(customer_pk)
        form = CheckInForm(request.POST)
        try:
            visit = self.check_in(form, customer)
        except ValidationError as error:
            return refused(error) if wants_json(request) else self.page(request, form, customer, error)
        return went_well(request, visit.get_absolute_url())

    def check_in(self, form: CheckInForm, customer: Customer) -> Visit:
        if not form.is_valid():
            raise form_error(form)
        return services.check_in(
            actor=self.request.user,
            customer_id=customer.pk,
            fix=form.fix(),
            occurred_at=form.cleaned_data["occurred_at"],
            outside_reason=form.cleaned_data["outside_reason"],
            photos=self.request.FILES.getlist("photos"),
            uuid=form.cleaned_data["uuid"],
        )

    def customer(self, pk: int) -> Customer:
        return get_object_or_404(Customer.objects.visible_to(self.request.user), pk=pk)

    def page(
        self,
        request: HttpRequest,
        form: CheckInForm,
        customer: Customer,
        error: ValidationError | None = None,
    ) -> HttpResponse:
        options, today = SystemOptions.load(), business_calendar.today()
        open_visit, visits = queries.earlier_visits(rep=request.user, customer_id=customer.pk, day=today)
        refusal = queries.earlier_visit_refusal(
            customer_id=customer.pk,
            open_visit=open_visit,
            today=visits,
            allow_multiple=options.allow_multiple_visits,
        )
        context: dict[str, Any] = {
            "customer": customer,
            "form": form,
            "options": options,
            "refusal": refusal,
            "error": error,
            "phrases": [] if refusal else queries.phrases(user=request.user, use=PhraseUse.OUTSIDE),
            "error_link": visit_link(error) if error else "",
        }
        return render(request, "visits/check_in.html", context, status=422 if error else 200)
