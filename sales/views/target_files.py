"""Targets from a workbook: choose the file, see what it would change, import."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from sales.enums import TargetMeasure
from sales.forms.targets import TargetUploadForm
from sales.queries import targets as queries
from sales.queries.targets import Measure
from sales.services import target_files as services
from sales.views.targets import asked_measure, asked_year, may_set, page_query

SALT = "sales.targets"
MAX_AGE = 3600  # seconds between the dry run and the import
SHOWN_PROBLEMS = 200


@may_set
@require_http_methods(["GET", "POST"])
def target_import(request: HttpRequest) -> HttpResponse:
    """POST file: the dry run, which writes nothing; POST checked: what the dry run found goes in."""
    measure, year = asked_measure(request.GET, queries.categories()), asked_year(request.GET)
    if "checked" in request.POST:
        return _apply(request, measure, year)
    is_post = request.method == "POST"
    form = TargetUploadForm(request.POST, request.FILES) if is_post else TargetUploadForm()
    found = None
    if is_post and form.is_valid():
        try:
            found = _check(request, form.cleaned_data["file"], measure, year)
        except ValidationError as refusal:
            form.add_error("file", refusal)
    return _draw(request, measure, year, form, found)


def _check(request: HttpRequest, file: UploadedFile, measure: Measure, year: int) -> services.TargetFile:
    with tempfile.NamedTemporaryFile(suffix=".upload") as copy:
        for chunk in file.chunks():
            copy.write(chunk)
        copy.flush()
        return services.read_targets(
            actor=request.user, path=Path(copy.name), name=file.name, measure=measure, year=year
        )


def _draw(
    request: HttpRequest,
    measure: Measure,
    year: int,
    form: TargetUploadForm,
    found: services.TargetFile | None = None,
) -> HttpResponse:
    context: dict[str, Any] = {
        "form": form,
        "found": found,
        "label": TargetMeasure(measure.name).label,
        "year": year,
        "page": page_query(measure, year=year),
    }
    if found is not None:
        context["problems"] = found.problems[:SHOWN_PROBLEMS]
        context["more_problems"] = max(0, len(found.problems) - SHOWN_PROBLEMS)
        payload = {"user": request.user.pk, "cells": services.packed(found.cells)}
        context["checked"] = signing.dumps(payload, salt=SALT, compress=True) if found.cells else ""
    status = 422 if form.errors else 200
    return TemplateResponse(request, "sales/target_import.html", context, status=status)


def _apply(request: HttpRequest, measure: Measure, year: int) -> HttpResponse:
    page = page_query(measure, year=year)
    try:
        payload = signing.loads(request.POST["checked"], salt=SALT, max_age=MAX_AGE)
        if payload["user"] != request.user.pk:
            raise signing.BadSignature
        cells = services.unpacked(payload["cells"])
        changed = services.import_targets(actor=request.user, cells=cells)
    except signing.BadSignature:
        messages.error(request, _("The check is too old: choose the file once more."))
        return redirect(f"{reverse('sales:target_import')}?{page}")
    except ValidationError as refusal:
        messages.error(request, refusal.messages[0])
        return redirect(f"{reverse('sales:target_import')}?{page}")
    text = ngettext("%(n)s target changed.", "%(n)s targets changed.", changed) % {"n": changed}
    messages.success(request, text)
    return redirect(f"{reverse('sales:target_grid')}?{page}")
