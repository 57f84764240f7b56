"""Channels: the list, one channel with its address and test, its mapping on real payloads, people of regions."""

import json
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from common.qr import qr_svg
from crm.enums import CaptureState, DictionaryKind
from crm.forms.customers import attach_errors
from crm.forms.lead_capture import ChannelForm, RegionPeopleForm, SecretForm
from crm.models import Dictionary, LeadChannel, RegionOwner
from crm.queries import lead_capture as queries
from crm.rules.lead_capture import CAPTURE_FIELDS, FIELD_BY_NAME, Extracted, guess_mapping
from crm.rules.lead_payloads import BODY_LIMIT, Unreadable, flatten, read_payload, signature
from crm.services import lead_capture, lead_channels
from crm.views.access import current_user
from crm.views.lead_hooks import FORM_KINDS

may_see = permission_required("crm.view_leadchannel", raise_exception=True)
may_change = permission_required("crm.change_leadchannel", raise_exception=True)
_SAMPLE_VALUES = 3


def _channel(pk: int) -> LeadChannel:
    channel: LeadChannel = get_object_or_404(
        LeadChannel.objects.select_related("source", "created_by"), pk=pk
    )
    return channel


@may_see
@require_GET
def channel_list(request: HttpRequest) -> HttpResponse:
    return TemplateResponse(request, "crm/channel_list.html", {"channels": queries.channels()})


# --- making and changing
@permission_required("crm.add_leadchannel", raise_exception=True)
@require_http_methods(["GET", "POST"])
def channel_create(request: HttpRequest) -> HttpResponse:
    return _edit(request, None)


@may_change
@require_http_methods(["GET", "POST"])
def channel_edit(request: HttpRequest, pk: int) -> HttpResponse:
    return _edit(request, _channel(pk))


def _edit(request: HttpRequest, channel: LeadChannel | None) -> HttpResponse:
    user = current_user(request)
    data = request.POST if request.method == "POST" else None
    form = ChannelForm(data, instance=channel, user=user)
    if form.is_valid():
        fields = dict(form.cleaned_data)
        sign = fields.pop("make_secret", False)
        try:
            saved = lead_channels.save_channel(
                actor=user, channel=channel, assignees=fields.pop("assignees"), **fields
            )
            if sign:
                lead_channels.set_secret(actor=user, channel=saved, secret=lead_channels.new_secret())
        except ValidationError as error:
            attach_errors(form, error)
        else:
            messages.success(request, _("Saved: %(name)s") % {"name": saved.name})
            return redirect("crm:channel_detail", pk=saved.pk)
    context = {"form": form, "channel": channel}
    return TemplateResponse(request, "crm/channel_form.html", context, status=422 if form.errors else 200)


# --- one channel
@may_see
@require_GET
def channel_detail(request: HttpRequest, pk: int) -> HttpResponse:
    return _detail(request, _channel(pk))


def _detail(request: HttpRequest, channel: LeadChannel, status: int = 200, **more: Any) -> HttpResponse:
    address = request.build_absolute_uri(reverse("crm:lead_hook", args=[channel.token]))
    captured = queries.captured_visible_to(current_user(request)).filter(channel=channel)
    context = {
        "channel": channel,
        "address": address,
        "form_address": _form_address(request, channel),
        "assignees": channel.assignees.order_by("name"),
        "recent": captured.select_related("lead")[:8]
        if request.user.has_perm("crm.view_capturedlead")
        else [],
        "mapping": [
            (FIELD_BY_NAME[name].label, path)
            for name, path in channel.mapping.items()
            if name in FIELD_BY_NAME
        ],
        "secret_form": SecretForm(),
        "sample": _sample(),
        **more,
    }
    return TemplateResponse(request, "crm/channel_detail.html", context, status=status)


def _form_address(request: HttpRequest, channel: LeadChannel) -> str:
    """Where the public form of the channel stands; "" for a channel that has none."""
    if channel.kind not in FORM_KINDS:
        return ""
    return request.build_absolute_uri(reverse("crm:lead_form", args=[channel.token]))


