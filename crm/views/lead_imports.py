"""Lead import: one page of four steps (screens.md, 导入), its actions and downloads."""

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
from django.utils.translation import gettext_noop, ngettext
from django.views.decorators.http import require_GET, require_POST

from common.exports import XLSX
from crm.enums import DictionaryKind, ImportState
from crm.forms.imports import UploadForm, mapping_from
from crm.forms.lead_imports import OptionsForm, field_choices
from crm.models import LeadImport
from crm.rules.bulk import undo_ends
from crm.services import lead_imports as imports
from crm.services.lead_imports.undo import may_undo_import
from crm.tasks import leads as tasks
from crm.views.access import current_user
from crm.views.imports import compared

may_import = permission_required("crm.import_lead", raise_exception=True)
STEP_OF = {
    ImportState.UPLOADED: 2,
    ImportState.PREVIEWING: 3,
    ImportState.PREVIEWED: 3,
    ImportState.QUEUED: 4,
    ImportState.RUNNING: 4,
}
TAB_LABELS = {
    "created": gettext_noop("New"),
    "skipped": gettext_noop("Duplicate"),
    "failed": gettext_noop("Failed"),
    "warnings": gettext_noop("Remarks"),
}


def _job(request: HttpRequest, pk: int) -> LeadImport:
    scope = LeadImport.objects.visible_to(current_user(request)).select_related("created_by")
    job: LeadImport = get_object_or_404(scope, pk=pk)
    return job


def _nudge(task: Task, job: LeadImport) -> None:
    """Tell a worker once the row is committed; without a broker the sweeper finds the row."""
    transaction.on_commit(partial(task.delay, job.pk), robust=True)


def _back(request: HttpRequest, job: LeadImport, error: ValidationError | None = None) -> HttpResponse:
    if error is not None:
        messages.error(request, " ".join(error.messages))
    return redirect(job)


# --- step 1
@may_import
def import_start(request: HttpRequest) -> HttpResponse:
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            return redirect(imports.upload(actor=current_user(request), file=file, file_name=file.name))
        except ValidationError as error:
            form.add_error("file", error)
    status = 422 if request.method == "POST" else 200
    return TemplateResponse(request, "crm/lead_import_upload.html", {"form": form, "step": 1}, status=status)


@may_import
@require_GET
def import_template(request: HttpRequest) -> FileResponse:
    return FileResponse(
        imports.template_file(), as_attachment=True, filename=_("lead-template.xlsx"), content_type=XLSX
    )


# --- the page of one import
@may_import
@require_GET
def import_detail(request: HttpRequest, pk: int) -> HttpResponse:
    job = _job(request, pk)
    remap = request.GET.get("step") == "mapping" and job.state in (ImportState.PREVIEWED, ImportState.FAILED)
    if job.state == ImportState.UPLOADED or (remap and not job.rows_done):
        return _mapping_page(request, job)
    if job.is_busy:
        return TemplateResponse(request, "crm/lead_import_busy.html", _progress_context(job))
    if job.state == ImportState.PREVIEWED:
        return TemplateResponse(request, "crm/lead_import_preview.html", _preview_context(job))
    context = {"job": job, "step": 5, "can_resume": _can_resume(job), "may_undo": may_undo_import(job)}
    if job.finished_at:
        context["undo_ends"] = undo_ends(job.finished_at)
    return TemplateResponse(request, "crm/lead_import_result.html", context)


def _mapping_page(request: HttpRequest, job: LeadImport, form: OptionsForm | None = None) -> HttpResponse:
    if form is None:
        initial = {"assign_mode": job.assign_mode, "assignees": job.assignees.all(), **job.options}
        form = OptionsForm(initial=initial, user=current_user(request))
    columns = [
        {**column, "field": job.mapping.get(column["header"], ""), "name": f"column-{position}"}
        for position, column in enumerate(job.preview["columns"])
    ]
    context = {"job": job, "form": form, "columns": columns, "fields": field_choices(), "step": 2}
    status = 422 if form.errors else 200
    return TemplateResponse(request, "crm/lead_import_mapping.html", context, status=status)


