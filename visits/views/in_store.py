"""The steps of a visit, a page each: count, sell-out, display, form, maturity; ordering what was suggested."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4, uuid5

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views import View
from django.views.decorators.http import require_POST

from crm.enums import DictionaryKind
from crm.models import Dictionary
from sales import services as sales
from sales.enums import OrderSource
from sales.models import Product
from sales.rules import LineInput
from visits import queries, services
from visits.enums import StepKind
from visits.forms import in_store as forms
from visits.models import CustomForm, ShelfCount, Visit
from visits.views.answers import form_error, refused, wants_json, went_well

# The draft of a count's suggestion has an id of its own that follows from the count's: a second tap finds it.
_SUGGESTED = UUID("0b8a2f0e-6a53-4d0f-9a59-0a2f6b1d5c11")


def own_visit(request: HttpRequest, pk: int) -> Visit:
    """The visit, where it is the person's own: nobody else works in his store."""
    visit: Visit = get_object_or_404(queries.visit_detail(user=request.user), pk=pk, rep=request.user)
    return visit


# --- steps with lines of products
@dataclass(frozen=True, slots=True)
class LineStep:
    """One kind of page with products."""

    kind: StepKind
    title: str | Promise
    intro: str | Promise
    names: tuple[str, ...]
    done: str | Promise

    @property
    def main(self) -> str:
        return self.names[0]


LINE_STEPS = {
    step.kind: step
    for step in (
        LineStep(
            StepKind.STOCK_COUNT,
            pgettext_lazy("visit", "Stock count"),
            gettext_lazy("Count what stands in the shop; leave empty what you did not count."),
            ("quantity", "best_before"),
            gettext_lazy("Stock count saved."),
        ),
        LineStep(
            StepKind.SELL_OUT,
            gettext_lazy("Sell-out report"),
            gettext_lazy("What the shop sold since the last report, and the price on the shelf."),
            ("quantity", "price"),
            gettext_lazy("Sell-out saved."),
        ),
        LineStep(
            StepKind.DISPLAY,
            gettext_lazy("Display report"),
            gettext_lazy("Packages in the front row, and photos of the shelf."),
            ("facings",),
            gettext_lazy("Display saved."),
        ),
    )
}


class LineStepView(PermissionRequiredMixin, View):
    permission_required = "visits.change_visit"
    raise_exception = True
    kind = StepKind.STOCK_COUNT

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        visit = own_visit(request, pk)
        sheet = forms.LineSheet(self.step.names)
        return self.page(visit, sheet, forms.ReportForm(initial={"uuid": uuid4()}))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        visit = own_visit(request, pk)
        sheet, form = forms.LineSheet(self.step.names), forms.ReportForm(request.POST)
        ids = [int(raw) for raw in request.POST.getlist("product") if raw.isdecimal() and len(raw) < 19]
        sheet.read(request.POST, Product.objects.in_bulk(ids[: forms.MAX_ROWS]))
        try:
            report = self.save(visit, sheet, form)
        except ValidationError as error:
            return refused(error) if wants_json(request) else self.page(visit, sheet, form, error)
        messages.success(request, str(self.step.done))
        return went_well(request, self.after(visit, report))

    @property
    def step(self) -> LineStep:
        return LINE_STEPS[self.kind]

    def save(self, visit: Visit, sheet: forms.LineSheet, form: forms.ReportForm) -> Any:
        readers: dict[StepKind, Callable[[], list[Any]]] = {
            StepKind.STOCK_COUNT: sheet.counts,
            StepKind.SELL_OUT: sheet.sold,
            StepKind.DISPLAY: sheet.facings,
        }
        lines = readers[self.kind]()
        if not form.is_valid():
            raise form_error(form)
        if errors := sheet.errors():
            raise ValidationError(errors)
        data = form.cleaned_data
        common: dict[str, Any] = {
            "actor": self.request.user,
            "visit": visit,
            "client_uuid": data["uuid"],
            "lines": lines,
            "occurred_at": data["occurred_at"],
            "note": data["note"],
        }
        if self.kind == StepKind.STOCK_COUNT:
            return services.record_shelf_count(**common)
        if self.kind == StepKind.SELL_OUT:
            return services.record_sell_out(**common)
        photos = self.request.FILES.getlist("photos")
        return services.record_display(**common, place=data["place"], photos=photos)

    def after(self, visit: Visit, report: Any) -> str:
        """A count with something to order goes on to the suggestion."""
        if isinstance(report, ShelfCount) and report.lines.filter(suggested__gt=0).exists():
            return reverse("visits:shelf_count", args=[visit.pk, report.pk])
        return visit.get_absolute_url()

    def page(
        self,
        visit: Visit,
        sheet: forms.LineSheet,
        form: forms.ReportForm,
        error: ValidationError | None = None,
    ) -> HttpResponse:
        facts = queries.shop_products(customer=visit.customer, day=visit.day)
        typed = {row.product.pk: row for row in sheet.rows}
        for fact in facts:
            if fact.product.pk not in typed:
                sheet.rows.append(forms.Row(fact.product, dict.fromkeys(sheet.names, "")))
        by_product = {fact.product.pk: fact for fact in facts}
        last = self.last_figures(visit)
        for row in sheet.rows:
            row.facts = by_product.get(row.product.pk)
            row.last = last.get(row.product.pk)
        context = {
            "visit": visit,
            "step": self.step,
            "form": form,
            "sheet": sheet,
            "error": error,
            "is_count": self.kind == StepKind.STOCK_COUNT,
            "is_display": self.kind == StepKind.DISPLAY,
            "empty_row": forms.Row(Product(), dict.fromkeys(sheet.names, "")),
            "ahead": queries.days_to_next_visit(customer_id=visit.customer_id, rep=visit.rep, day=visit.day),
        }
        return render(self.request, "visits/step_lines.html", context, status=422 if error else 200)

    def last_figures(self, visit: Visit) -> dict[int, Any]:
        """What was reported of each product the last time, beside the field."""
        if self.kind == StepKind.DISPLAY:
            return queries.last_facings(customer_id=visit.customer_id)
        if self.kind == StepKind.SELL_OUT:
            return queries.last_sell_out(customer_id=visit.customer_id)
        return {}


