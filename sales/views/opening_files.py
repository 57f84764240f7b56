"""Opening balances from a workbook: looked through first, then taken in."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from sales.forms.money import OpeningFileForm
from sales.services.opening_files import import_openings
from sales.services.sheet_files import FileResult

SHOWN_PROBLEMS = 200


@require_http_methods(["GET", "POST"])
@permission_required("sales.add_bill", raise_exception=True)
def opening_import(request: HttpRequest) -> HttpResponse:
    """POST file: what would happen; with then=import it happens. The page keeps the chosen file meanwhile."""
    form = OpeningFileForm(request.POST or None, request.FILES or None)
    result: FileResult | None = None
    done = request.POST.get("then") == "import"
    if request.method == "POST" and form.is_valid():
        upload = form.cleaned_data["file"]
        try:
            result = import_openings(actor=request.user, upload=upload, dry_run=not done)
        except ValidationError as refusal:
            form.add_error("file", refusal)
    if done and result is not None:
        text = ngettext("%(n)s opening balance is in.", "%(n)s opening balances are in.", result.created)
        messages.success(request, text % {"n": result.created})
    back = reverse("sales:bill_list") + "?kind=opening"
    context: dict[str, Any] = {
        "title": _("Import opening balances"),
        "back": back,
        "what": _("Customer"),
        "example": back + "&export=xlsx" if request.user.has_perm("sales.export_receipt") else "",
        "intro": _(
            "One row a debt: customer code or name, amount, and, where known, bill date, due date and a note. "
            "A row that is there already is not taken twice."
        ),
        "form": form,
        "result": result,
        "problems": result.problems[:SHOWN_PROBLEMS] if result else [],
        "done": done and result is not None,
    }
    template = "sales/sheet_import.html#answer" if request.htmx else "sales/sheet_import.html"
    status = 422 if form.errors and not request.htmx else 200
    return TemplateResponse(request, template, context, status=status)
