"""Conversations (寻呼): mine, writing, answering, putting away."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import User
from common.views import ListPage
from comms.filters import ThreadFilter
from comms.forms.threads import ReplyForm, ThreadForm
from comms.models import Thread
from comms.queries.threads import lines_of, threads_of
from comms.services import threads as services
from comms.tables import THREAD_COLUMNS
from comms.views.common import me


class ThreadList(ListPage):
    permission_required = ()
    title = _("Paging")
    columns = THREAD_COLUMNS
    filterset_class = ThreadFilter
    page_size = 30
    template_name = "comms/thread_list.html"
    empty_text = _(
        "No conversations yet. Write to a colleague: he sees it at once, and you see when he read it."
    )
    create_url = reverse_lazy("comms:thread_new")
    create_label = _("Write")
    archived = False

    def get_queryset(self) -> QuerySet:
        return threads_of(me(self.request), archived=self.archived)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"section": "threads", "archived": self.archived}


class ArchivedThreads(ThreadList):
    title = _("Paging put away")
    archived = True
    empty_text = _("Nothing was put away.")
    create_url = ""


@require_http_methods(["GET", "POST"])
def thread_new(request: HttpRequest) -> HttpResponse:
    """GET: to (a person's key), link (path of a page of ours)."""
    first = {"people": request.GET.getlist("to"), "link": request.GET.get("link", "")}
    form = ThreadForm(request.POST or None, initial=first, user=me(request))
    if request.method == "POST" and form.is_valid():
        try:
            thread = services.start_thread(actor=me(request), **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            return redirect(thread)
    return TemplateResponse(request, "comms/thread_form.html", {"form": form})


@require_http_methods(["GET", "POST"])
def thread_page(request: HttpRequest, pk: int) -> HttpResponse:
    """The conversation, read by being opened; POST body answers in it."""
    user = me(request)
    thread = get_object_or_404(Thread.objects.visible_to(user), pk=pk)
    form = ReplyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.reply(actor=user, thread=thread, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            return redirect(thread)
    if request.method == "GET":
        services.mark_thread_read(user=user, thread=thread)
    return TemplateResponse(request, "comms/thread.html", _page(thread, user, form))


def _page(thread: Thread, user: User, form: ReplyForm) -> dict[str, Any]:
    members = list(thread.people.order_by("thread_memberships__pk"))
    archived = thread.members.filter(user=user, archived_at__isnull=False).exists()
    return {
        "thread": thread,
        "members": members,
        "lines": lines_of(thread, user, members),
        "form": form,
        "archived": archived,
    }


@require_POST
def thread_archive(request: HttpRequest, pk: int) -> HttpResponse:
    """POST back=1 takes it back."""
    thread = get_object_or_404(Thread.objects.visible_to(me(request)), pk=pk)
    services.archive_thread(user=me(request), thread=thread, archived=request.POST.get("back") != "1")
    return redirect("comms:thread_list")
