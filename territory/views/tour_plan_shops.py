"""The customers of a tour plan: chosen by search, route, or the customer list; their visits and hours."""

from __future__ import annotations

from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from accounts.models import SavedView
from common.filters import ListFilterSet
from common.views import BulkAction, ListPage
from crm.queries.customer_filters import CustomerFilterSet as ListFilters
from territory.filters.customers import CustomerFilterSet
from territory.filters.tour_plans import TourPlanShopFilterSet
from territory.forms.tour_plans import AddShopsForm, ShopForm
from territory.models import RouteStop, TourPlan, TourPlanShop
from territory.queries import tour_plans as queries
from territory.services import tour_plans as services
from territory.tables.tour_plans import SHOP_COLUMNS
from territory.views import user_of
from territory.views.tour_plans import get_plan, may_change

FOUND = 50


class ShopList(ListPage):
    permission_required = "territory.view_tourplan"
    columns = SHOP_COLUMNS
    filterset_class = TourPlanShopFilterSet
    template_name = "territory/tour_plan_shops.html"
    default_sort = "customer"
    empty_text = gettext_lazy("No customers in this plan yet. Find them above and add them.")

    @cached_property
    def plan(self) -> TourPlan:
        return get_plan(self.request, self.kwargs["pk"])

    def get_queryset(self) -> QuerySet[TourPlanShop]:
        rows: QuerySet[TourPlanShop] = self.plan.shops.select_related("customer__owner")
        hidden = queries.hidden_customers(self.plan, user_of(self.request))
        return rows.exclude(customer__in=hidden) if hidden else rows

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        self.title = _("Customers of %(name)s") % {"name": self.plan.name}
        remove = reverse("territory:tour_plan_remove", args=[self.plan.pk])
        self.bulk_actions = (BulkAction(_("Take out of the plan"), remove, "x", "territory.change_tourplan"),)
        user = user_of(self.request)
        filterset = CustomerFilterSet(
            None, queryset=queries.tour_shop_candidates(self.plan, user).none(), request=self.request
        )
        return super().get_context_data(**kwargs) | {
            "plan": self.plan,
            "may_change": user.has_perm("territory.change_tourplan"),
            "finder": filterset,
            "add_form": AddShopsForm(user=user),
            "views": SavedView.objects.visible_to(user).filter(page="/customers/"),
        }


@require_safe
@may_change
def find(request: HttpRequest, pk: int) -> HttpResponse:
    """Customers that could be added: a fragment with tick boxes, and how many there are in all."""
    plan = get_plan(request, pk)
    filterset = CustomerFilterSet(
        request.GET, queryset=queries.tour_shop_candidates(plan, user_of(request)), request=request
    )
    rows = filterset.qs if filterset.is_valid() else filterset.queryset.none()
    count = rows.count()
    context = {
        "plan": plan,
        "customers": list(rows.select_related("owner").order_by("name", "pk")[:FOUND]),
        "count": count,
        "query": request.GET.urlencode(),
    }
    return TemplateResponse(request, "territory/tour_plan_found.html", context)


@require_POST
@may_change
def add(request: HttpRequest, pk: int) -> HttpResponse:
    """Customers `pk` (many), all that the search `query` finds (`all=1`), those of a `route`, or those of an address of the
    customer list (`list`: its query string, "all" for the plain list)."""
    plan = get_plan(request, pk)
    user = user_of(request)
    form = AddShopsForm(request.POST, user=user)
    ids = [int(value) for value in request.POST.getlist("pk") if value.isdecimal() and len(value) < 19]
    if form.is_valid() and (route := form.cleaned_data["route"]):
        ids += list(RouteStop.objects.filter(route=route).values_list("customer_id", flat=True))
    if request.POST.get("all") == "1":
        ids += _all_found(request, plan, CustomerFilterSet, request.POST.get("query", ""))
    if address := request.POST.get("list"):
        ids += _all_found(request, plan, ListFilters, "" if address == "all" else address)
    try:
        added = services.add_shops(actor=user, plan=plan, customer_ids=ids)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        _tell(request, added, len(set(ids)))
    return redirect("territory:tour_plan_shops", plan.pk)


def _all_found(request: HttpRequest, plan: TourPlan, kind: type[ListFilterSet], query: str) -> list[int]:
    rows = queries.tour_shop_candidates(plan, user_of(request))
    filterset = kind(QueryDict(query), queryset=rows, request=request)
    return list(filterset.qs.values_list("pk", flat=True)) if filterset.is_valid() else []


def _tell(request: HttpRequest, added: int, asked: int) -> None:
    if not asked:
        messages.error(request, _("Choose at least one customer."))
        return
    text = ngettext("%(n)s customer added.", "%(n)s customers added.", added) % {"n": added}
    if left := asked - added:
        words = ngettext(
            "%(n)s was left out: in the plan already, inactive, or of none of its reps.",
            "%(n)s were left out: in the plan already, inactive, or of none of its reps.",
            left,
        )
        text += " " + words % {"n": left}
    (messages.success if added else messages.warning)(request, text)


@require_POST
@may_change
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    plan = get_plan(request, pk)
    ids = [int(value) for value in request.POST.getlist("pk") if value.isdecimal() and len(value) < 19]
    try:
        gone = services.remove_shops(actor=user_of(request), plan=plan, shop_ids=ids)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        text = ngettext("%(n)s customer taken out.", "%(n)s customers taken out.", gone) % {"n": gone}
        messages.success(request, text)
    return redirect("territory:tour_plan_shops", plan.pk)


@may_change
def change(request: HttpRequest, pk: int, shop_pk: int) -> HttpResponse:
    """How often, how long and when one customer is visited."""
    plan = get_plan(request, pk)
    hidden = queries.hidden_customers(plan, user_of(request))
    rows = plan.shops.select_related("customer").exclude(customer__in=hidden)
    shop: TourPlanShop = get_object_or_404(rows, pk=shop_pk)
    form = ShopForm(request.POST or None, instance=shop)
    back = reverse("territory:tour_plan_shops", args=[plan.pk])
    if request.method == "POST" and form.is_valid():
        try:
            services.change_shop(actor=user_of(request), plan=plan, shop_id=shop.pk, **form.cleaned_data)
        except services.PlanChangedError:
            messages.warning(request, _("This customer was taken out already."))
            return redirect(back)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("Saved: %(name)s") % {"name": shop.customer.name})
            return redirect(back)
    context = {"form": form, "title": shop.customer.name, "cancel_url": back}
    return TemplateResponse(request, "territory/route_form.html", context)


@permission_required("territory.add_tourplan", raise_exception=True)
def collect(request: HttpRequest) -> HttpResponse:
    """What is selected in the customer list (POST `pk`, or `all=1` and `query`) for a plan that is chosen here."""
    if request.method == "POST":
        if request.POST.get("all") == "1":
            query = urlencode({"list": request.POST.get("query", "") or "all"})
        else:
            ids = [value for value in request.POST.getlist("pk") if value.isdecimal()]
            query = urlencode({"customers": ",".join(ids)}, safe=",")
        return redirect(f"{request.path}?{query}")
    plans = TourPlan.objects.visible_to(user_of(request)).exclude(state__in=["queued", "running"])[:20]
    ids = [value for value in request.GET.get("customers", "").split(",") if value.isdecimal()]
    context = {"plans": plans, "ids": ids, "whole_list": request.GET.get("list", "")}
    return TemplateResponse(request, "territory/tour_plan_collect.html", context)
