"""One's own phrases (我的 → 常用语)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django.views.generic import FormView

from visits.enums import PhraseUse
from visits.forms.in_store import PhraseForm
from visits.models import Phrase
from visits.services.phrases import delete_phrase, save_phrase


class PhraseListView(PermissionRequiredMixin, FormView):
    """GET: own phrases and everybody's. POST: one more; ?edit= changes one of one's own."""

    permission_required = "visits.view_visit"
    raise_exception = True
    template_name = "visits/phrases.html"
    form_class = PhraseForm

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.edited: Phrase | None = None

    def get_form_kwargs(self) -> dict[str, Any]:
        wanted = self.request.GET.get("edit", "")
        if wanted.isdecimal() and len(wanted) < 19:
            self.edited = get_object_or_404(Phrase, pk=wanted, user=self.request.user)
        return {**super().get_form_kwargs(), "instance": self.edited}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        mine = Phrase.objects.filter(user=self.request.user).order_by("use", "position", "pk")
        shared = Phrase.objects.filter(user__isnull=True).order_by("use", "position", "pk")
        return {
            **context,
            "mine": mine,
            "shared": shared,
            "edited": self.edited,
            "uses": PhraseUse.choices,
        }

    def form_valid(self, form: PhraseForm) -> HttpResponse:
        data = form.cleaned_data
        stored = Phrase.objects.get(pk=self.edited.pk) if self.edited else None
        try:
            save_phrase(actor=self.request.user, use=data["use"], text=data["text"], phrase=stored)
        except ValidationError as error:
            form.add_error(None, error)
            return self.form_invalid(form)
        messages.success(self.request, _("Phrase saved."))
        return HttpResponseRedirect(reverse("visits:phrase_list"))


@require_POST
@permission_required("visits.view_visit", raise_exception=True)
def phrase_delete(request: HttpRequest, pk: int) -> HttpResponse:
    phrase = get_object_or_404(Phrase, pk=pk, user=request.user)
    delete_phrase(actor=request.user, phrase=phrase)
    messages.success(request, _("Phrase deleted."))
    return HttpResponseRedirect(reverse("visits:phrase_list"))
