from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import Resolver404, resolve, reverse_lazy
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from django.views.generic import UpdateView

from accounts import services
from accounts.forms import ProfileForm, SavedViewForm
from accounts.models import SavedView, User
from common.punctuation import named
from common.referer import page_before
from common.views import DEFAULT_VIEWS


class ProfileView(UpdateView):
    """My account: settings, language, log out; and who looked at my location (A3, A6)."""

    form_class = ProfileForm
    template_name = "accounts/profile.html"
    success_url = reverse_lazy("accounts:profile")

    def get_object(self, queryset: Any = None) -> User:
        return User.objects.select_related("department", "role", "superior").get(pk=self.request.user.pk)

    def get_initial(self) -> dict[str, Any]:
        return {"language": self.request.user.language or settings.LANGUAGE_CODE}  # type: ignore[union-attr]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        looked = self.object.looked_at.select_related("actor")[:20]
        return super().get_context_data(looked_at=looked, **kwargs)

    def form_valid(self, form: ProfileForm) -> HttpResponse:
        services.update_profile(user=self.object, **form.cleaned_data)
        with translation.override(self.object.language):  # the answer comes in the language just chosen
            messages.success(self.request, _("Your settings are saved."))
        return HttpResponseRedirect(str(self.success_url))


@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Language switch; kept on the user when somebody is logged in, else in a cookie."""
    language = request.POST.get("language", "")
    target = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}):
        target = "/"
    response = HttpResponseRedirect(target)
    if language in {code for code, _name in settings.LANGUAGES}:
        if request.user.is_authenticated:
            services.update_profile(user=request.user, language=language)
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, language, max_age=365 * 24 * 3600, samesite="Lax")
    return response


def page_too_old(request: HttpRequest, reason: str = "") -> HttpResponse:
    """What a form gets whose token is not the browser's any more, mostly since a login in another tab; Django calls it."""
    context = {"back": page_before(request)}
    return TemplateResponse(request, "accounts/page_too_old.html", context, status=403)


# --- saved views (A5): a fragment that every list loads after itself, so that lists keep their query count
def _list_path(raw: str) -> str:
    """The path of a page of ours; else 404, also for //other.site/."""
    try:
        resolve(raw)
    except Resolver404 as error:
        raise Http404 from error
    return raw


def _remember_defaults(request: HttpRequest) -> None:
    defaults = SavedView.objects.defaults_of(request.user)
    if request.session.get(DEFAULT_VIEWS) != defaults:
        request.session[DEFAULT_VIEWS] = defaults


@require_GET
def view_tabs(request: HttpRequest) -> HttpResponse:
    """GET page (path of the list), query (its query string): my views of it and what colleagues share, as tabs."""
    page = _list_path(request.GET.get("page", ""))
    now = services.clean_view_query(request.GET.get("query", ""))
    views = list(SavedView.objects.visible_to(request.user).filter(page=page).select_related("user"))
    _remember_defaults(request)
    context = {
        "page": page,
        "now": now,
        "views": views,
        "mine": [view for view in views if view.user_id == request.user.pk],
        "plain": "?view=0" if any(v.is_default and v.user_id == request.user.pk for v in views) else "",
        "may_share": request.user.has_perm("accounts.share_savedview"),
    }
    return TemplateResponse(request, "accounts/view_tabs.html", context)


@require_POST
def view_save(request: HttpRequest) -> HttpResponse:
    """POST page, query, name, is_shared, is_default: keep the list as it is now."""
    page = _list_path(request.POST.get("page", ""))
    form = SavedViewForm(request.POST)
    if not form.is_valid():
        return _refused(request, page, request.POST.get("query", ""), _first_words(form))
    query = request.POST.get("query", "")
    try:
        view = services.save_view(actor=request.user, page=page, query=query, **form.cleaned_data)
    except ValidationError as error:
        return _refused(request, page, query, " ".join(error.messages))
    messages.success(request, _("The view “%(name)s” is saved.") % {"name": view.name})
    return _back_to(request, view)


@require_POST
def view_update(request: HttpRequest, pk: int) -> HttpResponse:
    """POST name, is_shared, is_default for one of my own views."""
    view = get_object_or_404(SavedView, pk=pk, user=request.user)
    form = SavedViewForm(request.POST)
    try:
        if not form.is_valid():
            return _refused(request, view.page, view.query, _first_words(form))
        view = services.update_view(actor=request.user, view=view, **form.cleaned_data)
    except ValidationError as error:
        return _refused(request, view.page, view.query, " ".join(error.messages))
    messages.success(request, _("The view “%(name)s” is saved.") % {"name": view.name})
    return _back_to(request, view)


@require_POST
def view_delete(request: HttpRequest, pk: int) -> HttpResponse:
    view = get_object_or_404(SavedView, pk=pk, user=request.user)
    services.delete_view(actor=request.user, view=view)
    _remember_defaults(request)
    messages.success(request, _("The view “%(name)s” is deleted.") % {"name": view.name})
    return HttpResponseRedirect(view.page)


def _first_words(form: SavedViewForm) -> str:
    return " ".join(named(form.fields[name].label, errors[0]) for name, errors in form.errors.items())


def _back_to(request: HttpRequest, view: SavedView) -> HttpResponse:
    _remember_defaults(request)
    return HttpResponseRedirect(f"{view.page}?{view.query or 'view=0'}")


def _refused(request: HttpRequest, page: str, query: str, reason: str) -> HttpResponse:
    messages.error(request, reason)
    return HttpResponseRedirect(f"{page}?{services.clean_view_query(query) or 'view=0'}")
