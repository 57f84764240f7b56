"""The unread centre (H5): one's own notices, newest first."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from common import business_calendar
from comms import queries, services
from comms.enums import NoticeKind
from comms.models import Notification
from comms.queries.todos import todo_total, todos_of
from comms.views.common import me

PAGE_SIZE = 30


@require_GET
def notice_list(request: HttpRequest) -> HttpResponse:
    """GET: kind (a NoticeKind), unread=1, page. An unknown kind shows everything."""
    rows = Notification.objects.visible_to(me(request))
    kind = request.GET.get("kind", "")
    if kind in NoticeKind.values:
        rows = rows.filter(kind=kind)
    if only_unread := request.GET.get("unread") == "1":
        rows = rows.unread()
    counts = queries.counts_by_kind(me(request))
    context = {
        "page": Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page")),
        "counts": counts,
        "unread_total": sum(count.unread for count in counts),
        "total": sum(count.total for count in counts),
        "kind": kind,
        "only_unread": only_unread,
    }
    return TemplateResponse(request, "comms/notice_list.html", context)


@require_GET
def unread(request: HttpRequest) -> HttpResponse:
    """JSON of the numbers beside the sections, which every open page asks for: {messages, announcements, notices, todos,
    total}. The ETag is these numbers, so that an answer that changes nothing is an empty 304."""
    now = timezone.now()
    found = queries.unread(me(request))
    counts = {
        "messages": found.messages,
        "announcements": found.announcements,
        "notices": found.notices,
        "todos": todo_total(me(request), today=business_calendar.today(now), now=now),
        "total": found.total,
    }
    etag = f'"{"-".join(str(count) for count in counts.values())}"'
    response: HttpResponse = JsonResponse(counts)
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-cache"
    return get_conditional_response(request, etag=etag, response=response) or response


@require_GET
def todo_list(request: HttpRequest) -> HttpResponse:
    """Everything that waits for me, over all sections."""
    now = timezone.now()
    todos = todos_of(me(request), today=business_calendar.today(now), now=now)
    context = {"todos": todos, "total": sum(todo.count for todo in todos)}
    return TemplateResponse(request, "comms/todo_list.html", context)


@require_GET
def notice_open(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark a notice read and go where it points."""
    notice = get_object_or_404(Notification.objects.visible_to(me(request)), pk=pk)
    services.mark_read(user=me(request), notification_id=notice.pk)
    if notice.url and url_has_allowed_host_and_scheme(notice.url, allowed_hosts=None):
        return redirect(notice.url)
    return redirect("comms:notice_list")


@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    count = services.mark_all_read(user=me(request))
    text = ngettext("%(n)s notice marked as read.", "%(n)s notices marked as read.", count) % {"n": count}
    messages.success(request, text if count else _("There was nothing unread."))
    return redirect("comms:notice_list")
