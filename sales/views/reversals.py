"""The page that asks why a slip is taken back; nothing is deleted."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from sales.forms.money import ReversalForm


def reversal_page(
    request: HttpRequest, *, number: str, consequence: str, back: str, do: Callable[[str], object]
) -> HttpResponse:
    """GET: the form; POST reason: `do(reason)` takes the slip back, and its page says so."""
    form = ReversalForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        context = {
            "title": _("Reverse %(number)s") % {"number": number},
            "intro": consequence,
            "form": form,
            "cancel_url": back,
            "submit_label": _("Reverse"),
        }
        status = 422 if request.method == "POST" else 200
        return TemplateResponse(request, "common/form.html", context, status=status)
    try:
        do(form.cleaned_data["reason"])
    except ValidationError as refusal:
        messages.error(request, refusal.messages[0])
    else:
        messages.success(request, _("%(number)s is reversed.") % {"number": number})
    return redirect(back)
