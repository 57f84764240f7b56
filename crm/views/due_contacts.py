"""Whom to contact today (今日待联系): customers and leads whose next contact is due."""

from django.contrib.auth.decorators import permission_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from common.business_calendar import today
from crm.queries import follow_ups as queries
from crm.views.access import current_user

PAGE_SIZE = 50


@permission_required("crm.view_followup", raise_exception=True)
def due_list(request: HttpRequest) -> HttpResponse:
    """GET: owner (user id, one of mine), page."""
    user, day = current_user(request), today()
    people = queries.reps(user)
    wanted = request.GET.get("owner", "")
    owner_id = int(wanted) if wanted.isdecimal() and int(wanted) in dict(people) else None
    page = Paginator(queries.due_rows(user, day, owner_id=owner_id), PAGE_SIZE).get_page(
        request.GET.get("page")
    )
    rows = [(row, row.days_late(day)) for row in queries.with_phones(list(page.object_list))]
    context = {"page": page, "rows": rows, "people": people if len(people) > 1 else [], "owner_id": owner_id}
    return TemplateResponse(request, "crm/follow_up_due.html", context)
