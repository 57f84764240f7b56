"""The unread centre (H5): one's own notices, newest first."""

from typing import cast

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from accounts.models import User
from comms import queries, services
from comms.enums import NoticeKind
from comms.models import Notification

PAGE_SIZE = 30


def _me(request: HttpRequest) -> User:
    """The logged-in user; LoginRequiredMiddleware lets nobody else in."""
    return cast(User, request.user)


@require_GET
def notice_list(request: HttpRequest) -> HttpResponse:
    """GET: kind (a NoticeKind), unread=1, page. An unknown kind shows everything."""
    rows = Notification.objects.visible_to(_me(request))
    kind = request.GET.get("kind", "")
    if kind in NoticeKind.values:
        rows = rows.filter(kind=kind)
    if only_unread := request.GET.get("unread") == "1":
        rows = rows.unread()
    counts = queries.counts_by_kind(_me(request))
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
    """Fragment: the number on the bell. A page asks for it after it is there, so that no list waits for it."""
    return TemplateResponse(request, "comms/_unread.html", {"count": queries.unread_count(_me(request))})


@require_GET
def notice_open(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark a notice read and go where it points."""
    notice = get_object_or_404(Notification.objects.visible_to(_me(request)), pk=pk)
    services.mark_read(user=_me(request), notification_id=notice.pk)
    if notice.url and url_has_allowed_host_and_scheme(notice.url, allowed_hosts=None):
        return redirect(notice.url)
    return redirect("comms:notice_list")


@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    count = services.mark_all_read(user=_me(request))
    text = ngettext("%(n)s notice marked as read.", "%(n)s notices marked as read.", count) % {"n": count}
    messages.success(request, text if count else _("There was nothing unread."))
    return redirect("comms:notice_list")
