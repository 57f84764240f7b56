"""Workbooks of products and of prices: looked through first, then taken in. The page keeps the chosen file meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from sales.forms.products import PriceSheetForm, ProductSheetForm, SheetForm
from sales.models import PriceList
from sales.services.price_files import import_lines
from sales.services.product_files import import_products
from sales.services.sheet_files import FileResult

SHOWN_PROBLEMS = 200


@require_http_methods(["GET", "POST"])
@permission_required(["sales.add_product", "sales.change_product"], raise_exception=True)
def product_import(request: HttpRequest) -> HttpResponse:
    def take(form: SheetForm, dry_run: bool) -> FileResult:
        return import_products(
            actor=request.user,
            upload=form.cleaned_data["file"],
            create_categories=form.cleaned_data["create_categories"],
            dry_run=dry_run,
        )

    page = {
        "title": _("Import products"),
        "back": reverse("sales:product_list"),
        "example": reverse("sales:product_list") + "?export=xlsx"
        if request.user.has_perm("sales.export_product")
        else "",
        "intro": _(
            "Products are made or changed by their code. An empty cell leaves a field as it is, a dash empties it."
        ),
    }
    return _sheet_page(request, ProductSheetForm, take, page)


@require_http_methods(["GET", "POST"])
@permission_required("sales.change_pricelist", raise_exception=True)
def price_list_import(request: HttpRequest, pk: int) -> HttpResponse:
    price_list = get_object_or_404(PriceList.objects.visible_to(request.user), pk=pk)

    def take(form: SheetForm, dry_run: bool) -> FileResult:
        return import_lines(
            actor=request.user,
            price_list=price_list,
            upload=form.cleaned_data["file"],
            replace=form.cleaned_data["replace"],
            dry_run=dry_run,
        )

    page = {
        "title": _("Import prices into %(list)s") % {"list": price_list},
        "back": price_list.get_absolute_url(),
        "example": reverse("sales:price_list_export", args=[pk]),
        "intro": _(
            "A line is a product's code and its price, from a quantity on when one is given. Quantities and prices "
            "count in the product's unit."
        ),
    }
    return _sheet_page(request, PriceSheetForm, take, page)


def _sheet_page(
    request: HttpRequest,
    form_class: type[SheetForm],
    take: Callable[[SheetForm, bool], FileResult],
    page: dict[str, Any],
) -> HttpResponse:
    """POST looks through the file; POST with then=import takes it in. HTMX gets the answer alone."""
    form = form_class(request.POST, request.FILES) if request.method == "POST" else form_class()
    result, done = None, False
    if request.method == "POST" and form.is_valid():
        done = request.POST.get("then") == "import"
        try:
            result = take(form, not done)
        except ValidationError as refusal:
            form.add_error("file", refusal)
            done = False
    if done:
        messages.success(request, _("The file is in."))
    context = {
        **page,
        "form": form,
        "result": result,
        "done": done,
        "problems": result.problems[:SHOWN_PROBLEMS] if result else [],
    }
    template = "sales/sheet_import.html" + ("#answer" if request.htmx else "")
    return TemplateResponse(
        request, template, context, status=422 if form.errors and not request.htmx else 200
    )
