"""Announcements (公告): the list, one of them, publishing, confirming."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse_lazy
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from common import business_calendar
from common.views import ListPage
from comms.filters import AnnouncementFilter
from comms.forms.announcements import AnnouncementForm
from comms.models import Announcement
from comms.queries.announcements import announcements_for, readers_of
from comms.services import announcements as services
from comms.tables import ANNOUNCEMENT_COLUMNS
from comms.views.common import me


class AnnouncementList(ListPage):
    permission_required = ()
    title = _("Announcements")
    columns = ANNOUNCEMENT_COLUMNS
    filterset_class = AnnouncementFilter
    page_size = 30
    template_name = "comms/announcement_list.html"
    empty_text = _("No announcements. What the company wants everybody to know stands here.")
    create_url = reverse_lazy("comms:announcement_new")
    create_label = _("Publish")
    create_permission = "comms.add_announcement"

    def get_queryset(self) -> QuerySet:
        return announcements_for(me(self.request), business_calendar.today())

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"section": "announcements"}


def _mine(request: HttpRequest, pk: int) -> Announcement:
    return get_object_or_404(announcements_for(me(request), business_calendar.today()), pk=pk)


@require_GET
def announcement_page(request: HttpRequest, pk: int) -> HttpResponse:
    found = _mine(request, pk)
    may_change = services.may_change(me(request), found)
    services.mark_seen(user=me(request), announcement=found)
    context = {
        "announcement": found,
        "may_change": may_change,
        "readers": readers_of(found) if may_change else [],
    }
    return TemplateResponse(request, "comms/announcement.html", context)


@require_http_methods(["GET", "POST"])
@permission_required("comms.add_announcement", raise_exception=True)
def announcement_new(request: HttpRequest) -> HttpResponse:
    blank = Announcement(author=me(request), starts_on=business_calendar.today())
    return _edit(request, blank, _t("New announcement"))


@require_http_methods(["GET", "POST"])
@permission_required("comms.add_announcement", raise_exception=True)
def announcement_edit(request: HttpRequest, pk: int) -> HttpResponse:
    found = _mine(request, pk)
    if not services.may_change(me(request), found):
        raise PermissionDenied
    return _edit(request, found, _t("Change announcement"))


def _edit(request: HttpRequest, announcement: Announcement, title: str) -> HttpResponse:
    form = AnnouncementForm(request.POST or None, instance=announcement)
    if request.method == "POST" and form.is_valid():
        try:
            services.publish(actor=me(request), announcement=form.instance, chosen=form.chosen())
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _t("The announcement is published."))
            return redirect(form.instance)
    return TemplateResponse(request, "comms/announcement_form.html", {"form": form, "title": title})


@require_POST
def announcement_confirm(request: HttpRequest, pk: int) -> HttpResponse:
    services.confirm(user=me(request), announcement=_mine(request, pk))
    messages.success(request, _t("Thank you, it is confirmed."))
    return redirect("comms:announcement_list")


@require_POST
@permission_required("comms.add_announcement", raise_exception=True)
def announcement_remind(request: HttpRequest, pk: int) -> HttpResponse:
    found = _mine(request, pk)
    count = services.remind_unconfirmed(actor=me(request), announcement=found)
    text = ngettext("%(n)s person is reminded.", "%(n)s people are reminded.", count) % {"n": count}
    messages.success(request, text if count else _t("Everybody has confirmed."))
    return redirect(found)


@require_POST
@permission_required("comms.add_announcement", raise_exception=True)
def announcement_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    services.withdraw_announcement(actor=me(request), announcement=_mine(request, pk))
    messages.success(request, _t("The announcement is withdrawn."))
    return redirect("comms:announcement_list")
