"""客户价值 RFM: the classes of the customers in scope, and the list behind each figure (E5)."""

from __future__ import annotations

import math
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy

from accounts.models import Department
from alerts.filters import ValueFilterSet
from alerts.models import CustomerRhythm
from alerts.queries.rhythm import high_limits, visible_rhythms
from alerts.queries.rhythm import value_board as board_of
from alerts.queries.rhythm_source import rhythm_state
from alerts.rules import department_paths
from alerts.tables import VALUE_COLUMNS
from common import business_calendar
from common.views import ListPage


@permission_required("alerts.view_customerrhythm", raise_exception=True)
def value_board(request: HttpRequest) -> HttpResponse:
    """Eight classes and the grid of recency and frequency; `department` narrows them to a branch."""
    departments = list(Department.objects.with_tree_fields())
    chosen = next((each for each in departments if str(each.pk) == request.GET.get("department")), None)
    rows = visible_rhythms(request.user)
    if chosen is not None:
        paths = department_paths({each.pk: each.parent_id for each in departments})
        branch = [pk for pk, path in paths.items() if chosen.pk in path]
        rows = rows.filter(customer__owner__department_id__in=branch)
    state, board = rhythm_state(), board_of(business_calendar.today(), rows)
    context = {
        "board": board,
        "grid": _toned(board.grid),
        "state": state,
        "limits": high_limits(state),
        "departments": departments,
        "chosen": chosen,
        "within": f"&department={chosen.pk}" if chosen else "",
    }
    return render(request, "alerts/value_board.html", context)


def _toned(grid: list[list[int]]) -> list[dict[str, Any]]:
    """Rows of the grid with a tone 0–4 for each cell, by its share of the fullest."""
    most = max((count for row in grid for count in row), default=0) or 1
    return [
        {
            "score": 5 - place,
            "cells": [{"count": count, "tone": math.ceil(4 * count / most)} for count in row],
        }
        for place, row in enumerate(grid)
    ]


class ValueList(ListPage):
    """The customers behind a class or a cell of the grid."""

    permission_required = "alerts.view_customerrhythm"
    title = gettext_lazy("Customers by value")
    template_name = "alerts/value_list.html"
    columns = VALUE_COLUMNS
    filterset_class = ValueFilterSet
    default_sort = "-money"
    export_permission = "alerts.export_customerrhythm"
    export_name = "customer-value"
    empty_text = gettext_lazy("No customer has ordered yet, or nothing was computed since.")

    def get_queryset(self) -> QuerySet[CustomerRhythm]:
        rows = visible_rhythms(self.request.user).select_related("customer__owner")
        return rows.defer(
            *(f"customer__{name}" for name in ("search_text", "search_grams", "notes", "extra"))
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        kwargs["filterset"].offer()
        return super().get_context_data(**kwargs)
