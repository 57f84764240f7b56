"""Price lists: the list, one with its lines edited in place, copying, and the question what a customer pays."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Count, Q, QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django.views.generic import CreateView, UpdateView

from common import business_calendar
from common.exports import workbook_response
from common.signals import data_exported
from common.tables import Column
from common.views import ListPage
from sales.filters.prices import PriceListFilterSet
from sales.forms.base import plain
from sales.forms.prices import CheckForm, CopyForm, LineForm, NewLineForm, PriceListForm
from sales.forms.products import attach
from sales.models import PriceList, PriceListLine
from sales.queries import prices as queries
from sales.rules import prices as rules
from sales.rules.product_rows import PRICE_HEADS
from sales.services import price_lists as services
from sales.tables.prices import PRICE_LIST_COLUMNS, audience, period, state

LINES_A_PAGE = 100
VIEW, CHANGE = "sales.view_pricelist", "sales.change_pricelist"


def visible_lists(request: HttpRequest) -> QuerySet:
    return PriceList.objects.visible_to(request.user).select_related("channel", "customer")


class PriceListList(ListPage):
    permission_required = VIEW
    title = gettext_lazy("Price lists")
    filterset_class = PriceListFilterSet
    template_name = "sales/price_list_list.html"
    columns = PRICE_LIST_COLUMNS
    default_sort = "name"
    empty_text = gettext_lazy(
        "No price list yet: everybody pays the products' own prices. A list says otherwise for a level, a channel "
        "or one customer."
    )
    create_url = reverse_lazy("sales:price_list_create")
    create_label = gettext_lazy("New price list")
    create_permission = "sales.add_pricelist"

    def get_queryset(self) -> QuerySet:
        return visible_lists(self.request).annotate(line_count=Count("lines__product", distinct=True))


class PriceListEntry(PermissionRequiredMixin):
    raise_exception = True
    model = PriceList
    form_class = PriceListForm
    template_name = "sales/price_list_form.html"

    def get_queryset(self) -> QuerySet:
        return visible_lists(self.request)

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"user": self.request.user}

    def form_valid(self, form: PriceListForm) -> HttpResponse:
        try:
            self.object = services.save_price_list(price_list=form.save(commit=False))
        except ValidationError as refusal:
            attach(form, refusal)
            return self.form_invalid(form)
        messages.success(self.request, _("%(list)s is saved.") % {"list": self.object})
        return redirect(self.object)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        saved = self.object if self.object and self.object.pk else None
        back = saved.get_absolute_url() if saved else reverse_lazy("sales:price_list_list")
        return super().get_context_data(title=self.title, cancel_url=back, **kwargs)


class PriceListCreate(PriceListEntry, CreateView):
    permission_required = "sales.add_pricelist"
    title = gettext_lazy("New price list")


class PriceListEdit(PriceListEntry, UpdateView):
    permission_required = CHANGE
    title = gettext_lazy("Edit price list")


# --- one list
@require_GET
@permission_required(VIEW, raise_exception=True)
def price_list_detail(request: HttpRequest, pk: int) -> HttpResponse:
    price_list = get_object_or_404(visible_lists(request), pk=pk)
    lines = price_list.lines.select_related("product").order_by("product__code", "min_quantity", "pk")
    for word in request.GET.get("q", "").split():
        lines = lines.filter(product__search_text__icontains=word)
    page = Paginator(lines, LINES_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "price_list": price_list,
        "audience": audience(price_list),
        "period": period(price_list),
        "state": state(price_list),
        "page": page,
        "rows": [_row(line) for line in page.object_list],
        "q": request.GET.get("q", ""),
        "overlaps": queries.overlapping(price_list) if price_list.is_active else [],
        "new": NewLineForm(auto_id="new_%s"),
    }
    return TemplateResponse(request, "sales/price_list_detail.html", context)


def _line(request: HttpRequest, pk: int, line_pk: int) -> PriceListLine:
    lines = PriceListLine.objects.filter(price_list__in=visible_lists(request).order_by())
    line: PriceListLine = get_object_or_404(
        lines.select_related("product", "price_list"), pk=line_pk, price_list=pk
    )
    return line


def _row(line: PriceListLine, form: LineForm | None = None) -> dict[str, Any]:
    """One line as the table shows it; a refused form keeps what was typed."""
    values = {"min_quantity": plain(line.min_quantity), "price": f"{line.price:f}"}
    product = line.product
    return {
        "line": line,
        "product": product,
        "form": form or LineForm(initial=values, auto_id=f"line{line.pk}_%s"),
        "from": queries.unit_of(product).words(line.min_quantity) if line.min_quantity else "",
        "change": (line.price / product.price - 1) if product.price else None,
        "below": product.floor_price is not None and line.price < product.floor_price,
    }


@require_POST
@permission_required(CHANGE, raise_exception=True)
def line_add(request: HttpRequest, pk: int) -> HttpResponse:
    """A new line; HTMX gets the row of the form again and the new line's row above the others."""
    price_list = get_object_or_404(visible_lists(request), pk=pk)
    form = NewLineForm(request.POST, auto_id="new_%s")
    line = None
    if form.is_valid():
        try:
            line = services.save_line(price_list=price_list, **form.cleaned_data)
            form = NewLineForm(auto_id="new_%s")
        except ValidationError as refusal:
            attach(form, refusal)
    if not request.htmx:
        if line is None:
            messages.error(request, " ".join(text for texts in form.errors.values() for text in texts))
        return redirect(price_list)
    context = {"price_list": price_list, "new": form, "row": _row(line) if line else None, "saved": True}
    return TemplateResponse(request, "sales/price_list_detail.html#added", context)