def _preview_context(job: LeadImport) -> dict[str, Any]:
    counts, shown = job.preview["counts"], job.preview["shown"]
    tabs = [
        {
            "name": name,
            "label": _(label),
            "count": counts[name],
            "rows": shown.get(name, []),
            "has_reasons": name != "created",
        }
        for name, label in TAB_LABELS.items()
    ]
    new_choices = [
        {"label": DictionaryKind(kind).label, "names": names[:20], "more": len(names) - 20}
        for kind, names in job.preview["new_choices"].items()
    ]
    first = next((tab["name"] for tab in tabs if tab["count"]), "created")
    return {
        "job": job,
        "step": 3,
        "tabs": tabs,
        "open": first,
        "new_choices": new_choices,
        "compared": compared(with_code=False),
        "duplicates_too": job.options.get("duplicates_too"),
    }


def _can_resume(job: LeadImport) -> bool:
    return job.state == ImportState.FAILED and ("counts" in job.preview or job.rows_done > 0)


def _progress_context(job: LeadImport) -> dict[str, Any]:
    checking = job.state == ImportState.PREVIEWING
    done = job.preview.get("checked", 0) if checking else job.rows_done
    if job.state == ImportState.QUEUED:
        text = _("Waiting for a worker")
    else:
        text = _("%(done)s of %(rows)s rows") % {"done": f"{done:,}", "rows": f"{job.rows:,}"}
    step = STEP_OF[ImportState(job.state)]
    return {"job": job, "step": step, "done": done, "text": text, "checking": checking}


@may_import
@require_GET
def import_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """Polled by the page; when the job is over, the page loads itself anew."""
    job = _job(request, pk)
    if not job.is_busy:
        return HttpResponse(headers={"HX-Refresh": "true"})
    return TemplateResponse(request, "crm/lead_import_busy.html#progress", _progress_context(job))


# --- actions
@may_import
@require_POST
def import_mapping(request: HttpRequest, pk: int) -> HttpResponse:
    job = _job(request, pk)
    if "columns" not in job.preview:
        raise Http404
    form = OptionsForm(request.POST, user=current_user(request))
    mapping = mapping_from(request.POST, [column["header"] for column in job.preview["columns"]])
    if form.is_valid():
        try:
            imports.prepare(actor=current_user(request), job=job, mapping=mapping, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            _nudge(tasks.check_lead_import, job)
            return _back(request, job)
    job.mapping = mapping
    return _mapping_page(request, job, form)


@may_import
@require_POST
def import_run(request: HttpRequest, pk: int) -> HttpResponse:
    job = _job(request, pk)
    try:
        imports.start(actor=current_user(request), job=job)
    except ValidationError as error:
        return _back(request, job, error)
    _nudge(tasks.run_lead_import, job)
    return _back(request, job)


@may_import
@require_POST
def import_resume(request: HttpRequest, pk: int) -> HttpResponse:
    job = _job(request, pk)
    try:
        imports.resume(actor=current_user(request), job=job)
    except ValidationError as error:
        return _back(request, job, error)
    _nudge(tasks.run_lead_import, job)
    return _back(request, job)


@may_import
@require_POST
def import_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    job = _job(request, pk)
    try:
        imports.cancel(actor=current_user(request), job=job)
    except ValidationError as error:
        return _back(request, job, error)
    messages.success(request, _("The import was cancelled; nothing was written."))
    return redirect("crm:lead_import_list")


@may_import
@require_POST
def import_undo(request: HttpRequest, pk: int) -> HttpResponse:
    job = _job(request, pk)
    try:
        undone = imports.undo(actor=current_user(request), job=job)
    except ValidationError as error:
        return _back(request, job, error)
    text = ngettext("%(n)s lead was removed.", "%(n)s leads were removed.", undone.removed)
    messages.success(request, text % {"n": undone.removed})
    return _back(request, job)


@may_import
@require_GET
def import_errors(request: HttpRequest, pk: int) -> FileResponse:
    """The workbook of failed rows."""
    job = _job(request, pk)
    if not job.error_report:
        raise Http404
    stem = job.file_name.rsplit(".", 1)[0]
    name = _("%(file)s - failed rows.xlsx") % {"file": stem}
    return FileResponse(job.error_report.open("rb"), as_attachment=True, filename=name, content_type=XLSX)
