"""The order history of an old system comes in: upload, match columns, dry run, import, undo."""

from functools import partial
from typing import Any

from celery import Task
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from common.exports import XLSX
from crm.enums import ImportState
from sales import tasks
from sales.forms.order_imports import OrderImportUploadForm
from sales.models import OrderImport
from sales.rules.order_rows import FIELDS
from sales.services import order_imports

may_import = permission_required("sales.import_salesorder", raise_exception=True)
STEP_OF = {
    ImportState.UPLOADED: 2,
    ImportState.PREVIEWING: 3,
    ImportState.PREVIEWED: 3,
    ImportState.QUEUED: 4,
    ImportState.RUNNING: 4,
}
LATEST = 10


def _job(request: HttpRequest, pk: int) -> OrderImport:
    scope = OrderImport.objects.visible_to(request.user).select_related("created_by")
    job: OrderImport = get_object_or_404(scope, pk=pk)
    return job


def _nudge(task: Task, job: OrderImport) -> None:
    """Tell a worker once the row is committed; without a broker the sweeper finds the row."""
    transaction.on_commit(partial(task.delay, job.pk), robust=True)


def _page(
    request: HttpRequest, template: str, job: OrderImport | None, *, status: int = 200, **more: Any
) -> HttpResponse:
    step = 1 if job is None else STEP_OF.get(ImportState(job.state), 5)
    context = {"job": job, "step": step, **more}
    return TemplateResponse(request, f"sales/order_import_{template}.html", context, status=status)


@may_import
def import_start(request: HttpRequest) -> HttpResponse:
    """GET: choose a file, and the last imports; POST file: keep it and go on to its columns."""
    form = OrderImportUploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            return redirect(order_imports.upload(actor=request.user, file=file, file_name=file.name))
        except ValidationError as error:
            form.add_error("file", error)
    latest = OrderImport.objects.visible_to(request.user).select_related("created_by")[:LATEST]
    status = 422 if request.method == "POST" else 200
    return _page(request, "upload", None, status=status, form=form, latest=latest)


@may_import
@require_GET
def import_detail(request: HttpRequest, pk: int) -> HttpResponse:
    job = _job(request, pk)
    again = request.GET.get("step") == "mapping" and job.state in (ImportState.PREVIEWED, ImportState.FAILED)
    if job.state == ImportState.UPLOADED or (again and not job.orders_done):
        return _mapping_page(request, job)
    if job.is_busy:
        return _page(request, "busy", job, **_progress(job))
    return _page(request, "preview" if job.state == ImportState.PREVIEWED else "result", job)


def _mapping_page(request: HttpRequest, job: OrderImport, errors: list[str] | None = None) -> HttpResponse:
    columns = [
        {**column, "field": job.mapping.get(column["header"], ""), "name": f"column-{position}"}
        for position, column in enumerate(job.preview["columns"])
    ]
    fields = [(name, label) for name, (label, _aliases) in FIELDS.items()]
    context = {"columns": columns, "fields": fields, "errors": errors or []}
    return _page(request, "mapping", job, status=422 if errors else 200, **context)


def _progress(job: OrderImport) -> dict[str, Any]:
    """Lines while they are read, orders while they are written."""
    if job.state == ImportState.QUEUED:
        return {"done": 0, "total": 1, "text": _("Waiting for a worker")}
    if job.state == ImportState.PREVIEWING:
        return {"done": job.lines.count(), "total": job.rows, "text": _("Checking every row")}
    text = _("%(done)s of %(total)s orders") % {"done": f"{job.orders_done:,}", "total": f"{job.orders:,}"}
    return {"done": job.orders_done, "total": job.orders, "text": text}


@may_import
@require_GET
def import_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """Polled by the page; when the job is over, the page loads itself anew."""
    job = _job(request, pk)
    if not job.is_busy:
        return HttpResponse(headers={"HX-Refresh": "true"})
    return (
        _page(request, "busy", job, **_progress(job))
        if not request.htmx
        else TemplateResponse(
            request, "sales/order_import_busy.html#progress", {"job": job, **_progress(job)}
        )
    )


# --- actions
@may_import
@require_POST
def import_mapping(request: HttpRequest, pk: int) -> HttpResponse:
    job = _job(request, pk)
    headers = [column["header"] for column in job.preview["columns"]]
    chosen = {head: request.POST.get(f"column-{position}", "") for position, head in enumerate(headers)}
    mapping = {head: field for head, field in chosen.items() if field}
    try:
        order_imports.prepare(job=job, mapping=mapping, create_missing="create_missing" in request.POST)
    except ValidationError as error:
        job.mapping, job.create_missing = mapping, "create_missing" in request.POST
        return _mapping_page(request, job, error.messages)
    _nudge(tasks.check_order_import, job)
    return redirect(job)


@may_import
@require_POST
def import_run(request: HttpRequest, pk: int) -> HttpResponse:
    return _step(request, pk, order_imports.start, tasks.run_order_import)


@may_import
@require_POST
def import_resume(request: HttpRequest, pk: int) -> HttpResponse:
    return _step(request, pk, order_imports.resume, tasks.run_order_import)


def _step(request: HttpRequest, pk: int, move: Any, task: Task) -> HttpResponse:
    job = _job(request, pk)
    try:
        move(job=job)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        _nudge(task, job)
    return redirect(job)


@may_import
@require_POST
def import_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    job = _job(request, pk)
    try:
        order_imports.cancel(job=job)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect(job)
    messages.success(request, _("The import was cancelled; nothing was written."))
    return redirect("sales:order_import_start")


@may_import
@require_POST
def import_undo(request: HttpRequest, pk: int) -> HttpResponse:
    job = _job(request, pk)
    try:
        removed = order_imports.undo(job=job)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        text = ngettext("%(n)s order was removed.", "%(n)s orders were removed.", removed)
        messages.success(request, text % {"n": removed})
    return redirect(job)


@may_import
@require_GET
def import_errors(request: HttpRequest, pk: int) -> FileResponse:
    """The workbook of failed rows."""
    job = _job(request, pk)
    if not job.error_report:
        raise Http404
    name = _("%(file)s - failed rows.xlsx") % {"file": job.file_name.rsplit(".", 1)[0]}
    return FileResponse(job.error_report.open("rb"), as_attachment=True, filename=name, content_type=XLSX)
