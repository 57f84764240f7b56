from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.models import User
from common.search import asked_text
from reports.queries.search import new_links, search_everything

DIALOG = "search-results"  # where the dialog of every page puts what is found


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """?q=: what the person may see of what it finds; empty: what he may make. The dialog gets a listbox, the page links."""
    user = request.user
    assert isinstance(user, User)
    text = asked_text(request.GET.get("q", ""))
    context = {
        "text": text,
        "groups": search_everything(user, text),
        "new": [] if text else new_links(user),
        "in_dialog": bool(request.htmx) and request.htmx.target == DIALOG,
    }
    return render(request, f"reports/search.html{'#results' if request.htmx else ''}", context)
