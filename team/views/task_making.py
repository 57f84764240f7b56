"""Making customer tasks (H1): one, a complaint, for a selection of customers, from alerts; and changing one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views import View
from django.views.decorators.http import require_http_methods, require_POST

from alerts.models import Alert
from crm.models import Customer
from crm.queries.customer_filters import CustomerFilterSet
from team.enums import CustomerTaskKind, CustomerTaskSource
from team.forms.tasks import BulkForm, ComplaintForm, EditForm, TaskForm, attach_errors, usual_due
from team.models import CustomerTask
from team.queries import tasks as queries
from team.services import task_making
from team.services import tasks as services
from team.services.task_making import MakeResult
from team.views.task_list import VIEW, me

ADD = "team.add_customertask"
CHANGE = "team.change_customertask"
SHOWN = 12  # names on the page that asks


def safe_next(request: HttpRequest, fallback: str) -> str:
    """`next` of the request when it stays on this site."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    ours = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return target if ours and target.startswith("/") else fallback


def whole_numbers(values: Sequence[str]) -> list[int]:
    """Ids as they come from a form; what is no id is nobody's."""
    return [int(value) for value in values if value.isascii() and value.isdigit() and len(value) < 19]


# --- one
class TaskCreate(PermissionRequiredMixin, View):
    """GET: `customer`, an id, and `kind`; without a customer the form asks for one."""

    raise_exception = True
    permission_required = (VIEW, ADD)
    form_class: type[TaskForm] = TaskForm
    is_complaint = False
    template_name = "team/task_form.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        customer = self.preset()
        initial: dict[str, Any] = {
            "assignee": self.first_assignee(customer),
            "due_at": usual_due(timezone.now()),
        }
        if (kind := request.GET.get("kind", "")) in CustomerTaskKind.values:
            initial["kind"] = kind
        if customer is not None:
            initial["customer"] = customer.pk
        return self.draw(self.form_class(initial=initial, user=me(request)), customer)

    def post(self, request: HttpRequest) -> HttpResponse:
        form = self.form_class(request.POST, user=me(request))
        if form.is_valid():
            try:
                task = self.make(form)
            except ValidationError as refusal:
                attach_errors(form, refusal)
            else:
                messages.success(request, _("%(number)s is made.") % {"number": task.number})
                return redirect(safe_next(request, task.get_absolute_url()))
        return self.draw(form, self.typed(form), status=422)

    def make(self, form: TaskForm) -> CustomerTask:
        data = form.cleaned_data
        preset = bool(self.request.GET.get("customer"))
        source = CustomerTaskSource.CUSTOMER if preset else CustomerTaskSource.MANUAL
        return services.create_task(
            actor=me(self.request),
            customer=data["customer"],
            assignee=data["assignee"],
            terms=form.terms(),
            steps=data.get("steps", ()),
            source=CustomerTaskSource.COMPLAINT if self.is_complaint else source,
            is_complaint=self.is_complaint,
            uuid=data["uuid"],
        )

    def preset(self) -> Customer | None:
        """The customer of the address; 404 when the user does not see him."""
        found = whole_numbers([self.request.GET.get("customer", "")])
        rows = Customer.objects.visible_to(me(self.request))
        return get_object_or_404(rows, pk=found[0]) if found else None

    def first_assignee(self, customer: Customer | None) -> int:
        """Oneself; what the office writes down is first of all for the customer's owner, if he may be given it."""
        user = me(self.request)
        if customer is None or customer.owner_id is None or user.role_code == "rep":
            return user.pk
        return customer.owner_id

    def typed(self, form: TaskForm) -> Customer | None:
        """The customer of a form that was refused, to show him again."""
        found = whole_numbers([str(form.data.get("customer", ""))])
        rows = Customer.objects.visible_to(me(self.request))
        return rows.filter(pk__in=found).first() if found else None

    def draw(self, form: TaskForm, customer: Customer | None, *, status: int = 200) -> HttpResponse:
        back = customer.get_absolute_url() if customer else reverse("team:customer_task_list")
        context = {
            "title": _("New complaint") if self.is_complaint else _("New customer task"),
            "form": form,
            "customer": customer,
            "is_complaint": self.is_complaint,
            "next": safe_next(self.request, ""),
            "cancel_url": safe_next(self.request, back),
        }
        return TemplateResponse(self.request, self.template_name, context, status=status)


class ComplaintCreate(TaskCreate):
    """A complaint: a service task with a short form."""

    form_class = ComplaintForm
    is_complaint = True


