"""Aging as of a day by customer, rep or department; every figure leads to its bills."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from common import business_calendar
from common.exports import rows_response
from common.signals import data_exported
from sales.filters.bills import AgingFilterSet, as_of
from sales.models import Bill
from sales.queries.aging import GROUPS, AgingRow, aging, aging_page, with_names
from sales.rules.aging import BUCKETS

PAGE_SIZE = 50


@permission_required("sales.view_bill", raise_exception=True)
def aging_list(request: HttpRequest) -> HttpResponseBase:
    """GET: as_of, by (customer, rep, department), q, rep, department, page, export=xlsx."""
    today = business_calendar.today()
    day = as_of(request.GET.get("as_of"), today)
    by = request.GET.get("by", "customer")
    by = by if by in GROUPS else "customer"
    bills = Bill.objects.of_customers(request.user)
    filterset = AgingFilterSet(request.GET, queryset=bills, request=request)
    asked = filterset.qs if filterset.is_valid() else bills.none()
    if request.GET.get("export") == "xlsx":
        return _export(request, with_names(aging(asked, day=day, today=today, by=by), by), day)
    wanted = _number(request.GET.get("page"))
    found = aging_page(asked, day=day, today=today, by=by, start=(wanted - 1) * PAGE_SIZE, size=PAGE_SIZE)
    page = Paginator(range(found.count), PAGE_SIZE).get_page(wanted)
    if found.count and page.number != wanted:  # beyond the end: the last one
        start = (page.number - 1) * PAGE_SIZE
        found = aging_page(asked, day=day, today=today, by=by, start=start, size=PAGE_SIZE)
    total = found.total
    context = {
        "page": page,
        "lines": [_line(request, row, by, day, today) for row in with_names(found.rows, by)],
        "total": _line(request, total, "", day, today),
        "shares": [
            {"bucket": bucket, "share": amount / total.total if total.total else 0}
            for bucket, amount in zip(BUCKETS, total.amounts, strict=True)
        ],
        "buckets": BUCKETS,
        "by": by,
        "ways": [("customer", _("Customer")), ("rep", _("Owner")), ("department", _("Department"))],
        "day": day,
        "today": today,
        "filterset": filterset,
        "can_export": request.user.has_perm("sales.export_receipt"),
    }
    return TemplateResponse(request, "sales/aging.html", context)


def _number(text: str | None) -> int:
    """The page that is asked for; the first for what is no number."""
    return max(int(text), 1) if text and text.isdecimal() and len(text) < 7 else 1


def _line(request: HttpRequest, row: AgingRow, by: str, day: dt.date, today: dt.date) -> dict[str, Any]:
    """The row with an address for each figure."""
    wanted: dict[str, Any] = {"state": "open"}
    if day < today:
        wanted["as_of"] = day.isoformat()
    for name in ("rep", "department", "q"):
        if request.GET.get(name):
            wanted[name] = request.GET[name]
    if by and row.key is not None:
        wanted[by] = row.key
    address = reverse("sales:bill_list")
    return {
        "row": row,
        "name": row.name or _("nobody"),
        "url": f"{address}?{urlencode(wanted)}",
        "statement": reverse("sales:statement", args=[row.key]) if by == "customer" else "",
        "cells": [
            {
                "bucket": bucket,
                "amount": amount,
                "url": f"{address}?{urlencode({**wanted, 'bucket': bucket.key})}",
                "is_late": bucket.key != "not_due",
            }
            for bucket, amount in zip(BUCKETS, row.amounts, strict=True)
        ],
    }


def _export(request: HttpRequest, rows: Sequence[AgingRow], day: dt.date) -> HttpResponseBase:
    if not request.user.has_perm("sales.export_receipt"):
        raise PermissionDenied
    title = _("Aging as of %(day)s") % {"day": day.isoformat()}
    data_exported.send(sender=Bill, user=request.user, what=title, rows=len(rows))
    heads = [_("Name"), *(str(bucket.label) for bucket in BUCKETS), _("Overdue"), _("Total")]
    lines = ([row.name, *row.amounts, row.overdue, row.total] for row in rows)
    return rows_response(f"aging-{day:%Y%m%d}.xlsx", heads, lines)
