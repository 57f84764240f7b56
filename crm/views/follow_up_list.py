"""The list of follow-ups, and its rows that turn into a form (B6)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from common.tables import draw_rows
from common.views import ListPage
from crm.filters.follow_ups import FollowUpFilterSet
from crm.forms.customers import attach_errors
from crm.forms.follow_ups import FollowUpEditForm
from crm.models import FollowUp
from crm.queries import follow_ups as queries
from crm.querysets import FollowUpQuerySet
from crm.services import follow_ups as services
from crm.tables.follow_ups import FOLLOW_UP_COLUMNS
from crm.views.access import current_user
from crm.views.follow_ups import may_write


class FollowUpList(ListPage):
    permission_required = "crm.view_followup"
    title = _("Follow-ups")
    columns = FOLLOW_UP_COLUMNS
    filterset_class = FollowUpFilterSet
    default_sort = "-at"
    template_name = "crm/follow_up_list.html"
    export_permission = "crm.export_followup"
    export_name = "follow-ups"
    empty_text = _(
        "No follow-up yet. Write down every call and every talk; the next contact is remembered for you."
    )
    create_url = reverse_lazy("crm:follow_up_create")
    create_label = _("Follow-up")
    create_permission = "crm.add_followup"

    def get_queryset(self) -> FollowUpQuerySet:
        return queries.list_rows(current_user(self.request))


class FollowUpRow(FollowUpList):
    """One row of the list: GET turns it into a form, `cancel` back into the row as it is; POST saves it."""

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        row = self.get_row()
        if "cancel" in request.GET:
            return self.drawn(row)
        if not may_write(request, row):
            raise PermissionDenied
        return self.form(row, FollowUpEditForm(follow_up=row))

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        row = self.get_row()
        if not may_write(request, row):
            raise PermissionDenied
        form = FollowUpEditForm(request.POST, follow_up=row)
        if form.is_valid():
            try:
                services.update_follow_up(actor=current_user(request), follow_up=row, **form.cleaned_data)
                return self.drawn(self.get_row())
            except ValidationError as error:
                attach_errors(form, error)
        return self.form(row, form, status=422)

    def get_row(self) -> FollowUp:
        row: FollowUp = get_object_or_404(self.get_queryset(), pk=self.kwargs["pk"])
        return row

    def columns_of_list(self) -> list[Any]:
        """The columns that the list behind this row shows: its address says so."""
        query = urlsplit(self.request.headers.get("HX-Current-URL", "")).query
        self.request.GET = QueryDict(query)  # type: ignore[assignment]
        return self.shown_columns()

    def drawn(self, row: FollowUp) -> HttpResponse:
        return HttpResponse(draw_rows(self.columns_of_list(), [row], selectable=False))

    def form(self, row: FollowUp, form: FollowUpEditForm, *, status: int = 200) -> HttpResponse:
        context = {"row": row, "form": form, "width": len(self.columns_of_list())}
        return TemplateResponse(self.request, "crm/_follow_up_row.html", context, status=status)
