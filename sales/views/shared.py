"""What the views of sales share."""

from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils.functional import Promise, cached_property
from django.utils.http import url_has_allowed_host_and_scheme

from common.templatetags.paodian import money
from common.views import ListPage
from crm.models import Customer
from sales import queries


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


def choose_customer(request: HttpRequest, *, title: str) -> HttpResponse:
    """The page that asks for the customer and comes back with ?customer=."""
    context: dict[str, Any] = {
        "title": title,
        "next": safe_next(request, ""),
        "back": safe_next(request, "/"),
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


class SummedList(ListPage):
    """A list of slips with their sum in the foot, under `sum_label`."""

    paginator_class = SummedPaginator
    sum_label: str | Promise = ""

    def get_context_data(self, *, page: Any, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(page=page, **kwargs)
        context["totals"] = [{"label": self.sum_label, "text": money(page.paginator.summary.amount)}]
        return context
