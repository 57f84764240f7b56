"""The grid of targets: a year by month, typed in place (G8)."""

from __future__ import annotations

import json
import tempfile
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from common import business_calendar
from common.exports import XLSX
from common.signals import data_exported
from common.templatetags.paodian import quantity
from sales.enums import TargetMeasure
from sales.forms.targets import CopyForm, SpreadForm
from sales.models import ProductCategory, Target
from sales.queries import targets as queries
from sales.queries.targets import GridRow, Measure
from sales.rules.targets import MONTHS
from sales.services import target_files
from sales.services import targets as services

may_see = permission_required("sales.view_target", raise_exception=True)
may_set = permission_required("sales.change_target", raise_exception=True)
MAX_CELLS = 5000


# --- what a page is about
def asked_measure(data: QueryDict, categories: list[ProductCategory]) -> Measure:
    """The measure of ?measure= and ?category=; order amount when nothing is asked, 404 for one that is not there."""
    name = data.get("measure") or TargetMeasure.ORDER_AMOUNT
    if name not in TargetMeasure.values:
        raise Http404
    if name != TargetMeasure.CATEGORY_AMOUNT:
        return Measure(str(name))
    keys = {str(category.pk): category.pk for category in categories}
    wanted = data.get("category") or next(iter(keys), "")
    if wanted not in keys:
        raise Http404
    return Measure(str(name), keys[wanted])


def asked_year(data: QueryDict) -> int:
    typed = data.get("year", "")
    if not typed:
        return business_calendar.today().year
    if not typed.isdecimal() or len(typed) != 4 or int(typed) not in services.YEARS:
        raise Http404
    return int(typed)


def page_query(measure: Measure, **more: object) -> str:
    """The query string of a page about a measure."""
    params = QueryDict(mutable=True)
    params["measure"] = measure.name
    if measure.category_id:
        params["category"] = str(measure.category_id)
    for key, value in more.items():
        params[key] = str(value)
    return params.urlencode()


def measure_tabs(measure: Measure, categories: list[ProductCategory], **more: object) -> list[dict[str, Any]]:
    """One tab a measure; that of categories leads to the first one and is left out while there is none."""
    tabs = []
    for choice in TargetMeasure:
        first = None
        if choice == TargetMeasure.CATEGORY_AMOUNT:
            if not categories:
                continue
            first = measure.category_id or categories[0].pk
        query = page_query(Measure(choice.value, first), **more)
        tabs.append({"label": choice.label, "query": query, "active": choice == measure.name})
    return tabs


# --- the page
@may_see
@require_GET
def target_grid(request: HttpRequest) -> HttpResponseBase:
    """GET measure=, category=, year=; export=xlsx answers with the workbook, all=1 with every measure in it."""
    categories = queries.categories()
    measure, year = asked_measure(request.GET, categories), asked_year(request.GET)
    if request.GET.get("export") == "xlsx":
        return _export(request, measure, categories, year)
    return _draw(request, measure, categories, year)


def _draw(
    request: HttpRequest,
    measure: Measure,
    categories: list[ProductCategory],
    year: int,
    *,
    copy: CopyForm | None = None,
    spread: SpreadForm | None = None,
) -> HttpResponse:
    rows = queries.grid(request.user, measure, year)
    found = [row.subject for row in rows]
    status = 422 if copy or spread else 200
    context = {
        "measure": measure,
        "label": TargetMeasure(measure.name).label,
        "categories": categories,
        "year": year,
        "rows": rows,
        "months": MONTHS,
        "this_month": _this_month(year),
        "may_set": request.user.has_perm("sales.change_target"),
        "tabs": measure_tabs(measure, categories, year=year),
        "page": page_query(measure, year=year),
        "copy": copy or CopyForm(found=found),
        "spread": spread or SpreadForm(found=found, measure=measure),
        "open_dialog": "target-copy" if copy else "target-spread" if spread else "",
        "years": {
            "before": page_query(measure, year=year - 1) if year - 1 in services.YEARS else "",
            "after": page_query(measure, year=year + 1) if year + 1 in services.YEARS else "",
        },
    }
    return TemplateResponse(request, "sales/target_grid.html", context, status=status)


def _this_month(year: int) -> int:
    today = business_calendar.today()
    return today.month if today.year == year else 0


