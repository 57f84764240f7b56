"""The list page: scope, filters, sorting, pages, bulk actions and Excel, the same everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.mixins import PermissionRequiredMixin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.views import View

from common.exports import workbook_response
from common.filters import ListFilterSet
from common.paging import BoundedPaginator
from common.signals import data_exported
from common.tables import Column, by, draw_chooser, draw_rows


@dataclass(frozen=True)
class BulkAction:
    """A button over the selected rows: posts `pk` (many) to `url`; `permission` hides it.

    With `takes_all` it may also be asked for every row of the list: it then posts `all=1`; `query`, the list's query
    string, comes along in any case.
    """

    label: str | Promise
    url: str
    icon: str = "check"
    permission: str = ""
    confirm: str | Promise = ""
    takes_all: bool = False


# What is in a list's address besides its filters.
LOOK = ("page", "sort", "cols", "view", "near")
DEFAULT_VIEWS = "list_defaults"  # in the session: {path: query string of the person's own view of that list}


class ListPage(PermissionRequiredMixin, View):
    """Subclass, set the attributes, return a scoped queryset; see docs/contributing.md, "Add a screen".

    GET parameters: the filters' own, `sort` (column key, "-" before it for descending), `cols` (keys of the columns
    to show, in order, with commas), `page`, `export=xlsx`; `total=1` answers with the exact number of rows, which the
    page itself counts up to some 5,000 only. An address without any shows the person's default view, if
    he saved one; `view=0` is the plain list.
    """

    raise_exception = True
    permission_required: str | Sequence[str]
    title: str | Promise = ""
    columns: Sequence[Column] = ()
    filterset_class: type[ListFilterSet]
    default_sort = ""
    page_size = 50
    paginator_class: type[Paginator] = (
        BoundedPaginator  # one that also sums saves a list with totals a statement
    )
    template_name = "common/list.html"
    bulk_actions: Sequence[BulkAction] = ()
    export_permission = ""  # empty: no export
    export_name = "export"
    # Empty state: what this is, and the link that fills it
    empty_text: str | Promise = _("Nothing here yet.")
    create_url: str | Promise = ""
    create_label: str | Promise = _("New")
    create_permission = ""
    # or where else to go on from an empty list, for who has the permission, or all of several
    next_url: str | Promise = ""
    next_label: str | Promise = ""
    next_permission: str | tuple[str, ...] = ()

    def get_queryset(self) -> QuerySet:
        """Rows this user may see, with select_related for what the cells read."""
        raise NotImplementedError

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse | StreamingHttpResponse:
        if not request.GET and (query := self.default_view()):
            return HttpResponseRedirect(f"{request.path}?{query}")
        filterset = self.get_filterset()
        rows = self.sort(filterset.qs if filterset.is_valid() else filterset.queryset.none())
        if request.GET.get("export") == "xlsx" and filterset.is_valid():
            return self.export(rows)
        if request.GET.get("total"):
            return HttpResponse(_t("%(count)s rows") % {"count": f"{rows.count():,}"})
        page = self.paginator_class(rows, self.page_size).get_page(request.GET.get("page"))
        context = self.get_context_data(filterset=filterset, page=page)
        return TemplateResponse(request, self.templates(request), context)

    def get_filterset(self) -> ListFilterSet:
        return self.filterset_class(self.request.GET, queryset=self.get_queryset(), request=self.request)

    def default_view(self) -> str:
        """Query string of the view this person opens the list with, kept in the session so that it costs no query."""
        views = self.request.session.get(DEFAULT_VIEWS) or {}
        return str(views.get(self.request.path, ""))

    # --- columns
    def get_columns(self) -> Sequence[Column]:
        """All columns this person may choose from."""
        return self.columns

    def shown_columns(self) -> list[Column]:
        """Those of `cols` that exist, in that order, else the usual ones; the row's name is always among them."""
        offered = {column.key: column for column in self.get_columns()}
        wanted = dict.fromkeys(",".join(self.request.GET.getlist("cols")).split(","))
        chosen = [offered[key] for key in wanted if key in offered]
        if not chosen:
            return [column for column in offered.values() if not column.hidden]
        names = [column for column in offered.values() if column.phone == "title" and column not in chosen]
        return [*names, *chosen]

    def templates(self, request: HttpRequest) -> list[str]:
        """The page, or its results alone: the template's own where it draws them in its way."""
        if not self.wants_results_only(request):
            return [self.template_name]
        return [f"{self.template_name}#results", "common/list.html#results"]

    def wants_results_only(self, request: HttpRequest) -> bool:
        return bool(request.htmx) and not request.htmx.boosted and request.htmx.target == "results"

    def get_context_data(self, *, filterset: ListFilterSet, page: Any) -> dict[str, Any]:
        user = self.request.user
        actions = [a for a in self.bulk_actions if not a.permission or user.has_perm(a.permission)]
        columns = self.shown_columns()
        shown = {column.key for column in columns}  # a list may make its columns anew each time
        rest = [column for column in self.get_columns() if column.key not in shown]
        takes_all = any(action.takes_all for action in actions)
        sort = self.request.GET.get("sort", self.default_sort)
        chooser = [(column, True) for column in columns] + [(column, False) for column in rest]
        needs = self.next_permission
        next_needs = (needs,) if isinstance(needs, str) else needs
        return {
            "title": self.title,
            "filterset": filterset,
            "page": page,
            "columns": [
                {
                    "column": column,
                    "sort": self.next_sort(column, sort),
                    "state": self.sort_state(column, sort),
                }
                for column in columns
            ],
            "rows": draw_rows(columns, page.object_list, selectable=bool(actions)),
            "chooser": chooser if len(chooser) > 2 else (),
            "chooser_lines": draw_chooser(chooser),
            "usual_columns": ",".join(column.key for column in self.get_columns() if not column.hidden),
            "bulk_actions": actions,
            "takes_all": takes_all,
            "list_query": self.list_query(),
            "clear_query": self.list_query(only=("sort", "cols"))
            or ("view=0" if self.default_view() else ""),
            "kept": [(key, self.request.GET[key]) for key in LOOK[1:] if self.request.GET.get(key)],
            "is_filtered": any(value for key, value in self.request.GET.items() if key not in LOOK),
            "can_export": bool(self.export_permission and user.has_perm(self.export_permission)),
            "create_url": self.create_url
            if not self.create_permission or user.has_perm(self.create_permission)
            else "",
            "create_label": self.create_label,
            "next_url": self.next_url if user.has_perms(next_needs) else "",
            "next_label": self.next_label,
            "empty_text": self.empty_text,
        }

    def list_query(self, only: Sequence[str] = ()) -> str:
        """This list's query string without the page number, or with nothing but some keys."""
        params = self.request.GET.copy()
        for key in list(params):
            if key in ("page", "export") or (only and key not in only):
                del params[key]
        return params.urlencode()

    # --- sorting
    def sort(self, rows: QuerySet) -> QuerySet:
        """By the column asked for; by the usual one when there is none of that name (any more), so that pages do not
        overlap."""
        for wanted in (self.request.GET.get("sort", self.default_sort), self.default_sort):
            key, descending = wanted.lstrip("-"), wanted.startswith("-")
            for column in self.get_columns():
                if column.key == key and column.order:
                    names = (by(name, descending) for name in column.order)
                    return rows.order_by(*names, "-pk" if descending else "pk")
        return rows

    @staticmethod
    def next_sort(column: Column, current: str) -> str:
        if not column.order:
            return ""
        return f"-{column.key}" if current == column.key else column.key

    @staticmethod
    def sort_state(column: Column, current: str) -> str:
        if current.lstrip("-") != column.key:
            return ""
        return "descending" if current.startswith("-") else "ascending"

    # --- export
    def export(self, rows: QuerySet) -> StreamingHttpResponse:
        if not self.export_permission or not self.request.user.has_perm(self.export_permission):
            raise PermissionDenied
        self.record_export(rows)
        name = f"{self.export_name}-{timezone.localdate():%Y%m%d}.xlsx"
        columns = self.shown_columns() if self.request.GET.get("cols") else self.get_columns()
        return workbook_response(name, columns, rows)

    def record_export(self, rows: QuerySet) -> None:
        """Who took what out is on record (A6)."""
        data_exported.send(sender=rows.model, user=self.request.user, what=str(self.title), rows=rows.count())