@may_see
@require_GET
def channel_qr(request: HttpRequest, pk: int) -> HttpResponse:
    """The QR code of the public form as SVG, to print on a stand or a leaflet; `download=1` saves it as a file."""
    channel = _channel(pk)
    address = _form_address(request, channel)
    if not address:
        raise Http404
    response = HttpResponse(qr_svg(address), content_type="image/svg+xml")
    # The address changes when a channel gets a new one.
    response["Cache-Control"] = "no-store"
    if request.GET.get("download"):
        response["Content-Disposition"] = content_disposition_header(True, f"{channel.name}.svg") or ""
    return response


def _sample() -> str:
    values = {
        "id": "T-1001",
        "name": "老王超市",
        "contact": "王建国",
        "phone": "13800138000",
        "city": "合肥市",
    }
    return json.dumps(values, ensure_ascii=False, indent=2)


@may_change
@require_POST
def channel_secret(request: HttpRequest, pk: int) -> HttpResponse:
    """POST secret (empty: one is made), or drop=1 to accept unsigned calls again."""
    channel, user = _channel(pk), current_user(request)
    if request.POST.get("drop"):
        lead_channels.set_secret(actor=user, channel=channel, secret="")
        messages.success(request, _("Calls need no signature any more."))
        return redirect("crm:channel_detail", pk=pk)
    form = SecretForm(request.POST)
    if not form.is_valid():
        return _detail(request, channel, 422, secret_form=form)
    secret = form.cleaned_data["secret"] or lead_channels.new_secret()
    lead_channels.set_secret(actor=user, channel=channel, secret=secret)
    messages.success(request, _("The secret is set; calls signed with another one are refused."))
    return redirect("crm:channel_detail", pk=pk)


@may_change
@require_POST
def channel_address(request: HttpRequest, pk: int) -> HttpResponse:
    lead_channels.change_address(actor=current_user(request), channel=_channel(pk))
    messages.success(request, _("The channel has a new address; the old one is unknown from now on."))
    return redirect("crm:channel_detail", pk=pk)


