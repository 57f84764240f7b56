"""What people write in their reports, by role and kind; for managers (H3)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.enums import RoleCode
from team.enums import WorkReportKind
from team.forms.reports import SectionFormSet, TemplateForm, attach_errors
from team.models import WorkReportTemplate
from team.queries import reports as queries
from team.rules.reports import MAX_SECTIONS, Section, read_sections
from team.services import report_templates as services
from team.views.reports import me

PERMISSION = "team.change_workreporttemplate"
EVERYBODY = "everybody"  # in addresses, for the template without a role
may_change = permission_required(PERMISSION, raise_exception=True)


def roles() -> list[tuple[str, str]]:
    """(role as addresses name it, its name), everybody else last."""
    return [*((str(code), str(code.label)) for code in RoleCode), (EVERYBODY, _("Everybody else"))]


@may_change
@require_GET
def template_list(request: HttpRequest) -> HttpResponse:
    """Role by kind: which sections, and whether the report must be sent."""
    found = queries.templates()
    lines = []
    for role, name in roles():
        code = "" if role == EVERYBODY else role
        cells = []
        for kind in WorkReportKind:
            own = found.get((code, kind.value))
            row = own or found.get(("", kind.value))
            sections = read_sections(row.sections) if row else []
            cells.append({"kind": kind, "own": own is not None, "row": row, "sections": sections})
        lines.append((role, name, cells))
    return TemplateResponse(request, "team/report_templates.html", {"lines": lines})


@may_change
@require_http_methods(["GET", "POST"])
def template_edit(request: HttpRequest, role: str, kind: str) -> HttpResponse:
    """The sections of one template; a role without one of its own begins with that of everybody."""
    code, row = asked(role, kind)
    own = row is not None and row.role == code
    form = TemplateForm(request.POST or None, initial={"is_due": bool(row and row.is_due)})
    lines = SectionFormSet(request.POST or None, initial=initial_lines(row), prefix="section")
    if request.method == "POST" and form.is_valid() and lines.is_valid():
        try:
            services.save_template(
                actor=me(request),
                role=code,
                kind=kind,
                sections=ordered(lines),
                is_due=form.cleaned_data["is_due"],
            )
        except ValidationError as error:
            attach_errors(form, error)
        else:
            messages.success(request, _("The template is saved. Reports that are sent stay as they are."))
            return redirect("team:work_report_templates")
    context: dict[str, Any] = {
        "form": form,
        "lines": lines,
        "role": role,
        "role_name": dict(roles())[role],
        "kind": WorkReportKind(kind),
        "may_remove": own and code,
        "most": MAX_SECTIONS,
    }
    status = 422 if request.method == "POST" else 200
    return TemplateResponse(request, "team/report_template_form.html", context, status=status)


def asked(role: str, kind: str) -> tuple[str, WorkReportTemplate | None]:
    """The role's code and the template that holds for it; 404 for a role or kind that there is not."""
    if role not in dict(roles()) or kind not in WorkReportKind.values:
        raise Http404
    code = "" if role == EVERYBODY else role
    found = queries.templates()
    return code, found.get((code, kind)) or found.get(("", kind))


def initial_lines(row: WorkReportTemplate | None) -> list[dict[str, Any]]:
    """The sections, and empty lines up to the most there may be."""
    sections = read_sections(row.sections) if row else []
    lines = [
        {
            "key": section.key,
            "label": section.label,
            "hint": section.hint,
            "required": "1" if section.required else "",
            "draft": section.draft,
        }
        for section in sections
    ]
    return [*lines, *({} for _line in range(MAX_SECTIONS - len(lines)))]


def ordered(lines: Any) -> list[Section]:
    """The named sections by the numbers typed beside them; those without one stay behind, as they stood."""
    numbered = sorted(
        enumerate(lines.forms), key=lambda pair: (pair[1].cleaned_data.get("ORDER") or 99, pair[0])
    )
    return [section for _number, form in numbered if (section := form.section())]


@require_POST
@may_change
def template_remove(request: HttpRequest, role: str, kind: str) -> HttpResponse:
    code, _row = asked(role, kind)
    try:
        services.remove_template(actor=me(request), role=code, kind=kind)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("This role follows the template of everybody now."))
    return redirect("team:work_report_templates")
