"""Contacts of a customer: add, change, remove."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.http import require_POST

from crm import services
from crm.forms.customers import ContactForm, attach_errors
from crm.models import Contact, Customer
from crm.views.access import current_user, editable_customer


class ContactFormView(PermissionRequiredMixin, View):
    raise_exception = True

    def get_contact(self, customer: Customer) -> Contact | None:
        return None

    def get(self, request: HttpRequest, pk: int, **kwargs: Any) -> HttpResponse:
        customer = editable_customer(request, pk)
        return self.render(customer, self.build_form(customer, self.get_contact(customer)))

    def post(self, request: HttpRequest, pk: int, **kwargs: Any) -> HttpResponse:
        customer = editable_customer(request, pk)
        contact = self.get_contact(customer)
        form = self.build_form(customer, contact, request.POST)
        if form.is_valid():
            try:
                saved = services.save_contact(
                    actor=current_user(request), customer=customer, contact=contact, **form.cleaned_data
                )
                messages.success(request, _("Saved: %(name)s") % {"name": saved.name})
                return redirect(customer)
            except ValidationError as error:
                attach_errors(form, error)
        return self.render(customer, form, status=422)

    def build_form(self, customer: Customer, contact: Contact | None, data: Any = None) -> ContactForm:
        """`reports_to` in the address is whom a new person stands below in the tree."""
        initial: dict[str, Any] = {
            "phones": "、".join(phone.raw for phone in contact.phones.all()) if contact else ""
        }
        if contact is None and (superior := self.request.GET.get("reports_to", "")).isdecimal():
            initial["reports_to"] = int(superior)
        return ContactForm(data, instance=contact, initial=initial, customer=customer)

    def render(self, customer: Customer, form: ContactForm, *, status: int = 200) -> HttpResponse:
        context = {
            "title": _("Edit contact") if form.instance.pk else _("New contact"),
            "intro": customer.name,
            "form": form,
            "cancel_url": customer.get_absolute_url(),
        }
        return TemplateResponse(self.request, "common/form.html", context, status=status)


class ContactCreate(ContactFormView):
    permission_required = "crm.add_contact"


class ContactEdit(ContactFormView):
    permission_required = "crm.change_contact"

    def get_contact(self, customer: Customer) -> Contact:
        contact: Contact = get_object_or_404(customer.contacts, pk=self.kwargs["contact_pk"])
        return contact


@require_POST
@permission_required("crm.change_contact", raise_exception=True)
def contact_delete(request: HttpRequest, pk: int, contact_pk: int) -> HttpResponse:
    customer = editable_customer(request, pk)
    contact = get_object_or_404(customer.contacts, pk=contact_pk)
    services.delete_contact(actor=current_user(request), contact=contact)
    messages.success(request, _("Contact removed."))
    return redirect(customer)
