"""The tree of categories, managed on one page."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from sales.forms.products import CategoryForm, attach
from sales.models import ProductCategory
from sales.queries import products as queries
from sales.services import categories as services

BY = {"up": -1, "down": 1}


@require_http_methods(["GET", "POST"])
@permission_required("sales.view_productcategory", raise_exception=True)
def category_list(request: HttpRequest) -> HttpResponse:
    """GET: the tree; POST name, parent: a new category."""
    form = CategoryForm(request.POST or None, initial={"parent": request.GET.get("under", "")})
    if request.method == "POST":
        if not request.user.has_perm("sales.add_productcategory"):
            raise PermissionDenied
        if (saved := _save(request, form, None)) is not None:
            return saved
    return _page(request, form, None)


@require_http_methods(["GET", "POST"])
@permission_required("sales.change_productcategory", raise_exception=True)
def category_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """GET: the tree with the form of one category open; POST: its name and place."""
    category = get_object_or_404(ProductCategory, pk=pk)
    form = CategoryForm(request.POST or None, initial={"name": category.name, "parent": category.parent_id})
    if request.method == "POST" and (saved := _save(request, form, category)) is not None:
        return saved
    return _page(request, form, category)


@require_POST
@permission_required("sales.change_productcategory", raise_exception=True)
def category_move(request: HttpRequest, pk: int, way: str) -> HttpResponse:
    services.move_category(category=get_object_or_404(ProductCategory, pk=pk), by=BY[way])
    return redirect("sales:category_list")


@require_POST
@permission_required("sales.delete_productcategory", raise_exception=True)
def category_delete(request: HttpRequest, pk: int) -> HttpResponse:
    category = get_object_or_404(ProductCategory, pk=pk)
    try:
        services.delete_category(category=category)
        messages.success(request, _("Category %(category)s is deleted.") % {"category": category})
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    return redirect("sales:category_list")


def _save(request: HttpRequest, form: CategoryForm, category: ProductCategory | None) -> HttpResponse | None:
    if not form.is_valid():
        return None
    try:
        saved = services.save_category(category=category, **form.cleaned_data)
    except ValidationError as refusal:
        attach(form, refusal)
        return None
    messages.success(request, _("Category %(category)s is saved.") % {"category": saved})
    return redirect("sales:category_list")


def _page(request: HttpRequest, form: CategoryForm, category: ProductCategory | None) -> HttpResponse:
    context = {"branches": queries.branches(), "form": form, "category": category}
    status = 422 if form.errors else 200
    return TemplateResponse(request, "sales/product_categories.html", context, status=status)