@may_change
@require_POST
def channel_test(request: HttpRequest, pk: int) -> HttpResponse:
    """POST body, and send=1 to really send it: signed and through the same door as the channel's calls."""
    channel = _channel(pk)
    body = request.POST.get("body", "").strip()
    more: dict[str, Any] = {"sample": body or _sample()}
    if request.POST.get("send"):
        raw = body.encode("utf-8", "replace")
        answer = lead_capture.receive(
            channel=channel,
            body=raw,
            content_type="application/json",
            signature=signature(channel.secret, raw) if channel.secret else "",
            remote_addr=request.META.get("REMOTE_ADDR", ""),
            now=timezone.now(),
        )
        more["answer"] = answer
        more["answer_text"] = json.dumps(answer.as_json(), ensure_ascii=False, indent=2)
        more["answer_good"] = answer.state in (CaptureState.NEW, CaptureState.KNOWN, CaptureState.QUEUED)
        return _detail(request, channel, **more)
    try:
        if len(body) > BODY_LIMIT:
            raise Unreadable(_("The body has more than %(limit)s kB.") % {"limit": BODY_LIMIT // 1024})
        found = lead_capture.read_fields(channel, read_payload(body))
    except Unreadable as error:
        return _detail(request, channel, 422, test_problem=str(error), **more)
    return _detail(request, channel, preview=_labelled(found), problems=list(found.problems.values()), **more)


def _labelled(found: Extracted) -> list[tuple[Any, str]]:
    rows = [
        (FIELD_BY_NAME[one.name].label, found.values[one.name])
        for one in CAPTURE_FIELDS
        if one.name in found.values
    ]
    if found.place is not None:
        rows.append((_("Location"), f"{found.place[1]:.6f}, {found.place[0]:.6f}"))
    return rows


# --- mapping, on what really came
@may_change
@require_http_methods(["GET", "POST"])
def channel_mapping(request: HttpRequest, pk: int) -> HttpResponse:
    """GET shows the values of the last calls; POST saves which is which, guess=1 forgets the mapping."""
    channel = _channel(pk)
    if request.method == "GET":
        return _mapping_page(request, channel, channel.mapping)
    guess = bool(request.POST.get("guess"))
    mapping = {} if guess else _posted_mapping(request)
    try:
        if not (mapping or guess):
            raise lead_channels.name_is_missing()
        lead_channels.set_mapping(actor=current_user(request), channel=channel, mapping=mapping)
    except ValidationError as error:
        return _mapping_page(request, channel, mapping, problem=" ".join(error.messages))
    messages.success(request, _("The mapping is saved. Replay what was refused before."))
    return redirect("crm:channel_mapping", pk=pk)


@may_change
@require_POST
def channel_mapping_preview(request: HttpRequest, pk: int) -> HttpResponse:
    """The lead the newest call would become with the mapping as it stands in the form; writes nothing."""
    channel = _channel(pk)
    context = _preview(request, channel, _posted_mapping(request))
    return TemplateResponse(request, "crm/channel_mapping.html#preview", context)


def _posted_mapping(request: HttpRequest) -> dict[str, str]:
    """{our field: path}; of two values for one field the upper one counts."""
    mapping: dict[str, str] = {}
    for position, path in enumerate(request.POST.getlist("path")):
        if name := request.POST.get(f"field-{position}", ""):
            mapping.setdefault(name, path)
    return mapping


def _mapping_page(
    request: HttpRequest, channel: LeadChannel, mapping: dict[str, str], *, problem: str = ""
) -> HttpResponse:
    payloads = _payloads(request, channel)
    samples: dict[str, list[str]] = {}
    for flat in payloads:
        for path, text in flat.items():
            values = samples.setdefault(path, [])
            if text not in values and len(values) < _SAMPLE_VALUES:
                values.append(text[:120])
    guessed = not mapping
    # Over all calls shown: one of them may lack what the others have.
    shown = mapping or guess_mapping({path: "".join(found) for path, found in samples.items()}, channel.kind)
    for path in shown.values():
        samples.setdefault(path, [])
    by_path = {path: name for name, path in shown.items()}
    rows = [
        {"path": path, "samples": values, "field": by_path.get(path, "")} for path, values in samples.items()
    ]
    context = {
        "channel": channel,
        "rows": rows,
        "fields": CAPTURE_FIELDS,
        "guessed": guessed,
        "problem": problem,
        **_preview(request, channel, shown, payloads),
    }
    return TemplateResponse(request, "crm/channel_mapping.html", context, status=422 if problem else 200)


def _payloads(request: HttpRequest, channel: LeadChannel) -> list[dict[str, str]]:
    found = []
    for captured in queries.recent_payloads(current_user(request), channel):
        try:
            found.append(flatten(read_payload(captured.body, captured.content_type)))
        except Unreadable:
            continue
    return [flat for flat in found if flat]


def _preview(
    request: HttpRequest,
    channel: LeadChannel,
    mapping: dict[str, str],
    payloads: list[dict[str, str]] | None = None,
) -> dict[str, Any]:
    payloads = _payloads(request, channel) if payloads is None else payloads
    if not payloads:
        return {"preview": [], "problems": []}
    found = lead_capture.read_with(payloads[0], mapping, channel.kind)
    return {"preview": _labelled(found), "problems": list(found.problems.values())}


# --- people of regions
@may_change
@require_http_methods(["GET", "POST"])
def region_people(request: HttpRequest) -> HttpResponse:
    user = current_user(request)
    regions = list(Dictionary.objects.filter(kind=DictionaryKind.REGION, is_active=True))
    chosen: dict[int, list[int]] = {}
    for region_id, user_id in RegionOwner.objects.values_list("region_id", "user_id"):
        chosen.setdefault(region_id, []).append(user_id)
    data = request.POST if request.method == "POST" else None
    form = RegionPeopleForm(data, regions=regions, chosen=chosen, user=user)
    if form.is_valid():
        lead_channels.set_all_region_people(
            actor=user, wanted={region: form.cleaned_data[f"region-{region.pk}"] for region in regions}
        )
        messages.success(request, _("The people of the regions are saved."))
        return redirect("crm:region_people")
    context = {"form": form, "regions": regions}
    return TemplateResponse(request, "crm/region_people.html", context, status=422 if form.errors else 200)
