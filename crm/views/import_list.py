"""Past imports, one's own and one's people's."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from common.filters import ListFilterSet
from common.tables import ChoiceColumn, LinkColumn, MomentColumn, NumberColumn
from common.tables import Column as TextColumn
from common.views import ListPage
from crm.enums import ImportState
from crm.models import ImportJob, LeadImport
from crm.views.access import current_user

STATE_COLOURS = (
    ("done", "green"),
    ("failed", "red"),
    ("running", "teal"),
    ("queued", "teal"),
    ("previewed", "amber"),
)


class ImportFilterSet(ListFilterSet):
    state = django_filters.ChoiceFilter(label=_("State"), choices=ImportState.choices)

    def filter_search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(file_name__icontains=value.strip())


class ImportList(ListPage):
    permission_required = "crm.import_customer"
    model: Any = ImportJob
    title = _("Imports")
    filterset_class = ImportFilterSet
    default_sort = "-created_at"
    columns = (
        LinkColumn("file_name", _("File"), order=("file_name",), phone="title"),
        ChoiceColumn("state", _("State"), order=("state",), phone="side", colours=STATE_COLOURS),
        MomentColumn("created_at", _("Time"), order=("created_at",)),
        TextColumn("person", _("Person"), path="created_by", order=("created_by__name",)),
        NumberColumn("rows", _("Rows"), order=("rows",), phone=""),
        NumberColumn("created", _("New"), order=("created",)),
        NumberColumn("updated", _("Updated"), order=("updated",), phone=""),
        NumberColumn("skipped", _("Skipped"), order=("skipped",), phone=""),
        NumberColumn("failed", _("Failed"), order=("failed",)),
    )
    empty_text = _("No imports yet. Bring your customer list as an Excel or CSV file.")
    create_url = reverse_lazy("crm:import_start")
    create_label = _("Import a file")

    def get_queryset(self) -> Any:
        rows = self.model.objects.visible_to(current_user(self.request))
        return rows.select_related("created_by").defer("preview")


class LeadImportList(ImportList):
    permission_required = "crm.import_lead"
    model = LeadImport
    title = _("Lead imports")
    template_name = "crm/lead_import_list.html"
    columns = tuple(column for column in ImportList.columns if column.key != "updated")
    empty_text = _("No lead imports yet. Bring a list of leads as an Excel or CSV file.")
    create_url = reverse_lazy("crm:lead_import")
