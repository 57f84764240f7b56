"""One customer task (H1): its page, status, steps, contact log and files."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.core.exceptions import PermissionDenied, ValidationError
from django.forms import BaseForm
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.http import require_POST, require_safe

from sales.rules.agreements import CONTENT_TYPES
from team.enums import CustomerTaskStatus
from team.forms.tasks import CancelForm, ContactForm, DoneForm, StepsForm, attach_errors
from team.models import CustomerTask
from team.queries import tasks as queries
from team.rules.tasks import MOVES
from team.services import task_contacts, task_steps
from team.services import tasks as services
from team.tables.tasks import STATUS_COLOURS, kind_badge
from team.views.task_list import VIEW, me
from team.views.task_making import CHANGE

INLINE = ("pdf", "jpg")  # shown in the browser; everything else is only saved
OUTCOMES: dict[str, type[DoneForm | CancelForm]] = {"done": DoneForm, "cancelled": CancelForm}


def visible_task(request: HttpRequest, pk: int) -> Any:
    """The task, if the user may see it; else 404. With what its page reads."""
    return get_object_or_404(queries.detail_rows(me(request)), pk=pk)


def changeable_task(request: HttpRequest, pk: int) -> Any:
    """The task, if the user may work on it; 404 when he does not even see it, 403 when he only may look."""
    task = get_object_or_404(
        queries.with_rights(CustomerTask.objects.visible_to(me(request)), me(request)).select_related(
            "customer"
        ),
        pk=pk,
    )
    if not task.may_change:
        raise PermissionDenied
    return task


@require_safe
@permission_required(VIEW, raise_exception=True)
def task_page(request: HttpRequest, pk: int) -> HttpResponse:
    return draw(request, visible_task(request, pk))


def draw(request: HttpRequest, task: Any, *, status: int = 200, **forms: BaseForm) -> HttpResponse:
    """The task's page, with a form that was refused as it was typed."""
    writable = task.may_change and request.user.has_perm(CHANGE)
    context: dict[str, Any] = {
        "task": task,
        "now": timezone.now(),
        "kind_badge": kind_badge(task),
        "status_colour": dict(STATUS_COLOURS)[task.status],
        "writable": writable,
        "moves": MOVES[task.status] if writable else (),
        "done_form": DoneForm(prefix="done"),
        "cancel_form": CancelForm(prefix="cancelled"),
        "steps_form": StepsForm(),
        "removable": {
            contact.pk
            for contact in task.contacts.all()
            if writable and task_contacts.may_remove(me(request), contact, timezone.now())
        },
        **forms,
    }
    return TemplateResponse(request, "team/task_detail.html", context, status=status)


# --- status and progress
@require_POST
@permission_required((VIEW, CHANGE), raise_exception=True)
def set_status(request: HttpRequest, pk: int) -> HttpResponse:
    """POST `status`; with "done" and "cancelled" the fields of their forms."""
    task = changeable_task(request, pk)
    wanted = request.POST.get("status", "")
    if wanted not in CustomerTaskStatus.values:
        raise Http404
    form_class = OUTCOMES.get(wanted)
    form = form_class(request.POST, prefix=wanted) if form_class else None
    if form is None or form.is_valid():
        terms = form.cleaned_data if form else {}
        try:
            services.set_status(actor=me(request), task=task, status=CustomerTaskStatus(wanted), **terms)
        except ValidationError as refusal:
            messages.error(request, " ".join(refusal.messages))
            if form is None:
                return redirect(task)
            attach_errors(form, refusal)
        else:
            messages.success(
                request, _("The task is “%(status)s” now.") % {"status": CustomerTaskStatus(wanted).label}
            )
            return redirect(task)
    name = "done_form" if wanted == CustomerTaskStatus.DONE else "cancel_form"
    return draw(request, visible_task(request, pk), status=422, **{name: form})


@require_POST
@permission_required((VIEW, CHANGE), raise_exception=True)
def set_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """POST `progress`, whole percent, for a task without steps."""
    task = changeable_task(request, pk)
    typed = request.POST.get("progress", "")
    try:
        if not typed.isascii() or not typed.isdigit() or len(typed) > 3:
            raise ValidationError(_("Progress is between 0 and 100 percent."))
        task_steps.set_progress(actor=me(request), task=task, percent=int(typed))
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    return redirect(task)


