"""Whose a customer task is (H1): handing it over, showing it to colleagues."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.core.exceptions import ValidationError
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.http import require_POST

from common.business_calendar import today
from team.forms.tasks import HandOverForm, ShareForm, attach_errors
from team.services import task_people as services
from team.views.task_detail import changeable_task
from team.views.task_list import VIEW, me
from team.views.task_making import CHANGE


def draw(request: HttpRequest, task: Any, *, status: int = 200, **forms: BaseForm) -> HttpResponse:
    """The page of both, with a form that was refused as it was typed."""
    user = me(request)
    context = {
        "task": task,
        "shares": task.shares.select_related("user"),
        "today": today(),
        "hand_over_form": HandOverForm(user=user, task=task, prefix="hand"),
        "share_form": ShareForm(user=user, task=task),
        **forms,
    }
    return TemplateResponse(request, "team/task_people.html", context, status=status)


class PeoplePage(PermissionRequiredMixin, View):
    """GET: the page; POST `user`, `can_write` and `last_day`: shares the task."""

    raise_exception = True
    permission_required = (VIEW, CHANGE)

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        return draw(request, changeable_task(request, pk))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        task = changeable_task(request, pk)
        form = ShareForm(request.POST, user=me(request), task=task)
        if form.is_valid():
            try:
                services.share_task(actor=me(request), task=task, **form.cleaned_data)
            except ValidationError as refusal:
                attach_errors(form, refusal)
            else:
                messages.success(
                    request, _("%(person)s sees the task now.") % {"person": form.cleaned_data["user"]}
                )
                return redirect("team:customer_task_people", task.pk)
        return draw(request, task, status=422, share_form=form)


@require_POST
@permission_required((VIEW, CHANGE), raise_exception=True)
def hand_over(request: HttpRequest, pk: int) -> HttpResponse:
    """POST `hand-assignee` and `hand-note`."""
    task = changeable_task(request, pk)
    form = HandOverForm(request.POST, user=me(request), task=task, prefix="hand")
    if form.is_valid():
        to = form.cleaned_data["assignee"]
        try:
            services.hand_over(actor=me(request), task=task, to=to, note=form.cleaned_data["note"])
        except ValidationError as refusal:
            attach_errors(form, refusal)
        else:
            messages.success(request, _("The task is %(person)s's now.") % {"person": to})
            return redirect(task if task.creator_id == me(request).pk else "team:customer_task_list")
    return draw(request, task, status=422, hand_over_form=form)


@require_POST
@permission_required((VIEW, CHANGE), raise_exception=True)
def revoke(request: HttpRequest, pk: int, share_pk: int) -> HttpResponse:
    task = changeable_task(request, pk)
    share = get_object_or_404(task.shares.select_related("task", "user"), pk=share_pk)
    services.revoke_share(actor=me(request), share=share)
    messages.success(request, _("%(person)s does not see the task any more.") % {"person": share.user})
    return redirect("team:customer_task_people", task.pk)