# --- what was counted, and ordering what is missing
@permission_required("visits.view_visit", raise_exception=True)
def shelf_count(request: HttpRequest, pk: int, report_pk: int) -> HttpResponse:
    visit = own_visit(request, pk)
    report = get_object_or_404(visit.shelfcounts.prefetch_related("lines__product"), pk=report_pk)
    lines = list(report.lines.all())
    low = [line for line in lines if line.suggested]
    return render(
        request,
        "visits/shelf_count.html",
        {"visit": visit, "report": report, "lines": lines, "low": low},
    )


@require_POST
@permission_required("sales.add_salesorder", raise_exception=True)
def order_suggestion(request: HttpRequest, pk: int, report_pk: int) -> HttpResponse:
    """One tap: a draft of what the count suggests, opened for a look before it is submitted."""
    visit = own_visit(request, pk)
    report = get_object_or_404(visit.shelfcounts.prefetch_related("lines__product"), pk=report_pk)
    lines = [
        LineInput(line.product_id, line.suggested)
        for line in report.lines.all()
        if line.suggested and line.product.is_active
    ]
    try:
        order = sales.create_order(
            actor=request.user,
            customer=visit.customer,
            lines=lines,
            client_uuid=uuid5(_SUGGESTED, str(report.client_uuid)),
            source=OrderSource.VISIT,
            submit=False,
        )
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return HttpResponseRedirect(reverse("visits:shelf_count", args=[visit.pk, report.pk]))
    services.link_order(order=order, actor=request.user, visit=visit)
    if order.status != "draft":  # tapped again after it was submitted
        return HttpResponseRedirect(order.get_absolute_url())
    back = f"?next={visit.get_absolute_url()}"
    return HttpResponseRedirect(reverse("sales:order_edit", args=[order.pk]) + back)


# --- forms and maturity
class FormStepView(PermissionRequiredMixin, View):
    """One custom form of the visit."""

    permission_required = "visits.change_visit"
    raise_exception = True

    def get(self, request: HttpRequest, pk: int, form_pk: int) -> HttpResponse:
        visit, custom, questions = self.parts(pk, form_pk)
        form = forms.AnswerForm(initial={"uuid": uuid4()}, questions=questions)
        return self.page(visit, custom, form)

    def post(self, request: HttpRequest, pk: int, form_pk: int) -> HttpResponse:
        visit, custom, questions = self.parts(pk, form_pk)
        form = forms.AnswerForm(request.POST, questions=questions)
        if form.is_valid():
            try:
                services.record_form_answer(
                    actor=request.user,
                    visit=visit,
                    client_uuid=form.cleaned_data["uuid"],
                    form_id=custom.pk,
                    answers=form.answers(),
                    occurred_at=form.cleaned_data["occurred_at"],
                )
            except ValidationError as error:
                attach(form, error)
            else:
                messages.success(request, _("%(form)s saved.") % {"form": custom.name})
                return HttpResponseRedirect(visit.get_absolute_url())
        return self.page(visit, custom, form, status=422)

    def parts(self, pk: int, form_pk: int) -> tuple[Visit, CustomForm, Any]:
        custom = get_object_or_404(CustomForm.objects.filter(is_active=True), pk=form_pk)
        return own_visit(self.request, pk), custom, queries.questions(custom)

    def page(
        self, visit: Visit, custom: CustomForm, form: forms.AnswerForm, status: int = 200
    ) -> HttpResponse:
        context = {
            "visit": visit,
            "title": custom.name,
            "form": form,
            "cancel_url": visit.get_absolute_url(),
        }
        return render(self.request, "visits/step_form.html", context, status=status)


def attach(form: forms.AnswerForm, error: ValidationError) -> None:
    """Errors at their questions, the rest above the form."""
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for name, found in error.error_dict.items():
        form.add_error(name if name in form.fields else None, found)


class MaturityView(PermissionRequiredMixin, View):
    permission_required = "visits.change_visit"
    raise_exception = True

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return self.page(own_visit(request, pk))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        visit = own_visit(request, pk)
        raw = request.POST.get("value", "")
        value = int(raw) if raw.isdecimal() and len(raw) < 19 else 0
        try:
            services.record_maturity(actor=request.user, visit=visit, value=value)
        except ValidationError as error:
            return self.page(visit, error)
        messages.success(request, _("Maturity saved."))
        return HttpResponseRedirect(visit.get_absolute_url())

    def page(self, visit: Visit, error: ValidationError | None = None) -> HttpResponse:
        entries: Iterable[Dictionary] = Dictionary.objects.filter(
            kind=DictionaryKind.MATURITY, is_active=True
        )
        now = visit.maturity_id or visit.customer.maturity_id
        context = {"visit": visit, "entries": entries, "chosen": now, "error": error}
        return render(self.request, "visits/step_maturity.html", context, status=422 if error else 200)
