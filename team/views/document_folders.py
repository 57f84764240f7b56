"""Folders of the library: the tree to arrange."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from common.business_calendar import today
from team.forms.documents import FolderForm
from team.models import Folder
from team.queries.documents import visible_tree
from team.services import document_folders as services
from team.views.document_edit import attach
from team.views.documents import me

may_arrange = permission_required(["team.view_document", "team.change_folder"], raise_exception=True)


@may_arrange
@require_safe
def folder_list(request: HttpRequest) -> HttpResponse:
    return TemplateResponse(request, "team/folder_list.html", {"tree": visible_tree(me(request), today())})


@may_arrange
@require_http_methods(["GET", "POST"])
def folder_new(request: HttpRequest) -> HttpResponse:
    parent = request.GET.get("parent", "")
    initial = {"parent": parent} if parent.isdecimal() and len(parent) < 19 else {}
    return _edit(request, FolderForm(request.POST or None, instance=Folder(), initial=initial), None)


@may_arrange
@require_http_methods(["GET", "POST"])
def folder_edit(request: HttpRequest, pk: int) -> HttpResponse:
    folder = get_object_or_404(Folder, pk=pk)
    return _edit(request, FolderForm(request.POST or None, instance=folder), folder)


def _edit(request: HttpRequest, form: FolderForm, folder: Folder | None) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        try:
            services.save_folder(actor=me(request), folder=folder, **form.cleaned_data)
        except ValidationError as refusal:
            attach(form, refusal)
        else:
            messages.success(request, _("The folder is saved."))
            return redirect("team:folder_list")
    context = {
        "form": form,
        "title": _("Change folder") if folder else _("New folder"),
        "cancel_url": reverse("team:folder_list"),
    }
    return TemplateResponse(request, "team/folder_form.html", context, status=422 if form.errors else 200)


@may_arrange
@require_POST
def folder_delete(request: HttpRequest, pk: int) -> HttpResponse:
    folder = get_object_or_404(Folder, pk=pk)
    try:
        services.delete_folder(actor=me(request), folder=folder)
        messages.success(request, _("The folder is removed."))
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    return redirect("team:folder_list")
