"""Locations to confirm: list and map, decided one by one or in bulk."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views import View

from visits import queries
from visits.queries.locations import MOST, Suggested
from visits.services.locations import decide_locations
from visits.views.answers import whole_numbers


class LocationsView(PermissionRequiredMixin, View):
    """GET: the suggested locations with the fixes of later check-ins. POST: `decision` for the chosen ones (`pk`)."""

    permission_required = ("crm.confirm_location", "visits.view_visit")
    raise_exception = True

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.page(request)

    def post(self, request: HttpRequest) -> HttpResponse:
        ids = whole_numbers(request.POST.getlist("pk"))
        try:
            if not ids:
                raise ValidationError(_("Choose customers first."))
            decided = decide_locations(
                actor=request.user, customer_ids=ids, decision=request.POST.get("decision", "")
            )
        except ValidationError as error:
            return self.page(request, error, chosen=ids)
        text = ngettext("%(n)s location decided.", "%(n)s locations decided.", decided.done)
        words = text % {"n": decided.done}
        if decided.left:
            words += " " + _("%(n)s left as they were: decided meanwhile, or no check-ins to move to.") % {
                "n": decided.left
            }
        (messages.success if decided.done else messages.warning)(request, words)
        return HttpResponseRedirect(reverse("visits:location_list"))

    def page(
        self, request: HttpRequest, error: ValidationError | None = None, chosen: list[int] | None = None
    ) -> HttpResponse:
        waiting = queries.locations_to_confirm(user=request.user)
        rows = queries.with_fixes(list(waiting[:MOST]))
        context: dict[str, Any] = {
            "rows": rows,
            "more": waiting.count() - len(rows) if len(rows) == MOST else 0,
            "points": [point(row) for row in rows],
            "error": error,
            "chosen": set(chosen or ()),
        }
        return render(request, "visits/locations.html", context, status=422 if error else 200)


def point(row: Suggested) -> dict[str, Any]:
    """What the map draws of one customer."""
    customer = row.customer
    return {
        "id": customer.pk,
        "name": customer.name,
        "at": [customer.latitude, customer.longitude],
        "fixes": [[latitude, longitude, accuracy] for latitude, longitude, accuracy, _metres in row.fixes],
        "better": row.better,
    }
