"""Lead import (C1); the pages themselves are the wizard's."""

from typing import Any

from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from crm.forms.lead_imports import OptionsForm
from crm.models import LeadImport
from crm.rules.lead_import import LEAD_FIELDS
from crm.services import lead_imports
from crm.tasks import leads as tasks
from crm.views.import_rows import RowWizard, compared


class LeadImportWizard(RowWizard):
    permission_required = "crm.import_lead"
    model = LeadImport
    services = lead_imports
    check_task = tasks.check_lead_import
    run_task = tasks.run_lead_import
    options_form = OptionsForm
    templates = "crm/lead_import"
    names = "crm:lead_import"
    title = _("Import leads")
    blank_name = _("lead-template.xlsx")
    start_url = reverse_lazy("crm:lead_import")
    list_url = reverse_lazy("crm:lead_import_list")
    list_label = _("Lead imports")
    done_url = reverse_lazy("crm:lead_list")
    done_label = _("Leads")
    counted = (
        ("rows_done", _("Rows")),
        ("created", _("New")),
        ("skipped", _("Skipped")),
        ("failed", _("Failed")),
    )
    fields = LEAD_FIELDS
    row_columns = (
        ("name", _("Lead")),
        ("contact", _("Contact")),
        ("phone", _("Phone")),
        ("address", _("Address")),
    )

    def options(self, job: LeadImport) -> dict[str, Any]:
        assignment = {"assign_mode": job.assign_mode, "assignees": job.assignees.all()}
        return assignment | job.options | super().options(job)

    def preview_context(self, job: LeadImport) -> dict[str, Any]:
        found = {"compared": compared(with_code=False), "duplicates_too": job.options.get("duplicates_too")}
        return {**super().preview_context(job), **found}

    def take_back(self, job: LeadImport) -> str:
        removed = lead_imports.undo(actor=self.request.user, job=job).removed
        text = ngettext("%(n)s lead was removed.", "%(n)s leads were removed.", removed)
        return text % {"n": removed}
