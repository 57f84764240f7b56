"""The log of what channels sent: what came, what became of it and why, and once more."""

import datetime as dt
import json
from typing import Any

import django_filters
from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from common.business_calendar import day_bounds
from common.filters import ListFilterSet
from common.tables import ChoiceColumn, Column, FormatColumn
from common.templatetags import paodian as fmt
from common.views import BulkAction, ListPage
from common.widgets import PlainSelect
from crm.enums import CaptureState
from crm.models import CapturedLead, LeadChannel
from crm.queries import lead_capture as queries
from crm.rules.lead_capture import FIELD_BY_NAME
from crm.rules.lead_payloads import Unreadable, flatten, read_payload
from crm.services import lead_capture as services
from crm.views.access import current_user

MOST_AT_ONCE = 500
STATE_COLOURS = (("new", "green"), ("known", "azure"), ("refused", "red"), ("queued", "amber"))
may_see = permission_required("crm.view_capturedlead", raise_exception=True)
may_replay = permission_required(["crm.view_capturedlead", "crm.change_leadchannel"], raise_exception=True)


class CapturedFilterSet(ListFilterSet):
    channel = django_filters.ChoiceFilter(widget=PlainSelect, label=_("Channel"), field_name="channel_id")
    state = django_filters.ChoiceFilter(widget=PlainSelect, label=_("Result"), choices=CaptureState.choices)
    since = django_filters.DateFilter(
        label=_("From"), method="filter_since", widget=forms.DateInput(attrs={"type": "date"})
    )
    until = django_filters.DateFilter(
        label=_("To"), method="filter_until", widget=forms.DateInput(attrs={"type": "date"})
    )

    class Meta:
        model = CapturedLead
        fields = ["channel", "state"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.filters["channel"].extra["choices"] = list(LeadChannel.objects.values_list("pk", "name"))

    def filter_search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(body__icontains=value.strip())

    def filter_since(self, queryset: QuerySet, name: str, value: dt.date) -> QuerySet:
        return queryset.filter(received_at__gte=day_bounds(value)[0])

    def filter_until(self, queryset: QuerySet, name: str, value: dt.date) -> QuerySet:
        return queryset.filter(received_at__lt=day_bounds(value)[1])


def _moment(captured: CapturedLead) -> SafeString:
    url = reverse("crm:captured_detail", args=[captured.pk])
    return format_html('<a href="{}" class="fw-medium">{}</a>', url, fmt.moment(captured.received_at))


def _lead(captured: CapturedLead) -> SafeString | str:
    if captured.lead is None:
        return "–"
    return format_html('<a href="{}">{}</a>', captured.lead.get_absolute_url(), captured.lead.name)


class CapturedList(ListPage):
    permission_required = "crm.view_capturedlead"
    title = _("Received from channels")
    template_name = "crm/captured_list.html"
    filterset_class = CapturedFilterSet
    default_sort = "-received_at"
    columns = (
        FormatColumn("received_at", _("Time"), order=("received_at",), phone="title", draw=_moment),
        Column("channel", _("Channel"), path="channel.name", order=("channel__name",)),
        ChoiceColumn("state", _("Result"), order=("state",), phone="side", colours=STATE_COLOURS),
        FormatColumn("lead", _("Lead"), path="lead.name", draw=_lead),
        Column("reason", _("Reason")),
        Column("external_id", _("id at the channel"), phone=""),
        Column("attempts", _("Tries"), phone="", align="end"),
    )
    bulk_actions = (
        BulkAction(_("Replay"), reverse_lazy("crm:captured_replay"), "refresh", "crm.change_leadchannel"),
    )
    empty_text = _("Nothing has come in yet. Make a channel and give its address to the sender.")
    create_url = reverse_lazy("crm:channel_list")
    create_label = _("Channels")
    create_permission = "crm.view_leadchannel"

    def get_queryset(self) -> Any:
        rows = queries.captured_visible_to(current_user(self.request)).select_related("channel", "lead")
        return rows.defer("body")


@may_see
@require_GET
def captured_detail(request: HttpRequest, pk: int) -> HttpResponse:
    rows = queries.captured_visible_to(current_user(request)).select_related("channel", "lead")
    captured = get_object_or_404(rows, pk=pk)
    flat, pretty, found = _read(captured)
    context = {
        "captured": captured,
        "values": flat.items(),
        "pretty": pretty,
        "fields": [(FIELD_BY_NAME[name].label, text) for name, text in found.items()],
        "can_replay": captured.lead_id is None and request.user.has_perm("crm.change_leadchannel"),
        "unsigned": captured.status == 401,
    }
    return TemplateResponse(request, "crm/captured_detail.html", context)


def _read(captured: CapturedLead) -> tuple[dict[str, str], str, dict[str, str]]:
    """(flat payload, the body laid out, our fields as they would be read today)."""
    try:
        payload = read_payload(captured.body, captured.content_type)
    except Unreadable:
        return {}, captured.body, {}
    found = services.read_fields(captured.channel, payload, captured.content_type)
    return flatten(payload), json.dumps(payload, ensure_ascii=False, indent=2), found.values


@may_replay
@require_POST
def captured_replay(request: HttpRequest) -> HttpResponse:
    """POST pk (many); from the page of one row `unsigned` says that a call without the right signature is meant."""
    ids = [int(pk) for pk in request.POST.getlist("pk") if pk.isdecimal() and len(pk) < 19][:MOST_AT_ONCE]
    one = request.POST.get("back") == "detail" and len(ids) == 1
    done = services.replay(
        actor=current_user(request),
        captured=ids,
        unsigned_too=one and bool(request.POST.get("unsigned")),
        now=timezone.now(),
    )
    text = gettext(
        "Replayed: %(made)s new, %(known)s known, %(refused)s refused, %(waiting)s waiting, %(skipped)s left out."
    )
    messages.success(request, text % vars(done))
    return redirect("crm:captured_detail", pk=ids[0]) if one else redirect("crm:captured_list")
