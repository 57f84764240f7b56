from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse_lazy
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django.views.generic import UpdateView

from accounts import services
from accounts.forms import ProfileForm
from accounts.models import User


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
