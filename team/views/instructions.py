"""批示 (H4): the panel on the page it is about, the list, the banner, and one instruction with its answers."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from common import business_calendar
from common.views import ListPage
from team.filters.instructions import InstructionFilter
from team.forms.instructions import AnswerForm, InstructionForm
from team.models import Instruction
from team.queries import instructions as queries
from team.queries.supervision_day import person_beside
from team.rules.instructions import STATES, TARGETS, state_of
from team.services import instructions as services
from team.tables.instructions import INSTRUCTION_COLUMNS
from team.views.supervision import day_of, me

VIEW = "team.view_instruction"
may_view = permission_required(VIEW, raise_exception=True)


class InstructionList(ListPage):
    permission_required = VIEW
    title = gettext_lazy("Instructions")
    columns = INSTRUCTION_COLUMNS
    filterset_class = InstructionFilter
    default_sort = "-created_at"
    template_name = "team/instruction_list.html"
    export_permission = "team.export_supervision"
    export_name = "instructions"
    empty_text = gettext_lazy(
        "No instructions yet. A leader writes them on a day, a visit, a follow-up or an order; the person sees them at once."
    )

    def get_queryset(self) -> QuerySet:
        rows = queries.with_names(Instruction.objects.visible_to(me(self.request)))
        return rows.annotate(answer_count=Count("answers"))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        boxes = [("", _("All")), ("in", _("For me")), ("out", _("By me"))]
        box, today = self.request.GET.get("box", ""), business_calendar.today()
        return super().get_context_data(**kwargs) | {"boxes": boxes, "box": box, "today": today}


# --- panels: fragments of the pages of lower apps, which know nothing of instructions
@may_view
@require_http_methods(["GET", "POST"])
def panel(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """What was said about a visit, follow-up or order; POST text gives an instruction."""
    target = queries.find_target(user=me(request), kind=kind, pk=pk)
    if target is None:
        raise Http404
    return _panel(request, target)


@may_view
@require_http_methods(["GET", "POST"])
def day_panel(request: HttpRequest, rep_pk: int, day: str) -> HttpResponse:
    """What was said about a person's day, its visits, follow-ups and orders."""
    chosen, beside = day_of(day), person_beside(viewer=me(request), pk=rep_pk)
    if beside is None or chosen is None or chosen > business_calendar.today():
        raise Http404
    return _panel(request, queries.Target("day", beside.person, chosen))


def _panel(request: HttpRequest, target: queries.Target) -> HttpResponse:
    user, form = me(request), InstructionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.give_instruction(actor=user, target=target, text=form.cleaned_data["text"])
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            messages.success(request, _("%(name)s is told at once.") % {"name": target.person})
            if not request.htmx:
                return redirect(_page_of(target))
            form = InstructionForm()
    rows = queries.instructions_on(user=user, target=target)
    was_unread = {row.pk for row in rows if row.person_id == user.pk and row.read_at is None}
    if request.method == "GET":
        services.mark_read(user=user, instructions=rows)
    context = {
        "target": target,
        "address": request.path,
        "lines": [line_of(row, user, is_new=row.pk in was_unread) for row in rows],
        "form": form,
        "may_give": queries.may_instruct(user, target.person),
        "whole": target.row is None,
    }
    # htmx swaps nothing in at an answer of 4xx, and the pages around know nothing of this form.
    status = 422 if form.errors and not request.htmx else 200
    return TemplateResponse(request, "team/instruction_panel.html", context, status=status)


def _page_of(target: queries.Target) -> str:
    if target.row is not None:
        return target.row.get_absolute_url()
    return reverse("team:person_day", args=[target.person.pk, target.day.isoformat()])


def line_of(row: Instruction, user: Any, *, is_new: bool = False) -> dict[str, Any]:
    """An instruction as panels and its page draw it."""
    label, colour = STATES[state_of(row.read_at, row.answered_at, row.done_at)]
    is_between = user.pk in (row.person_id, row.author_id)
    return {
        "row": row,
        "about": queries.about_words(row),
        "about_url": about_url(row),
        "label": label,
        "colour": colour,
        "is_new": is_new,
        "is_person": row.person_id == user.pk,
        "may_write": is_between and row.is_open,
        "may_close": is_between,
        "may_withdraw": row.author_id == user.pk and row.read_at is None,
        "owes": row.person_id == user.pk and row.answered_at is None and row.is_open,
    }


def about_url(row: Instruction) -> str:
    about = next((found for name in TARGETS if (found := getattr(row, name)) is not None), None)
    if about is not None:
        return str(about.get_absolute_url())
    return reverse("team:person_day", args=[row.person_id, row.day.isoformat()])


# --- one instruction
def visible_instruction(request: HttpRequest, pk: int) -> Instruction:
    """The instruction, if the user may read it; else 404."""
    rows = queries.with_names(Instruction.objects.visible_to(me(request))).prefetch_related("answers__author")
    instruction: Instruction = get_object_or_404(rows, pk=pk)
    return instruction


@may_view
@require_safe
def instruction_page(request: HttpRequest, pk: int) -> HttpResponse:
    """With its answers; read by being opened by whom it is for."""
    row = visible_instruction(request, pk)
    services.mark_seen(user=me(request), instruction=row)
    return _page(request, row, AnswerForm())


def _page(request: HttpRequest, row: Instruction, form: AnswerForm, *, status: int = 200) -> HttpResponse:
    context = {"line": line_of(row, me(request)), "form": form}
    return TemplateResponse(request, "team/instruction.html", context, status=status)


@may_view
@require_POST
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """POST text. From a panel the instruction comes back alone, else its page."""
    row, form = visible_instruction(request, pk), AnswerForm(request.POST)
    if form.is_valid():
        try:
            services.answer_instruction(actor=me(request), instruction=row, text=form.cleaned_data["text"])
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            return _done(request, pk)
    if request.htmx:
        return _fragment(request, row, form)
    return _page(request, row, form, status=422)


@may_view
@require_POST
def set_done(request: HttpRequest, pk: int) -> HttpResponse:
    """POST back=1 takes it up again."""
    row = visible_instruction(request, pk)
    try:
        services.set_done(actor=me(request), instruction=row, done=request.POST.get("back") != "1")
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return _done(request, pk)


@may_view
@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    row = visible_instruction(request, pk)
    try:
        services.withdraw_instruction(actor=me(request), instruction=row)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return _done(request, pk)
    messages.success(request, _("The instruction is taken back."))
    return HttpResponse() if request.htmx else redirect("team:instruction_list")


def _done(request: HttpRequest, pk: int) -> HttpResponse:
    """What was written, as it stands now: the one line for a panel, the page for a form."""
    if request.htmx:
        return _fragment(request, visible_instruction(request, pk), AnswerForm())
    return redirect("team:instruction", pk)


def _fragment(request: HttpRequest, row: Instruction, form: AnswerForm) -> HttpResponse:
    whole = request.POST.get("whole") == "1"
    context = {"line": line_of(row, me(request)), "form": form, "whole": whole}
    return TemplateResponse(request, "team/_instruction.html", context)


@may_view
@require_safe
def banner(request: HttpRequest) -> HttpResponse:
    """Fragment of the home board and of the day: what the user has not read yet."""
    rows = queries.unread_for(me(request))
    lines = [line_of(row, me(request)) for row in rows[: queries.BANNER]]
    return TemplateResponse(
        request, "team/instruction_banner.html", {"lines": lines, "more": len(rows) > queries.BANNER}
    )