@require_POST
@permission_required(CHANGE, raise_exception=True)
def line_save(request: HttpRequest, pk: int, line_pk: int) -> HttpResponse:
    """A line changed in place; HTMX gets its row, with a tick or with what is wrong."""
    line = _line(request, pk, line_pk)
    form: LineForm | None = LineForm(request.POST, auto_id=f"line{line.pk}_%s")
    if form.is_valid():
        try:
            services.save_line(
                price_list=line.price_list, line=line, product=line.product, **form.cleaned_data
            )
            form = None
        except ValidationError as refusal:
            attach(form, refusal)
    if not request.htmx:
        for texts in form.errors.values() if form else ():
            messages.error(request, " ".join(texts))
        return redirect(line.price_list)
    context = {"price_list": line.price_list, "row": _row(line, form), "saved": form is None}
    return TemplateResponse(request, "sales/price_list_line.html", context)


@require_POST
@permission_required(CHANGE, raise_exception=True)
def line_delete(request: HttpRequest, pk: int, line_pk: int) -> HttpResponse:
    line = _line(request, pk, line_pk)
    services.delete_line(line=line)
    return HttpResponse() if request.htmx else redirect(line.price_list)


@require_http_methods(["GET", "POST"])
@permission_required("sales.add_pricelist", raise_exception=True)
def price_list_copy(request: HttpRequest, pk: int) -> HttpResponse:
    source = get_object_or_404(visible_lists(request), pk=pk)
    form = CopyForm(request.POST or None, initial={"name": _("%(list)s copy") % {"list": source.name[:70]}})
    if request.method == "POST" and form.is_valid():
        try:
            copy = services.copy_price_list(actor=request.user, source=source, **form.cleaned_data)
        except ValidationError as refusal:
            attach(form, refusal)
        else:
            messages.success(request, _("%(list)s is saved.") % {"list": copy})
            return redirect(copy)
    context = {
        "title": _("Copy %(list)s") % {"list": source},
        "form": form,
        "intro": _("The copy has the same customers and lines; every price is changed by the percentage."),
        "submit_label": _("Copy"),
        "cancel_url": source.get_absolute_url(),
    }
    return TemplateResponse(request, "common/form.html", context, status=422 if form.errors else 200)


@require_GET
@permission_required(CHANGE, raise_exception=True)
def price_list_export(request: HttpRequest, pk: int) -> FileResponse:
    """The lines in the columns of the import."""
    price_list = get_object_or_404(visible_lists(request), pk=pk)
    paths = {"code": "product.code", "name": "product.name"}
    columns = [Column(name, head.label, path=paths.get(name, "")) for name, head in PRICE_HEADS.items()]
    rows = price_list.lines.select_related("product").order_by("product__code", "min_quantity")
    data_exported.send(sender=PriceListLine, user=request.user, what=str(price_list), rows=rows.count())
    return workbook_response(f"prices-{pk}-{business_calendar.today():%Y%m%d}.xlsx", columns, rows)


# --- the question
@require_GET
@permission_required(VIEW, raise_exception=True)
def price_check(request: HttpRequest) -> HttpResponse:
    """?customer=&product=&quantity=&day=: what that customer pays, why, and why the other lists do not count."""
    asked = request.GET.get("customer") or request.GET.get("product")
    form = CheckForm(request.GET if asked else None, user=request.user)
    context: dict[str, Any] = {"form": form}
    if form.is_bound and form.is_valid():
        context |= _answer(visible_lists(request), **form.cleaned_data)
    return TemplateResponse(request, "sales/price_check.html", context)


def _answer(lists: QuerySet, *, customer: Any, product: Any, quantity: Any, day: Any) -> dict[str, Any]:
    seen = Q(price_list__in=lists.order_by())
    offers = queries.offers_of([product.pk], seen).get(product.pk, [])
    verdicts = rules.weigh(offers, buyer=queries.buyer_of(customer), quantity=quantity, day=day)
    named = lists.in_bulk({offer.list_id for offer in offers})
    unit = queries.unit_of(product)
    return {
        "asked": {"customer": customer, "product": product, "quantity": unit.words(quantity), "day": day},
        "price": queries.price_for(customer, product, quantity, day),
        "gifts": queries.gifts_for(customer, {product.pk: quantity}, day),
        "verdicts": [
            {
                "list": named[verdict.offer.list_id],
                "audience": audience(named[verdict.offer.list_id]),
                "period": period(named[verdict.offer.list_id]),
                "from": unit.words(verdict.offer.min_quantity) if verdict.offer.min_quantity else "",
                "price": verdict.offer.price,
                "outcome": verdict.outcome,
            }
            for verdict in verdicts
        ],
    }