@require_http_methods(["GET", "POST"])
@permission_required((VIEW, CHANGE), raise_exception=True)
def task_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change what a task says."""
    user = me(request)
    task = get_object_or_404(CustomerTask.objects.visible_to(user).select_related("customer"), pk=pk)
    if not queries.may_change(user, task):
        raise PermissionDenied
    form = EditForm(request.POST or None, task=task)
    if request.method == "POST" and form.is_valid():
        try:
            services.update_task(actor=user, task=task, terms=form.terms())
        except ValidationError as refusal:
            attach_errors(form, refusal)
        else:
            messages.success(request, _("The task is changed."))
            return redirect(task)
    title = _("Change the task")
    context = {"title": title, "form": form, "task": task, "customer": task.customer, "cancel_url": task.get_absolute_url()}  # fmt: skip
    return TemplateResponse(request, "team/task_form.html", context, status=422 if form.is_bound else 200)


# --- many
@require_POST
@permission_required((VIEW, ADD, "crm.view_customer"), raise_exception=True)
def for_customers(request: HttpRequest) -> HttpResponse:
    """The customer list's selection (`pk`, many, or `all=1` and `query`): asks what is to be done, then does it."""
    customers = _chosen_customers(request)
    ids = list(customers.order_by("pk").values_list("pk", flat=True)[: task_making.MOST + 1])
    if not ids:
        messages.warning(request, _("Choose at least one customer of yours or your people first."))
        return redirect("crm:customer_list")
    query = request.POST.get("query", "")
    back = reverse("crm:customer_list") + (f"?{query}" if query else "")
    named = customers.select_related("owner").order_by("pk")[:SHOWN]
    form = _bulk_form(request)
    if form.is_bound and form.is_valid():
        data = form.cleaned_data
        try:
            result = task_making.make_for_customers(
                actor=me(request),
                customer_ids=ids,
                terms=form.terms(),
                batch=data["uuid"],
                assignee=data["assignee"],
            )
        except ValidationError as refusal:
            attach_errors(form, refusal)
        else:
            return _made(request, result, safe_next(request, back))
    return _asked(request, form, ids, [(row.name, row.owner) for row in named], back)


def _chosen_customers(request: HttpRequest) -> QuerySet[Any]:
    """The ticked rows, or with `all=1` every row of the filters in `query`."""
    scope = Customer.objects.visible_to(me(request))
    if request.POST.get("all") != "1":
        return scope.filter(pk__in=whole_numbers(request.POST.getlist("pk")))
    filterset = CustomerFilterSet(QueryDict(request.POST.get("query", "")), queryset=scope, request=request)
    rows: QuerySet[Any] = filterset.qs if filterset.is_valid() else scope.none()
    return rows


@require_POST
@permission_required((VIEW, ADD, "alerts.view_alert"), raise_exception=True)
def from_alerts(request: HttpRequest) -> HttpResponse:
    """Open alerts (`pk`, many): asks what is to be done, then makes one task for each of their customers."""
    asked = Alert.objects.visible_to(me(request)).filter(pk__in=whole_numbers(request.POST.getlist("pk")))
    alerts = asked.filter(closed_on__isnull=True)
    ids = list(alerts.order_by("due_on", "pk").values_list("pk", flat=True))
    back = safe_next(request, reverse("alerts:alert_list"))
    if not ids:
        messages.warning(request, _("Choose at least one alert that is still open."))
        return redirect(back)
    named = alerts.select_related("customer__owner").order_by("due_on", "pk")[:SHOWN]
    form = _bulk_form(request, title=_("Look after the alert"))
    if form.is_bound and form.is_valid():
        data = form.cleaned_data
        try:
            result = task_making.make_from_alerts(
                actor=me(request),
                alert_ids=ids,
                terms=form.terms(),
                batch=data["uuid"],
                assignee=data["assignee"],
            )
        except ValidationError as refusal:
            attach_errors(form, refusal)
        else:
            return _made(request, result, back)
    return _asked(request, form, ids, [(row.customer.name, row.get_kind_display()) for row in named], back)


def _bulk_form(request: HttpRequest, **initial: Any) -> BulkForm:
    """Bound once the page that asks was sent; the list's own post has no title yet."""
    typed = request.POST if "title" in request.POST else None
    return BulkForm(typed, initial={"due_at": usual_due(timezone.now()), **initial}, user=me(request))


def _asked(
    request: HttpRequest, form: BulkForm, ids: list[int], named: Sequence[tuple[str, Any]], back: str
) -> HttpResponse:
    """The page that asks; it carries the selection on."""
    everything = request.POST.get("all") == "1"
    context = {
        "title": _("Make customer tasks"),
        "form": form,
        "count": len(ids),
        "named": named,
        "more": max(len(ids) - SHOWN, 0),
        "everything": everything,
        "query": request.POST.get("query", ""),
        "pks": [] if everything else ids,
        "next": safe_next(request, ""),
        "cancel_url": back,
    }
    return TemplateResponse(request, "team/task_bulk.html", context, status=422 if form.errors else 200)


def _made(request: HttpRequest, result: MakeResult, back: str) -> HttpResponse:
    made = ngettext("%(n)s customer task is made.", "%(n)s customer tasks are made.", result.created)
    parts = [made % {"n": result.created}]
    if result.existing:
        parts.append(_("%(n)s had one already.") % {"n": result.existing})
    messages.success(request, " ".join(parts))
    return redirect(back)
