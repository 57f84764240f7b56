"""The customer list (B9, B11), and the two cells that are changed on the spot."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from common.geo import valid_coordinates
from common.tables import Column
from common.views import BulkAction
from crm import services
from crm.enums import Level
from crm.models import Customer, Tag
from crm.queries import lists as queries
from crm.queries.customer_filters import CustomerFilterSet
from crm.querysets import CustomerQuerySet
from crm.tables.customers import (
    CUSTOMER_COLUMNS,
    distance_column,
    inline_cell,
    inline_columns,
    own_hidden,
)
from crm.views.access import current_user, editable_customer
from crm.views.custom_fields import CustomFieldsPage
from crm.views.paging import CustomerPaginator

# Columns that apps above fill, and what they call it; left out for who may not see it.
UPPER = {"receivable": "receivable", "task": "open_task_on", "low_stock": "low_stock"}


MAX_SHOWN, MAX_CHOSEN = 1000, 5000


def _bulk(kind: str) -> Any:
    return reverse_lazy("crm:bulk_start", args=[kind])


class CustomerList(CustomFieldsPage):
    """Besides the usual parameters: `near=latitude,longitude` shows distances, `sort=distance` sorts by them, and
    `sort=unvisited` puts first whom nobody has visited for longest."""

    permission_required = "crm.view_customer"
    title = _("Customers")
    filterset_class = CustomerFilterSet
    custom_target = "customer"
    template_name = "crm/customer_list.html"
    export_permission = "crm.export_customer"
    export_name = "customers"
    empty_text = _("No customers yet.")
    create_url = reverse_lazy("crm:customer_create")
    create_label = _("New customer")
    create_permission = "crm.add_customer"
    next_url = reverse_lazy("crm:import_start")
    next_label = _("Import a file")
    next_permission = "crm.import_customer"
    bulk_actions = (
        BulkAction(
            _("Assign"), reverse_lazy("crm:customer_assign"), "user-share", "crm.assign_customer", "", True
        ),
        BulkAction(_("Hand over"), _bulk("transfer"), "arrows-exchange", "crm.assign_customer", "", True),
        BulkAction(_("Share"), _bulk("share"), "users-plus", "crm.change_customer", "", True),
        BulkAction(_("Add tags"), _bulk("add_tags"), "tag-plus", "crm.change_customer", "", True),
        BulkAction(_("Remove tags"), _bulk("remove_tags"), "tag-minus", "crm.change_customer", "", True),
        BulkAction(_("Change fields"), _bulk("change"), "edit", "crm.change_customer", "", True),
        BulkAction(_("To the pool"), _bulk("release"), "arrow-back-up", "crm.change_customer", "", True),
        BulkAction(
            _("Add to visit plan"), "/tasks/planning/", "calendar-plus", "visits.add_visitplan", "", True
        ),
        BulkAction(_("Plan tours"), "/tour-plans/collect/", "route", "territory.add_tourplan", "", True),
        BulkAction(
            _("Make customer tasks"),
            "/customer-tasks/bulk/",
            "clipboard-check",
            "team.add_customertask",
            "",
            True,
        ),
    )

    # --- columns
    @cached_property
    def near(self) -> queries.Near | None:
        """Where the person stands, as his phone says; nonsense is nowhere."""
        parts = self.request.GET.get("near", "").split(",")
        try:
            latitude, longitude = (float(part) for part in parts)
        except ValueError:
            return None
        return (latitude, longitude) if valid_coordinates(latitude, longitude) else None

    @cached_property
    def upper(self) -> dict[str, Any]:
        return queries.upper_columns(current_user(self.request))

    @cached_property
    def _offered(self) -> tuple[Column, ...]:
        columns = tuple(
            column
            for column in CUSTOMER_COLUMNS
            if UPPER.get(column.key, column.key) in self.upper or column.key not in UPPER
        )
        if self.request.user.has_perm("crm.change_customer"):
            columns = inline_columns(columns)
        own = current_user(self.request).pk
        columns = tuple(own_hidden(column, own) if column.key == "owner" else column for column in columns)
        columns = (*columns, *self.custom_columns)
        return (*columns[:3], distance_column(self.near), *columns[3:]) if self.near else columns

    def get_columns(self) -> tuple[Column, ...]:
        return self._offered

    # --- rows
    def get_queryset(self) -> CustomerQuerySet:
        return queries.list_rows(current_user(self.request))

    def paginator_class(self, rows: CustomerQuerySet, page_size: int) -> CustomerPaginator:  # type: ignore[override]
        return CustomerPaginator(rows, page_size, self.dress)

    def dress(self, rows: CustomerQuerySet) -> CustomerQuerySet:
        return self._dress(rows, self.shown_columns())

    def _dress(self, rows: CustomerQuerySet, columns: Any) -> CustomerQuerySet:
        keys = ["open_task_on" if column.key == "task" else column.key for column in columns]
        return queries.with_columns(rows, keys, self.upper)

    def sort(self, rows: CustomerQuerySet) -> CustomerQuerySet:
        wanted = self.request.GET.get("sort", "").lstrip("-")
        if wanted == "distance" and self.near:
            return queries.nearest_first(rows, self.near)
        if wanted == "unvisited":
            longest: CustomerQuerySet = rows.order_by(F("last_visit_on").asc(nulls_first=True), "pk")
            return longest
        if wanted == "receivable" and "receivable" in self.upper:
            rows = rows.annotate(receivable=self.upper["receivable"])
        elif wanted == "last_contact":
            rows = rows.annotate(last_contact_on=queries.last_contact())
        sorted_rows: CustomerQuerySet = super().sort(rows)
        return sorted_rows

    def export(self, rows: CustomerQuerySet) -> StreamingHttpResponse:
        columns = self.shown_columns() if self.request.GET.get("cols") else self.get_columns()
        return super().export(self._dress(rows, columns))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        context["can_import"] = self.request.user.has_perm("crm.import_customer")
        context["sorts_by"] = self.request.GET.get("sort", "")
        context["has_receivable"] = "receivable" in self.upper
        context["is_near"] = self.near is not None
        return context


@require_safe
@permission_required("crm.view_customer", raise_exception=True)
def customer_choice(request: HttpRequest) -> JsonResponse:
    """The customers of a list address (its filters, a saved view) for pages that plan with them, active ones only.

    JSON {"count": all that match, "rows": [[id, name, level, owner's name, latitude, longitude, last visit], …]}, at
    most 1,000 rows, with `chosen=1` at most 5,000, unvisited longest first; 400 with `errors` when a filter makes no
    sense.
    """
    filterset = CustomerFilterSet(
        request.GET, queryset=Customer.objects.visible_to(current_user(request)).active(), request=request
    )
    if not filterset.is_valid():
        return JsonResponse({"errors": filterset.errors}, status=400)
    rows = filterset.qs.order_by(F("last_visit_on").asc(nulls_first=True), "pk")
    names = ("pk", "name", "level", "owner__name", "latitude", "longitude", "last_visit_on")
    most = MAX_CHOSEN if request.GET.get("chosen") == "1" else MAX_SHOWN
    found = list(rows.values_list(*names)[: most + 1])
    count = len(found) if len(found) <= most else filterset.qs.count()
    return JsonResponse({"count": count, "rows": found[:most]})


@require_http_methods(["GET", "POST"])
@permission_required("crm.change_customer", raise_exception=True)
def customer_cell(request: HttpRequest, pk: int, field: str) -> HttpResponse:
    """GET: the small form for "level" or "tags" of a row; POST `level`, or `tags-<pk>` (many): saves it and answers
    with the cell; bad input leaves the customer alone (422)."""
    if field not in ("level", "tags"):
        raise Http404
    customer = editable_customer(request, pk)
    choices = list(Tag.objects.order_by("name")) if field == "tags" else []
    status = 200
    if request.method == "POST":
        fields = _cell_fields(request, customer, field, choices)
        if fields is not None:
            services.update_customer(actor=current_user(request), customer=customer, **fields)
            return _cell(request, pk, field)
        status = 422
    chosen = set(customer.tags.values_list("pk", flat=True)) if field == "tags" else set()
    context = {
        "customer": customer,
        "field": field,
        "levels": Level.values,
        "tags": choices,
        "chosen": chosen,
    }
    return TemplateResponse(request, "crm/customer_cell.html", context, status=status)


def _cell_fields(
    request: HttpRequest, customer: Customer, field: str, tags: list[Tag]
) -> dict[str, Any] | None:
    if field == "level":
        level = request.POST.get("level", "")
        return {"level": level} if level in ("", *Level.values) else None
    wanted = set(request.POST.getlist(f"tags-{customer.pk}"))
    found = [tag for tag in tags if str(tag.pk) in wanted]
    return {"tags": found} if len(found) == len(wanted) else None


def _cell(request: HttpRequest, pk: int, field: str) -> HttpResponse:
    rows: CustomerQuerySet = Customer.objects.visible_to(current_user(request)).filter(pk=pk)
    customer = queries.with_columns(rows, [field], {}).get()
    return HttpResponse(inline_cell(field)(customer))
