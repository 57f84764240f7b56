"""What the views of sales share."""

from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db.models import QuerySet, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import Promise, cached_property
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from common.templatetags.paodian import money
from common.views import ListPage
from crm.models import Customer
from sales import queries
from sales.queries.products import category_ids

SEARCHED, LEAFED = 20, 60


def safe_next(request: HttpRequest, default: str) -> str:
    """Where ?next= says to go back to, when that is a page of ours."""
    wanted = request.GET.get("next", "")
    hosts = {request.get_host()}
    ours = url_has_allowed_host_and_scheme(wanted, allowed_hosts=hosts, require_https=request.is_secure())
    return wanted if "/" in wanted and ours else default


def asked_customer(request: HttpRequest) -> Customer | None:
    """The customer of ?customer=, None when the page is asked for without; one out of scope is 404."""
    wanted = request.GET.get("customer", "")
    if not wanted:
        return None
    if not wanted.isdecimal() or len(wanted) > 18:
        raise Http404
    customer: Customer = get_object_or_404(
        Customer.objects.visible_to(request.user).select_related("owner"), pk=wanted
    )
    return customer


def of_category(request: HttpRequest, products: QuerySet) -> tuple[QuerySet, int]:
    """Products of ?category= and below it, and how many of them a search shows: a category is leafed through."""
    wanted = request.GET.get("category", "")
    if not wanted:
        return products, SEARCHED
    if not wanted.isdecimal() or len(wanted) > 18:
        raise Http404
    return products.filter(category__in=category_ids(int(wanted))), LEAFED


def choose_customer(request: HttpRequest, *, title: str, back: str) -> HttpResponse:
    """The page that asks for the customer and comes back with ?customer=; a new one can be made on the way.

    `back` names the page it leaves for when the address does not say where the person came from.
    """
    may_add = request.user.has_perm("crm.add_customer")
    here = urlencode({"next": request.get_full_path()})
    context: dict[str, Any] = {
        "title": title,
        "new_customer_url": f"{reverse('crm:customer_create')}?{here}" if may_add else "",
        "next": safe_next(request, ""),
        "back": safe_next(request, reverse(back)),
    }
    return TemplateResponse(request, "sales/choose_customer.html", context)


class SummedPaginator(Paginator):
    """Counts the rows and adds up what counts among them in one pass over the table."""

    def __init__(self, rows: QuerySet, *args: Any, **kwargs: Any) -> None:
        super().__init__(rows, *args, **kwargs)
        self.rows = rows

    @cached_property
    def summary(self) -> queries.Summary:
        return queries.summary(self.rows)

    @cached_property
    def count(self) -> int:
        return self.summary.count


class DebtorList(ListPage):
    """A list of customers that owe, with what all of them owe in the foot. Rows have `receivable` and `overdue`."""

    def get_context_data(self, *, page: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(page=page, **kwargs)
        if page.paginator.more or not page.object_list:
            return context  # beyond the bound of the list the aging page adds up, from bills alone
        rows = page.paginator.object_list.order_by()
        sums = rows.aggregate(receivable_sum=Sum("receivable"), overdue_sum=Sum("overdue"))
        context["totals"] = [
            {"label": _("Receivable"), "text": money(sums["receivable_sum"])},
            {"label": _("Overdue"), "text": money(sums["overdue_sum"])},
        ]
        return context


class SummedList(ListPage):
    """A list of slips with their sum in the foot, under `sum_label`."""

    paginator_class = SummedPaginator
    sum_label: str | Promise = ""

    def get_context_data(self, *, page: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(page=page, **kwargs)
        context["totals"] = [{"label": self.sum_label, "text": money(page.paginator.summary.amount)}]
        return context
