"""照片墙: photos of visits with filters, a photo large with what it proves, and the same picture used twice (D10, D11)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from common.tables import Column
from common.views import ListPage
from visits import queries
from visits.filters.photos import PhotoFilter
from visits.queries.photos import mark_pairs, wall_photos
from visits.services.thumbnails import thumbnail
from visits.tables.photos import photo_columns

may_see = permission_required("visits.view_visit", raise_exception=True)


class PhotoWallView(ListPage):
    permission_required = "visits.view_visit"
    title = _("Photo wall")
    filterset_class = PhotoFilter
    default_sort = "-taken"
    page_size = 48
    template_name = "visits/photo_wall.html"
    export_permission = "visits.export_visit"
    export_name = "visit-photos"
    empty_text = _("No photos yet. Those taken at visits appear here.")
    next_url = reverse_lazy("visits:today")
    next_label = _("My day")
    next_permission = "visits.view_visittask"

    def get_columns(self) -> Sequence[Column]:
        return photo_columns(self.request.build_absolute_uri)

    def get_queryset(self) -> QuerySet:
        return wall_photos(user=self.request.user)

    def get_context_data(self, *, filterset: Any, page: Any) -> dict[str, Any]:
        mark_pairs(user=self.request.user, photos=page.object_list)
        return {**super().get_context_data(filterset=filterset, page=page), "chooser": ()}


@may_see
@require_GET
def photo_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One photo large, with the facts of its visit, beside the earlier one it looks like."""
    photo = get_object_or_404(wall_photos(user=request.user), pk=pk)
    mark_pairs(user=request.user, photos=[photo])
    later = wall_photos(user=request.user).filter(reuse_of=photo)[:12]
    shown = [photo, photo.earlier] if photo.earlier else [photo]
    context = {"photo": photo, "shown": shown, "later": list(later)}
    return render(request, "visits/photo_page.html", context)


@may_see
@require_GET
def small_photo(request: HttpRequest, pk: int) -> HttpResponse:
    """The photo in small, for those who may see its visit; browsers keep it, proxies do not."""
    photo = get_object_or_404(queries.visible_photos(user=request.user), pk=pk)
    try:
        content = thumbnail(photo=photo)
    except FileNotFoundError as error:
        raise Http404 from error
    response = HttpResponse(content, content_type="image/jpeg")
    response["Cache-Control"] = "private, max-age=604800, immutable"
    response["X-Content-Type-Options"] = "nosniff"
    return response