# --- cells typed in place
@may_set
@require_POST
def target_cells(request: HttpRequest) -> JsonResponse:
    """JSON {cells: [{key, month, value}]} with the page's query string; writes what can be read.

    Answers {changed, errors: [{key, month, text}], rows: {key: {values, total, below, below_total}}}: texts as the
    grid shows them, for all rows, because the sums of those above change as well.
    """
    measure, year = asked_measure(request.GET, queries.categories()), asked_year(request.GET)
    try:
        typed = json.loads(request.body)["cells"]
        wanted = [(str(cell["key"]), int(cell["month"]), str(cell["value"])) for cell in typed]
    except (ValueError, KeyError, TypeError):
        return JsonResponse({"error": _("The request cannot be read.")}, status=400)
    if len(wanted) > MAX_CELLS:
        return JsonResponse({"error": _("That is too much at once.")}, status=400)
    cells, errors = [], []
    for key, month, text in wanted:
        try:
            cells.append(services.parse_cell(key, month, text, measure))
        except ValidationError as error:
            errors.append({"key": key, "month": month, "text": error.messages[0]})
    try:
        changed = services.set_targets(actor=request.user, measure=measure, year=year, cells=cells)
    except ValidationError as error:
        return JsonResponse({"error": error.messages[0]}, status=422)
    rows = {row.subject.key: _row_text(row) for row in queries.grid(request.user, measure, year)}
    return JsonResponse({"changed": changed, "errors": errors, "rows": rows})


def _row_text(row: GridRow) -> dict[str, Any]:
    return {
        "values": [_text(value) for value in row.values],
        "total": _text(row.total),
        "below": [_text(value) for value in row.below],
        "below_total": _text(row.below_total) if row.below else "",
    }


def _text(value: Any) -> str:
    return "" if value is None else quantity(value)


# --- a year at once
@may_set
@require_POST
def target_copy(request: HttpRequest) -> HttpResponse:
    categories = queries.categories()
    measure, year = asked_measure(request.GET, categories), asked_year(request.GET)
    form = CopyForm(request.POST, found=queries.subjects(request.user))
    if not form.is_valid():
        return _draw(request, measure, categories, year, copy=form)
    data = form.cleaned_data
    changed = services.copy_last_year(
        actor=request.user,
        measure=measure,
        year=year,
        percent=data["percent"],
        from_actuals=data["source"] == "actuals",
        keep=data["keep"],
        under=data["under"],
    )
    if not changed:
        messages.warning(request, _("Nothing to take over from last year."))
    else:
        _say_changed(request, changed)
    return redirect(f"{reverse('sales:target_grid')}?{page_query(measure, year=year)}")


@may_set
@require_POST
def target_spread(request: HttpRequest) -> HttpResponse:
    categories = queries.categories()
    measure, year = asked_measure(request.GET, categories), asked_year(request.GET)
    form = SpreadForm(request.POST, found=queries.subjects(request.user), measure=measure)
    if not form.is_valid():
        return _draw(request, measure, categories, year, spread=form)
    data = form.cleaned_data
    try:
        changed = services.spread_year(
            actor=request.user,
            measure=measure,
            year=year,
            key=data["key"],
            total=data["total"],
            by_last_year=data["shape"] == "last_year",
        )
    except ValidationError as refusal:
        form.add_error(None, refusal)
        return _draw(request, measure, categories, year, spread=form)
    _say_changed(request, changed)
    return redirect(f"{reverse('sales:target_grid')}?{page_query(measure, year=year)}")


def _say_changed(request: HttpRequest, changed: int) -> None:
    text = ngettext("%(n)s target changed.", "%(n)s targets changed.", changed) % {"n": changed}
    messages.success(request, text)


# --- Excel
def _export(
    request: HttpRequest, measure: Measure, categories: list[ProductCategory], year: int
) -> FileResponse:
    if not request.user.has_perm("sales.export_target"):
        raise PermissionDenied
    measures = [measure]
    if request.GET.get("all"):
        plain = [m.value for m in TargetMeasure if m != TargetMeasure.CATEGORY_AMOUNT]
        measures = [*map(Measure, plain), *(Measure("category_amount", c.pk) for c in categories)]
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    count = target_files.write_targets(file, actor=request.user, measures=measures, year=year)
    file.seek(0)
    data_exported.send(sender=Target, user=request.user, what=f"{_('Targets')} {year}", rows=count)
    return FileResponse(file, as_attachment=True, filename=f"targets-{year}.xlsx", content_type=XLSX)
