"""Visit plans from a workbook: template, dry run with what is wrong in each row, import."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from common import business_calendar
from visits.forms.plans import PlanFileForm
from visits.services import plan_files as services
from visits.services.plan_files import FileOutcome, PlanFile

UPLOAD = "visits.import_visitplan"
SALT = "visits.plans"
MAX_AGE = 3600  # seconds between the dry run and the import
SHOWN_PROBLEMS = 200

may_upload = permission_required(UPLOAD, raise_exception=True)


@require_safe
@may_upload
def template(request: HttpRequest) -> FileResponse:
    """The columns with two lines of example."""
    target = io.BytesIO()
    services.write_template(target, actor=request.user, today=business_calendar.today())
    target.seek(0)
    return FileResponse(target, as_attachment=True, filename="visit-plans.xlsx")


@require_http_methods(["GET", "POST"])
@may_upload
def upload(request: HttpRequest) -> HttpResponse:
    """POST file: the dry run, which writes nothing; POST checked: what the dry run found goes in."""
    if "checked" in request.POST:
        return _apply(request)
    is_post = request.method == "POST"
    form = PlanFileForm(request.POST, request.FILES) if is_post else PlanFileForm()
    found = None
    if is_post and form.is_valid():
        try:
            found = _check(request, form.cleaned_data["file"])
        except ValidationError as refusal:
            form.add_error("file", refusal)
    return _draw(request, form, found)


def _check(request: HttpRequest, file: UploadedFile) -> PlanFile:
    with tempfile.NamedTemporaryFile(suffix=".upload") as copy:
        for chunk in file.chunks():
            copy.write(chunk)
        copy.flush()
        return services.read_plan(
            actor=request.user, path=Path(copy.name), name=file.name or "", today=business_calendar.today()
        )


def _draw(request: HttpRequest, form: PlanFileForm, found: PlanFile | None) -> HttpResponse:
    context: dict[str, Any] = {"form": form, "found": found}
    if found is not None:
        context["problems"] = found.problems[:SHOWN_PROBLEMS]
        context["more_problems"] = max(0, len(found.problems) - SHOWN_PROBLEMS)
        payload = {"user": request.user.pk, "lines": services.packed(found.lines)}
        context["checked"] = signing.dumps(payload, salt=SALT, compress=True) if found.lines else ""
    status = 422 if form.errors else 200
    return TemplateResponse(request, "visits/plan_upload.html", context, status=status)


def _apply(request: HttpRequest) -> HttpResponse:
    try:
        payload = signing.loads(request.POST["checked"], salt=SALT, max_age=MAX_AGE)
        if payload["user"] != request.user.pk:
            raise signing.BadSignature
        outcome = services.import_plan(
            actor=request.user, lines=services.unpacked(payload["lines"]), today=business_calendar.today()
        )
    except signing.BadSignature:
        messages.error(request, _("The check is too old: choose the file once more."))
        return redirect("visits:plan_upload")
    except ValidationError as refusal:
        messages.error(request, refusal.messages[0])
        return redirect("visits:plan_upload")
    messages.success(request, _words(outcome))
    return redirect("visits:plan_list" if outcome.plans or outcome.changed else "visits:task_list")


def _words(outcome: FileOutcome) -> str:
    return _(
        "Tasks: %(tasks)s new, %(existing)s there already. Plans: %(plans)s new, %(changed)s changed, %(same)s as before."
    ) % {
        "tasks": outcome.tasks + outcome.plan_tasks,
        "existing": outcome.existing,
        "plans": outcome.plans,
        "changed": outcome.changed,
        "same": outcome.same,
    }