# --- steps
@require_POST
@permission_required((VIEW, CHANGE), raise_exception=True)
def add_steps(request: HttpRequest, pk: int) -> HttpResponse:
    """POST `steps`, one a line."""
    task = changeable_task(request, pk)
    form = StepsForm(request.POST)
    if form.is_valid():
        try:
            task_steps.add_steps(actor=me(request), task=task, texts=form.cleaned_data["steps"])
        except ValidationError as refusal:
            attach_errors(form, refusal)
        else:
            return redirect(task)
    return draw(request, visible_task(request, pk), status=422, steps_form=form)


@require_POST
@permission_required((VIEW, CHANGE), raise_exception=True)
def step(request: HttpRequest, pk: int, step_pk: int) -> HttpResponse:
    """POST `done` (1 or 0), or `remove`. HTMX gets the steps back, a browser without scripts the page."""
    task = changeable_task(request, pk)
    row = get_object_or_404(task.steps.select_related("task"), pk=step_pk)
    if "remove" not in request.POST and request.POST.get("done") not in ("0", "1"):
        raise Http404
    try:
        if "remove" in request.POST:
            task_steps.remove_step(actor=me(request), step=row)
        else:
            task_steps.tick_step(actor=me(request), step=row, done=request.POST["done"] == "1")
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    if not request.htmx:
        return redirect(task)
    task = visible_task(request, pk)
    context = {"task": task, "writable": True, "steps_form": StepsForm(), "status_colour": dict(STATUS_COLOURS)[task.status]}  # fmt: skip
    return TemplateResponse(request, "team/_task_steps.html", {**context, "oob": True})


# --- contact log
class ContactCreate(PermissionRequiredMixin, View):
    """GET: the form; POST writes one contact down."""

    raise_exception = True
    permission_required = (VIEW, CHANGE)

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        task = changeable_task(request, pk)
        return self.draw(ContactForm(task=task, initial={"at": timezone.now()}), task)

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        task = changeable_task(request, pk)
        form = ContactForm(request.POST, request.FILES, task=task)
        if form.is_valid():
            try:
                task_contacts.record_contact(actor=me(request), task=task, **form.cleaned_data)
            except ValidationError as refusal:
                attach_errors(form, refusal)
            else:
                messages.success(request, _("The contact is written down."))
                return redirect(task)
        return self.draw(form, task, status=422)

    def draw(self, form: ContactForm, task: Any, *, status: int = 200) -> HttpResponse:
        context = {
            "title": _("Write down a contact"),
            "form": form,
            "task": task,
            "cancel_url": task.get_absolute_url(),
        }
        return TemplateResponse(self.request, "team/task_contact_form.html", context, status=status)


@require_POST
@permission_required((VIEW, CHANGE), raise_exception=True)
def remove_contact(request: HttpRequest, pk: int, contact_pk: int) -> HttpResponse:
    task = changeable_task(request, pk)
    contact = get_object_or_404(task.contacts.select_related("task"), pk=contact_pk)
    try:
        task_contacts.remove_contact(actor=me(request), contact=contact)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        messages.success(request, _("The entry is removed."))
    return redirect(task)


@require_safe
@permission_required(VIEW, raise_exception=True)
def history(request: HttpRequest, pk: int) -> HttpResponse:
    """Fragment: who did what, newest first."""
    task = get_object_or_404(CustomerTask.objects.visible_to(me(request)), pk=pk)
    lines = queries.event_lines(task.events.select_related("by", "person"))
    return TemplateResponse(request, "team/_task_history.html", {"task": task, "lines": lines})


@require_safe
@permission_required(VIEW, raise_exception=True)
def file_show(request: HttpRequest, pk: int) -> FileResponse:
    """The file, under its own name and with the type its bytes were checked for."""
    row = get_object_or_404(queries.visible_files(me(request)), pk=pk)
    suffix = PurePosixPath(str(row.file.name)).suffix.lstrip(".")
    try:
        content = row.file.open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    return FileResponse(
        content,
        as_attachment=suffix not in INLINE or "download" in request.GET,
        filename=row.name,
        content_type=CONTENT_TYPES.get(suffix, "application/octet-stream"),
        headers={"X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-store"},
    )
