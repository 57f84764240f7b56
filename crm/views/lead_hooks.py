"""Doors for strangers: the address a channel posts leads to, and the form anybody may fill in. No login, no session."""

import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from csp.decorators import csp_replace
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig
from django.core.signing import BadSignature, SignatureExpired, TimestampSigner
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from common.throttle import remote_address, wait_seconds
from crm.enums import CaptureState, ChannelKind
from crm.forms.lead_capture import PublicLeadForm
from crm.models import LeadChannel
from crm.rules.lead_payloads import BODY_LIMIT
from crm.services import lead_capture as services

SIGNATURE_HEADERS = ("X-Signature", "X-Hub-Signature-256", "X-Signature-256")
KEY_HEADERS = ("Idempotency-Key", "X-Request-Id")
FORM_KINDS = (ChannelKind.WEB_FORM, ChannelKind.EXHIBITION)
# One household or stand behind one address fills in a few forms; a robot hundreds.
FORMS_A_MINUTE = 10
FASTEST_SECONDS = 3
FORM_VALID_SECONDS = 24 * 3600
_BUSY_SECONDS = 5
_signer = TimestampSigner(salt="crm.lead-form")


def _header(headers: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((headers[name] for name in names if headers.get(name)), "")


def _body(request: HttpRequest) -> bytes:
    """The raw body, or one byte more than is allowed when it claims to be larger: it is not read then."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if length.isdecimal() and int(length) > BODY_LIMIT:
        return b" " * (BODY_LIMIT + 1)
    try:
        return request.body
    except RequestDataTooBig:
        return b" " * (BODY_LIMIT + 1)


@csrf_exempt
@login_not_required
@require_POST
def lead_hook(request: HttpRequest, token: str) -> JsonResponse:
    """One lead as JSON or form; answers {status, id, lead, errors} with 201, 200, 202, 4xx or 503."""
    channel = LeadChannel.objects.filter(token=token).first()
    if channel is None:
        return JsonResponse(
            {"status": "refused", "errors": {"channel": _("There is no such address.")}}, status=404
        )
    try:
        answer = services.receive(
            channel=channel,
            body=_body(request),
            content_type=request.META.get("CONTENT_TYPE", ""),
            signature=_header(request.headers, SIGNATURE_HEADERS),
            idempotency_key=_header(request.headers, KEY_HEADERS),
            remote_addr=remote_address(request),
            now=timezone.now(),
        )
    except OperationalError:
        data = {"status": "busy", "errors": {"server": _("The server is busy; send it again.")}}
        return JsonResponse(data, status=503, headers={"Retry-After": str(_BUSY_SECONDS)})
    response = JsonResponse(answer.as_json(), status=answer.status if answer.status < 500 else 422)
    if answer.retry_after:
        response["Retry-After"] = str(answer.retry_after)
    return response


# --- the public form
@csrf_exempt  # inside another site's frame the browser keeps our cookie back; the signed stamp stands for it
@login_not_required
@xframe_options_exempt
@csp_replace({"frame-ancestors": ["*"]})
@never_cache
@require_http_methods(["GET", "POST"])
def lead_form(request: HttpRequest, token: str) -> HttpResponse:
    """The form of one channel, standing alone so that it fits into any site."""
    channel = LeadChannel.objects.filter(token=token, is_active=True, kind__in=FORM_KINDS).first()
    if channel is None:
        raise Http404
    form = PublicLeadForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        return _take(request, channel, form)
    return _page(request, channel, form, status=422 if form.errors else 200)


def _page(
    request: HttpRequest, channel: LeadChannel, form: PublicLeadForm, *, problem: str = "", status: int = 200
) -> HttpResponse:
    stamp = request.POST.get("stamp", "")
    if not _is_ours(stamp):
        stamp = _signer.sign(secrets.token_urlsafe(12))
    context = {"channel": channel, "form": form, "stamp": stamp, "problem": problem}
    return TemplateResponse(request, "crm/lead_form_public.html", context, status=status)


def _is_ours(stamp: str) -> bool:
    """Whether a stamp sent back may go on: whoever was too fast waits no second time."""
    try:
        _signer.unsign(stamp, max_age=FORM_VALID_SECONDS)
    except BadSignature:  # the expired are of this kind too
        return False
    return True


def _take(request: HttpRequest, channel: LeadChannel, form: PublicLeadForm) -> HttpResponse:
    if form.cleaned_data["website"]:
        # A robot hears what it wants to hear and does not learn which field gave it away.
        return _thanks(request, channel)
    nonce, problem = _nonce(request.POST.get("stamp", ""))
    if problem:
        return _page(request, channel, form, problem=problem, status=422)
    now, address = timezone.now(), remote_address(request)
    too_many = _page(
        request,
        channel,
        form,
        problem=_("Too many entries from here. Wait a minute and send it again."),
        status=429,
    )
    if wait_seconds(f"lead-form-{address}", a_minute=FORMS_A_MINUTE, now=now):
        return too_many
    answer = _receive(channel, form.values(), nonce, address, now)
    if answer.status == 429:
        return too_many
    if answer.state == CaptureState.REFUSED:
        return _page(request, channel, form, problem=" ".join(answer.errors.values()), status=422)
    return _thanks(request, channel)


def _receive(
    channel: LeadChannel, values: dict[str, str], nonce: str, address: str, now: Any
) -> services.Answer:
    # The form is ours and signed by its stamp; the channel's secret is for other senders.
    unsigned = LeadChannel.objects.get(pk=channel.pk)
    unsigned.secret = ""
    return services.receive(
        channel=unsigned,
        body=urlencode(values).encode(),
        content_type=services.FORM_TYPE,
        idempotency_key=f"form-{nonce}",
        remote_addr=address,
        now=now,
    )


def _nonce(stamp: str) -> tuple[str, str]:
    """(the form's own number, "") or ("", why it is not taken)."""
    try:
        nonce = _signer.unsign(stamp, max_age=FORM_VALID_SECONDS)
    except SignatureExpired:
        return "", _("This page was open for too long. Send it once more.")
    except BadSignature:
        return "", _("This page is not complete. Send it once more.")
    try:
        _signer.unsign(stamp, max_age=FASTEST_SECONDS)
    except SignatureExpired:
        return nonce, ""
    return "", _("That was very fast. Look over what you wrote and send it once more.")


def _thanks(request: HttpRequest, channel: LeadChannel) -> HttpResponse:
    return TemplateResponse(request, "crm/lead_form_thanks.html", {"channel": channel})
