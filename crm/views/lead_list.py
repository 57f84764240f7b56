"""Leads of mine and my people (C2), the lead pool, the recycle bin: three lists."""

from typing import Any

from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from accounts.models import SystemOptions
from common.tables import Column
from common.views import BulkAction, ListPage
from crm.filters.leads import LeadBinFilterSet, LeadFilterSet, LeadPoolFilterSet
from crm.queries import leads as queries
from crm.queries.custom_fields import is_key
from crm.querysets import LeadQuerySet
from crm.tables.customers import own_hidden
from crm.tables.leads import BIN_COLUMNS, CLAIM_COLUMN, LEAD_COLUMNS, POOL_COLUMNS
from crm.views.access import current_user
from crm.views.custom_fields import CustomFieldsPage


class LeadList(CustomFieldsPage):
    permission_required = "crm.view_lead"
    title = _("Leads")
    filterset_class = LeadFilterSet
    custom_target = "lead"
    template_name = "crm/lead_list.html"
    export_permission = "crm.export_lead"
    export_name = "leads"
    empty_text = _("No leads yet. Add the next shop you pass, or claim one from the lead pool.")
    create_url = reverse_lazy("crm:lead_create")
    create_label = _("New lead")
    create_permission = "crm.add_lead"
    next_url = reverse_lazy("crm:lead_pool")
    next_label = _("Lead pool")
    bulk_actions = (
        BulkAction(_("Assign"), reverse_lazy("crm:lead_assign"), "user-share", "crm.assign_lead", "", True),
        BulkAction(
            _("Set stage"), reverse_lazy("crm:lead_stages"), "progress-check", "crm.change_lead", "", True
        ),
        BulkAction(
            _("Give back to the pool"),
            reverse_lazy("crm:lead_release"),
            "arrow-back-up",
            "crm.change_lead",
            _("Give the chosen leads back to the lead pool?"),
            True,
        ),
        BulkAction(
            _("Delete"),
            reverse_lazy("crm:lead_delete"),
            "trash",
            "crm.delete_lead",
            _("Move the chosen leads to the recycle bin?"),
            True,
        ),
    )

    def get_columns(self) -> tuple[Column, ...]:
        own = current_user(self.request).pk
        columns = [own_hidden(column, own) if column.key == "owner" else column for column in LEAD_COLUMNS]
        return (*columns, *self.custom_columns)

    def get_queryset(self) -> LeadQuerySet:
        draws = "export" in self.request.GET or any(is_key(column.key) for column in self.shown_columns())
        return queries.list_rows(current_user(self.request), with_extra=draws)


class LeadPool(ListPage):
    """The lead pool: who it is about, never how to reach him; there is no follow-up here, only claiming."""

    permission_required = "crm.view_lead"
    title = _("Lead pool")
    filterset_class = LeadPoolFilterSet
    template_name = "crm/lead_pool.html"
    empty_text = _("The lead pool is empty. Leads without an owner wait here to be claimed.")
    next_url = reverse_lazy("crm:lead_list")
    next_label = _("To my leads")
    bulk_actions = (
        BulkAction(
            _("Assign"), reverse_lazy("crm:lead_pool_assign"), "user-share", "crm.assign_lead", "", True
        ),
    )

    def get_queryset(self) -> LeadQuerySet:
        return queries.pool_rows(current_user(self.request), self.options)

    @cached_property
    def options(self) -> SystemOptions:
        return SystemOptions.load()

    @property
    def columns(self) -> tuple[Column, ...]:  # type: ignore[override]
        may_claim = self.request.user.has_perm("crm.claim_lead")
        return (*POOL_COLUMNS, CLAIM_COLUMN) if may_claim else POOL_COLUMNS

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        user = current_user(self.request)
        context["claims_left"] = queries.claims_left(user, timezone.now(), self.options)
        context["claim_cap"] = queries.daily_claim_cap(user, self.options)
        return context


class LeadBin(ListPage):
    permission_required = "crm.delete_lead"
    title = _("Recycle bin of leads")
    columns = BIN_COLUMNS
    filterset_class = LeadBinFilterSet
    template_name = "crm/lead_bin.html"
    default_sort = "-deleted_at"
    empty_text = _("The recycle bin is empty. Deleted leads wait here until somebody deletes them for good.")
    next_url = reverse_lazy("crm:lead_list")
    next_label = _("To my leads")
    bulk_actions = (
        BulkAction(_("Restore"), reverse_lazy("crm:lead_restore"), "restore", "crm.delete_lead", "", True),
        BulkAction(
            _("Delete for good"),
            reverse_lazy("crm:lead_purge"),
            "trash-x",
            "crm.purge_lead",
            _("Delete the chosen leads for good, with their follow-ups and photos? This cannot be undone."),
            True,
        ),
    )

    def get_queryset(self) -> LeadQuerySet:
        return queries.bin_rows(current_user(self.request))
