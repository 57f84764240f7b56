"""The pages of a file on its way in: upload, match columns, dry run, import, undo (screens.md, 导入)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from types import ModuleType
from typing import IO, Any

from celery import Task
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.functional import Promise
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.views import View

from common.exports import XLSX

# The pages of one import, each a method of the wizard, and what they may be asked with.
PAGES_OF_ONE = {
    "detail": "GET", "mapping": "POST", "run": "POST", "resume": "POST", "cancel": "POST", "undo": "POST",
    "progress": "GET", "errors": "GET",
}  # fmt: skip
METHODS = {"start": ("GET", "HEAD", "POST"), "template": ("GET",)} | {
    page: (method,) for page, method in PAGES_OF_ONE.items()
}


class UploadForm(forms.Form):
    file = forms.FileField(
        label=_("File"),
        help_text=_("Excel (.xlsx, .xls) or CSV; the first line with several cells holds the column heads."),
        widget=forms.FileInput(attrs={"accept": ".xlsx,.xls,.csv"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].widget.attrs["data-limit"] = settings.UPLOAD_LIMIT_BYTES


class ImportWizard(PermissionRequiredMixin, View):
    """Subclass, set the attributes, say how options and results look; see docs/contributing.md, "Add an import".

    `model` is an ImportFile (crm.models) and `services` a module with upload, prepare, start, resume and cancel; the
    tasks take a job's key. Each page is the method of its name. Their templates, `<templates>_upload.html`, _mapping,
    _preview and _result, extend those of templates/common/import/ and fill the blocks of what differs; those are handed
    the `wizard` itself.
    """

    raise_exception = True
    page = ""  # which method answers; every address sets it
    permission_required: str
    model: Any
    related: Sequence[str] = ("created_by",)
    services: ModuleType
    check_task: Task
    run_task: Task
    upload_form: type[forms.Form] = UploadForm
    options_form: Any  # a form that is handed the `user`; its cleaned data go to prepare()
    templates: str  # "crm/import"
    names: str  # of the addresses of one import: "crm:import" for crm:import_run
    title: str | Promise
    blank_name: str | Promise = ""  # of the empty workbook, when there is one
    start_url: str | Promise
    list_url: str | Promise  # past imports
    list_label: str | Promise = _("Back")
    done_url: str | Promise  # of what was imported
    done_label: str | Promise
    # What the result counts, (attribute of the job, label); how much is in comes first.
    counted: Sequence[tuple[str, str | Promise]]

    @classmethod
    def paths(cls, folder: str) -> list[URLPattern]:
        """The addresses of one import under `folder`: customers/imports/5/run/ has the name import_run."""
        name = cls.names.split(":")[1]
        return [
            path(
                f"{folder}<int:pk>/" + ("" if page == "detail" else f"{page}/"),
                cls.as_view(page=page),
                name=f"{name}_{page}",
            )
            for page in PAGES_OF_ONE
        ]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.has_permission():
            return self.handle_no_permission()
        if request.method not in METHODS[self.page]:
            return HttpResponseNotAllowed(METHODS[self.page])
        return getattr(self, self.page)(**kwargs)

    # --- what a wizard says for itself
    def field_choices(self) -> Sequence[tuple[str, str | Promise]]:
        """(name, label) of every field a column can go to, as the selects of the mapping show them."""
        raise NotImplementedError

    def options(self, job: Any) -> dict[str, Any]:
        """What the options form begins with."""
        raise NotImplementedError

    def blank(self) -> IO[bytes]:
        """The empty workbook, open for reading."""
        return self.services.template_file()

    def start_context(self) -> dict[str, Any]:
        return {}

    def progress_of(self, job: Any) -> dict[str, Any]:
        """{done, total, text} while a worker has it; `counts` names what to count besides, as in `counted`."""
        raise NotImplementedError

    def preview_context(self, job: Any) -> dict[str, Any]:
        """What the dry run found; `goes_in` of it can be imported."""
        raise NotImplementedError

    def result_context(self, job: Any) -> dict[str, Any]:
        """`may_undo` and, where the page says it, until when (`undo_ends`)."""
        raise NotImplementedError

    def take_back(self, job: Any) -> str:
        """Undo the import; returns what to tell about it."""
        raise NotImplementedError

    def back_url(self) -> str | Promise:
        return self.list_url

    # --- pages
    def start(self) -> HttpResponse:
        """GET: choose a file; POST file: keep it and go on to its columns."""
        request = self.request
        form = self.upload_form(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid():
            file = form.cleaned_data["file"]
            try:
                return redirect(self.services.upload(actor=request.user, file=file, file_name=file.name))
            except ValidationError as error:
                form.add_error("file", error)
        status = 422 if request.method == "POST" else 200
        return self._draw("upload", status=status, form=form, **self.start_context())

    def template(self) -> FileResponse:
        return FileResponse(
            self.blank(), as_attachment=True, filename=str(self.blank_name), content_type=XLSX
        )

    def detail(self, pk: int) -> HttpResponse:
        job = self._job(pk)
        again = self.request.GET.get("step") == "mapping" and job.may_be_mapped_again
        if job.step == 2 or again:
            return self._mapping_page(job)
        if job.is_busy:
            return self._draw("busy", job, **self.progress_of(job))
        if job.step == 3:
            return self._draw("preview", job, **self.preview_context(job))
        tiles = [(name, label, getattr(job, name)) for name, label in self.counted]
        return self._draw("result", job, tiles=tiles, **self.result_context(job))

    def progress(self, pk: int) -> HttpResponse:
        """Polled by the page; when the job is over, the page loads itself anew."""
        job = self._job(pk)
        if not job.is_busy:
            return HttpResponse(headers={"HX-Refresh": "true"})
        return self._draw("busy", job, part="#progress", **self.progress_of(job))

    def mapping(self, pk: int) -> HttpResponse:
        """Take mapping and options and ask for the dry run."""
        job = self._job(pk)
        if "columns" not in job.preview:
            raise Http404
        data = self.request.POST
        form = self.options_form(data, user=self.request.user)
        # A head may hold any sign, so it is not the name of its select.
        chosen = {
            column["header"]: data.get(f"column-{position}", "")
            for position, column in enumerate(job.preview["columns"])
        }
        mapping = {header: field for header, field in chosen.items() if field}
        if form.is_valid():
            try:
                self.services.prepare(actor=self.request.user, job=job, mapping=mapping, **form.cleaned_data)
            except ValidationError as error:
                form.add_error(None, error)
            else:
                return self._go_on(job, self.check_task)
        job.mapping = mapping
        return self._mapping_page(job, form)

    def run(self, pk: int) -> HttpResponse:
        return self._move(pk, "start")

    def resume(self, pk: int) -> HttpResponse:
        return self._move(pk, "resume")

    def cancel(self, pk: int) -> HttpResponse:
        job = self._job(pk)
        try:
            self.services.cancel(actor=self.request.user, job=job)
        except ValidationError as error:
            return self._refused(job, error)
        messages.success(self.request, _t("The import was cancelled; nothing was written."))
        return redirect(str(self.list_url))

    def undo(self, pk: int) -> HttpResponse:
        job = self._job(pk)
        try:
            messages.success(self.request, self.take_back(job))
        except ValidationError as error:
            return self._refused(job, error)
        return redirect(job)

    def errors(self, pk: int) -> FileResponse:
        """The workbook of failed rows."""
        job = self._job(pk)
        if not job.error_report:
            raise Http404
        name = _t("%(file)s - failed rows.xlsx") % {"file": job.file_name.rsplit(".", 1)[0]}
        return FileResponse(job.error_report.open("rb"), as_attachment=True, filename=name, content_type=XLSX)

    # --- what they share
    def _job(self, pk: int) -> Any:
        scope = self.model.objects.visible_to(self.request.user).select_related(*self.related)
        return get_object_or_404(scope, pk=pk)

    def _draw(
        self, page: str, job: Any = None, *, part: str = "", status: int = 200, **more: Any
    ) -> TemplateResponse:
        template = "common/import/busy.html" if page == "busy" else f"{self.templates}_{page}.html"
        context = {"wizard": self, "job": job, "step": job.step if job else 1, **more}
        return TemplateResponse(self.request, template + part, context, status=status)

    def _mapping_page(self, job: Any, form: forms.Form | None = None) -> HttpResponse:
        if form is None:
            form = self.options_form(initial=self.options(job), user=self.request.user)
        columns = [
            {**column, "field": job.mapping.get(column["header"], ""), "name": f"column-{position}"}
            for position, column in enumerate(job.preview["columns"])
        ]
        status = 422 if form.errors else 200
        fields = self.field_choices()
        return self._draw("mapping", job, step=2, status=status, form=form, columns=columns, fields=fields)

    def _move(self, pk: int, move: str) -> HttpResponse:
        job = self._job(pk)
        try:
            getattr(self.services, move)(actor=self.request.user, job=job)
        except ValidationError as error:
            return self._refused(job, error)
        return self._go_on(job, self.run_task)

    def _go_on(self, job: Any, task: Task) -> HttpResponse:
        """Tell a worker once the row is committed; without a broker the sweeper finds the row."""
        transaction.on_commit(partial(task.delay, job.pk), robust=True)
        return redirect(job)

    def _refused(self, job: Any, error: ValidationError) -> HttpResponse:
        messages.error(self.request, " ".join(error.messages))
        return redirect(job)
