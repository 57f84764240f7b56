"""The order history of an old system comes in; the pages themselves are the wizard's."""

from typing import Any

from django.urls import reverse_lazy
from django.utils.functional import Promise
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from common.import_wizard import ImportWizard
from crm.enums import ImportState
from sales import tasks
from sales.forms.order_imports import OrderImportOptionsForm, OrderImportUploadForm
from sales.models import OrderImport
from sales.rules.order_rows import FIELDS
from sales.services import order_imports

LATEST = 10


class OrderImportWizard(ImportWizard):
    permission_required = "sales.import_salesorder"
    model = OrderImport
    services = order_imports
    check_task = tasks.check_order_import
    run_task = tasks.run_order_import
    upload_form = OrderImportUploadForm
    options_form = OrderImportOptionsForm
    templates = "sales/order_import"
    names = "sales:order_import"
    title = _("Import order history")
    start_url = list_url = reverse_lazy("sales:order_import_start")
    done_url = reverse_lazy("sales:order_list")
    done_label = _("Sales orders")
    counted = (
        ("orders_done", _("Orders")),
        ("created", _("New")),
        ("skipped", _("Known already")),
        ("failed", _("Failed")),
    )

    def back_url(self) -> str | Promise:
        return self.done_url if self.page == "start" else self.list_url

    def field_choices(self) -> list[tuple[str, str | Promise]]:
        return [(name, label) for name, (label, _aliases) in FIELDS.items()]

    def options(self, job: OrderImport) -> dict[str, Any]:
        return {"create_missing": job.create_missing}

    def start_context(self) -> dict[str, Any]:
        past = OrderImport.objects.visible_to(self.request.user).select_related("created_by")
        return {"latest": past[:LATEST]}

    def progress_of(self, job: OrderImport) -> dict[str, Any]:
        """Lines while they are read, orders while they are written."""
        if job.state == ImportState.QUEUED:
            return {"done": 0, "total": 1, "text": _t("Waiting for a worker")}
        if job.state == ImportState.PREVIEWING:
            return {"done": job.lines.count(), "total": job.rows, "text": _t("Checking every row")}
        count = {"done": f"{job.orders_done:,}", "total": f"{job.orders:,}"}
        text = _t("%(done)s of %(total)s orders") % count
        return {"done": job.orders_done, "total": job.orders, "text": text}

    def preview_context(self, job: OrderImport) -> dict[str, Any]:
        return {"goes_in": job.preview["counts"]["new"]}

    def result_context(self, job: OrderImport) -> dict[str, Any]:
        is_over = job.state in (ImportState.DONE, ImportState.FAILED)
        return {"may_undo": is_over and job.created}

    def take_back(self, job: OrderImport) -> str:
        removed = order_imports.undo(job=job)
        text = ngettext("%(n)s order was removed.", "%(n)s orders were removed.", removed)
        return text % {"n": removed}
