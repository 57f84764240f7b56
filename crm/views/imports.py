"""Customer import (screens.md, 导入); the pages themselves are the wizard's."""

from typing import Any

from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from crm.forms.imports import OptionsForm
from crm.models import ImportJob
from crm.rules.import_columns import IMPORT_FIELDS
from crm.services import imports
from crm.tasks import imports as tasks
from crm.views.import_rows import RowWizard, compared


class CustomerImport(RowWizard):
    permission_required = "crm.import_customer"
    model = ImportJob
    related = ("created_by", "owner")
    services = imports
    check_task = tasks.check_import
    run_task = tasks.run_import
    options_form = OptionsForm
    templates = "crm/import"
    names = "crm:import"
    title = _("Import customers")
    blank_name = _("customer-template.xlsx")
    start_url = reverse_lazy("crm:import_start")
    list_url = reverse_lazy("crm:import_list")
    list_label = _("Imports")
    done_url = reverse_lazy("crm:customer_list")
    done_label = _("Customers")
    counted = (
        ("rows_done", _("Rows")),
        ("created", _("New")),
        ("updated", _("Updated")),
        ("skipped", _("Skipped")),
        ("failed", _("Failed")),
    )
    fields = IMPORT_FIELDS
    row_columns = (
        ("name", _("Customer")),
        ("code", _("Code")),
        ("phone", _("Phone")),
        ("address", _("Address")),
    )

    def options(self, job: ImportJob) -> dict[str, Any]:
        kept = ("datum", "on_duplicate", "create_choices", "keep_extra")
        owner = {"owner": job.owner_id} if job.owner_id else {}
        return {name: getattr(job, name) for name in kept} | owner | super().options(job)

    def preview_context(self, job: ImportJob) -> dict[str, Any]:
        return {**super().preview_context(job), "compared": compared(with_code=True)}

    def take_back(self, job: ImportJob) -> str:
        removed = imports.undo(actor=self.request.user, job=job).removed
        text = ngettext("%(n)s customer was removed.", "%(n)s customers were removed.", removed)
        return text % {"n": removed}
