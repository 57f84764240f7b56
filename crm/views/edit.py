"""Creating and changing a customer, and saying that its location is right."""

from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.http import require_POST

from crm import services
from crm.forms.customers import CustomerForm, attach_errors
from crm.models import Customer
from crm.queries.duplicates import DuplicateHit
from crm.services.duplicates import note_saved_anyway
from crm.views.access import current_user, editable_customer
from crm.views.duplicate_check import CHECKED, hits_for


class CustomerFormView(PermissionRequiredMixin, View):
    """GET shows the form, POST saves it; a likely duplicate is shown first and can be saved anyway."""

    raise_exception = True
    template_name = "crm/customer_form.html"

    def get_customer(self) -> Customer | None:
        raise NotImplementedError

    def save(self, customer: Customer | None, form: CustomerForm) -> Customer:
        raise NotImplementedError

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        return self.render(self.build_form(self.get_customer()))

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        customer = self.get_customer()
        form = self.build_form(customer, request.POST)
        if not form.is_valid():
            return self.render(form, status=422)
        try:
            hits = self.duplicates(customer, form)
            if hits and "anyway" not in request.POST:
                return self.render(form, duplicates=hits)
            with transaction.atomic():
                saved = self.save(customer, form)
                note_saved_anyway(actor=current_user(request), customer=saved, hits=hits)
        except ValidationError as error:
            attach_errors(form, error)
            return self.render(form, status=422)
        messages.success(request, _("Saved: %(name)s") % {"name": saved.name})
        return HttpResponseRedirect(self.onward(saved))

    def onward(self, saved: Customer) -> str:
        """Where to go on after saving."""
        return saved.get_absolute_url()

    def back(self) -> str:
        """Where the page was opened from."""
        customer = self.kwargs.get("pk")
        return reverse("crm:customer_detail", args=[customer]) if customer else reverse("crm:customer_list")

    def build_form(self, customer: Customer | None, data: Any = None) -> CustomerForm:
        initial = {}
        if customer is not None:
            own = customer.phones.filter(contact__isnull=True)
            main = customer.contacts.filter(is_primary=True).first()
            initial = {"phones": "、".join(phone.raw for phone in own), "contact": main.name if main else ""}
        return CustomerForm(data, user=current_user(self.request), instance=customer, initial=initial)

    def duplicates(self, customer: Customer | None, form: CustomerForm) -> list[DuplicateHit]:
        values = {name: form.cleaned_data.get(name) for name in CHECKED}
        return hits_for(self.request, values, customer=customer, changed=set(form.changed_data))

    def render(self, form: CustomerForm, *, duplicates: Any = (), status: int = 200) -> HttpResponse:
        context = {"form": form, "customer": form.instance, "duplicates": duplicates, "back": self.back()}
        return TemplateResponse(self.request, self.template_name, context, status=status)


class CustomerCreate(CustomerFormView):
    """?next=, a page of ours that wants a customer: it is opened again with ?customer=, the new one."""

    permission_required = "crm.add_customer"

    def get_customer(self) -> None:
        return None

    def save(self, customer: Customer | None, form: CustomerForm) -> Customer:
        return services.create_customer(actor=current_user(self.request), **form.cleaned_data)

    def wanted(self) -> str:
        """The page of ?next=, empty unless it is ours."""
        target = self.request.GET.get("next", "")
        hosts, secure = {self.request.get_host()}, self.request.is_secure()
        ours = url_has_allowed_host_and_scheme(target, allowed_hosts=hosts, require_https=secure)
        return target if target.startswith("/") and ours else ""

    def onward(self, saved: Customer) -> str:
        parts = urlsplit(self.wanted())
        if not parts.path:
            return super().onward(saved)
        asked = QueryDict(parts.query, mutable=True)
        asked["customer"] = str(saved.pk)
        return f"{parts.path}?{asked.urlencode()}"

    def back(self) -> str:
        return self.wanted() or super().back()


class CustomerEdit(CustomerFormView):
    permission_required = "crm.change_customer"

    def get_customer(self) -> Customer:
        return editable_customer(self.request, self.kwargs["pk"])

    def save(self, customer: Customer | None, form: CustomerForm) -> Customer:
        assert customer is not None
        fields = {name: form.cleaned_data[name] for name in form.changed_data if name in form.cleaned_data}
        return services.update_customer(actor=current_user(self.request), customer=customer, **fields)


@require_POST
@permission_required("crm.confirm_location", raise_exception=True)
def confirm_location(request: HttpRequest, pk: int) -> HttpResponse:
    """A manager says that the location "to confirm" is right."""
    customer = editable_customer(request, pk)
    try:
        services.confirm_location(actor=current_user(request), customer=customer)
        messages.success(request, _("The location is confirmed."))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect(customer)
