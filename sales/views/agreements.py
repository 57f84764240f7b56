"""Agreements: list, page, form, steps (G3)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views import View
from django.views.decorators.http import require_POST

from common import business_calendar
from common.views import ListPage
from crm.models import Customer
from sales.enums import AgreementFileKind
from sales.filters.agreements import AgreementFilterSet
from sales.forms.agreements import AgreementForm, EndForm, FileForm, SignForm
from sales.forms.base import attach_errors
from sales.models import Agreement
from sales.queries import agreements as queries
from sales.rules.agreements import ACTION_PERMISSIONS, AgreementAction, AgreementState, allowed_actions
from sales.services import agreement_files
from sales.services import agreements as services
from sales.tables.agreements import AGREEMENT_COLUMNS, state_badge
from sales.views.shared import asked_customer, choose_customer, safe_next

NOT_BEGUN = (AgreementState.DRAFT, AgreementState.UPCOMING)


class AgreementList(ListPage):
    permission_required = "sales.view_agreement"
    title = _("Agreements")
    columns = AGREEMENT_COLUMNS
    filterset_class = AgreementFilterSet
    default_sort = "-starts_on"
    export_permission = "sales.export_agreement"
    export_name = "agreements"
    empty_text = _(
        "No agreements yet. What was agreed with dealers and agents stands here, with its terms and how far it is."
    )
    create_url = reverse_lazy("sales:agreement_create")
    create_label = _("New agreement")
    create_permission = "sales.add_agreement"
    next_url = reverse_lazy("crm:customer_list")
    next_label = _("To the customers")
    next_permission = "crm.view_customer"

    def get_queryset(self) -> QuerySet:
        return queries.agreement_rows(self.request.user)


def visible_agreement(request: HttpRequest, pk: int) -> Agreement:
    """The agreement with what its page reads, if the user may see it; else 404."""
    rows = Agreement.objects.visible_to(request.user).select_related(
        "customer__owner", "rep", "created_by", "renews", "renewed_by"
    )
    agreement: Agreement = get_object_or_404(rows, pk=pk)
    return agreement


@permission_required("sales.view_agreement", raise_exception=True)
def agreement_detail(request: HttpRequest, pk: int) -> HttpResponse:
    return draw(request, visible_agreement(request, pk))


def draw(request: HttpRequest, agreement: Agreement, status: int = 200, **forms: Form) -> HttpResponse:
    """The page; `forms` are those that were refused, with what was typed."""
    today = business_calendar.today()
    state = queries.state_of(agreement, today)
    renewal = getattr(agreement, "renewed_by", None)
    actions = allowed_actions(state, is_renewed=renewal is not None, has_perm=request.user.has_perm)
    context = {
        "agreement": agreement,
        "badge": state_badge(agreement, today),
        "days_left": (agreement.ends_on - today).days if state == AgreementState.EXPIRING else None,
        "actions": actions,
        "renewal": renewal,
        "progress": queries.progress(agreement, today) if state not in NOT_BEGUN else None,
        "files": list(agreement.files.select_related("created_by")),
        "history": queries.agreement_history(agreement),
        "sign_form": SignForm(prefix="sign"),
        "end_form": EndForm(prefix="end"),
        "file_form": FileForm(prefix="file"),
        **forms,
    }
    return TemplateResponse(request, "sales/agreement_detail.html", context, status=status)


# --- the form
class AgreementEntry(PermissionRequiredMixin, View):
    raise_exception = True
    agreement: Agreement | None = None
    customer: Customer

    def save(self, form: AgreementForm) -> Agreement:
        raise NotImplementedError

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        return self.draw(AgreementForm(agreement=self.agreement))

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        form = AgreementForm(request.POST, agreement=self.agreement)
        if not form.is_valid():
            return self.draw(form)
        try:
            agreement = self.save(form)
        except ValidationError as refusal:
            attach_errors(form, refusal)
            return self.draw(form)
        messages.success(request, gettext("%(agreement)s is saved.") % {"agreement": agreement})
        return redirect(agreement)

    def draw(self, form: AgreementForm) -> HttpResponse:
        back = (self.agreement or self.customer).get_absolute_url()
        context = {
            "title": str(self.agreement) if self.agreement else gettext("New agreement"),
            "intro": self.customer.name,
            "form": form,
            "cancel_url": safe_next(self.request, back),
        }
        return TemplateResponse(self.request, "sales/agreement_form.html", context)


class AgreementCreate(AgreementEntry):
    permission_required = "sales.add_agreement"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not self.has_permission():
            return self.handle_no_permission()
        customer = asked_customer(request)
        if customer is None:
            return choose_customer(request, title=gettext("New agreement"), back="sales:agreement_list")
        self.customer = customer
        return super().dispatch(request, *args, **kwargs)

    def save(self, form: AgreementForm) -> Agreement:
        return services.create_agreement(
            actor=self.request.user, customer=self.customer, values=form.values()
        )


class AgreementEdit(AgreementEntry):
    permission_required = "sales.change_agreement"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not self.has_permission():
            return self.handle_no_permission()
        self.agreement = visible_agreement(request, kwargs["pk"])
        self.customer = self.agreement.customer
        if queries.state_of(self.agreement, business_calendar.today()) != AgreementState.DRAFT:
            messages.error(request, gettext("It is in force: make a renewal to change it."))
            return redirect(self.agreement)
        return super().dispatch(request, *args, **kwargs)

    def save(self, form: AgreementForm) -> Agreement:
        assert self.agreement is not None
        return services.update_agreement(
            actor=self.request.user, agreement=self.agreement, values=form.values()
        )


# --- steps
def asked_agreement(request: HttpRequest, pk: int, action: AgreementAction) -> Agreement:
    agreement = visible_agreement(request, pk)
    if not request.user.has_perms(ACTION_PERMISSIONS[action]):
        raise PermissionDenied
    return agreement


@require_POST
@permission_required("sales.view_agreement", raise_exception=True)
def agreement_sign(request: HttpRequest, pk: int) -> HttpResponse:
    """Put it into force, with the signed scan when there is one; both or nothing."""
    agreement = asked_agreement(request, pk, AgreementAction.SIGN)
    form = SignForm(request.POST, request.FILES, prefix="sign")
    if not form.is_valid():
        return draw(request, agreement, 422, sign_form=form)
    data = form.cleaned_data
    try:
        files = agreement_files.prepare_files(data["scan"])
        with transaction.atomic():
            services.sign_agreement(
                actor=request.user,
                agreement=agreement,
                signed_on=data["signed_on"],
                signed_by=data["signed_by"],
            )
            agreement_files.add_files(
                actor=request.user, agreement=agreement, files=files, kind=AgreementFileKind.SIGNATURE
            )
    except ValidationError as refusal:
        attach_errors(form, refusal)
        return draw(request, visible_agreement(request, pk), 422, sign_form=form)
    messages.success(request, gettext("%(agreement)s is in force.") % {"agreement": agreement})
    return redirect(agreement)


@require_POST
@permission_required("sales.view_agreement", raise_exception=True)
def agreement_end(request: HttpRequest, pk: int) -> HttpResponse:
    agreement = asked_agreement(request, pk, AgreementAction.END)
    form = EndForm(request.POST, prefix="end")
    if not form.is_valid():
        return draw(request, agreement, 422, end_form=form)
    try:
        services.end_agreement(actor=request.user, agreement=agreement, **form.cleaned_data)
    except ValidationError as refusal:
        attach_errors(form, refusal)
        return draw(request, agreement, 422, end_form=form)
    messages.success(request, gettext("%(agreement)s has ended.") % {"agreement": agreement})
    return redirect(agreement)


@require_POST
@permission_required("sales.view_agreement", raise_exception=True)
def agreement_renew(request: HttpRequest, pk: int) -> HttpResponse:
    agreement = asked_agreement(request, pk, AgreementAction.RENEW)
    try:
        renewal = services.renew_agreement(actor=request.user, agreement=agreement)
    except ValidationError as refusal:
        messages.error(request, refusal.messages[0])
        return redirect(agreement)
    messages.success(request, gettext("Draft %(agreement)s is ready to be changed.") % {"agreement": renewal})
    return redirect(reverse("sales:agreement_edit", args=[renewal.pk]))


@require_POST
@permission_required("sales.view_agreement", raise_exception=True)
def agreement_discard(request: HttpRequest, pk: int) -> HttpResponse:
    agreement = asked_agreement(request, pk, AgreementAction.DISCARD)
    try:
        services.discard_agreement(actor=request.user, agreement=agreement)
    except ValidationError as refusal:
        messages.error(request, refusal.messages[0])
        return redirect(agreement)
    messages.success(request, gettext("Draft %(quote)s is deleted.") % {"quote": agreement})
    return redirect(agreement.renews or "sales:agreement_list")
