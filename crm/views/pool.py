"""The public pool: who may be claimed, never how to reach him; claiming and assigning; what goes there soon (C4–C6)."""

from collections import Counter
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_POST

from accounts.models import SystemOptions
from common.business_calendar import business_day
from common.punctuation import named
from common.tables import Column
from common.views import BulkAction, ListPage
from crm.enums import OwnerChangeReason
from crm.filters.pool import PoolFilterSet, SoonFilterSet
from crm.forms.customers import attach_errors
from crm.forms.pool import PoolAssignForm
from crm.models import Customer, PoolRule
from crm.queries import pool_list as queries
from crm.queries.pool_soon import soon_rows
from crm.querysets import CustomerQuerySet
from crm.services import owners
from crm.tables.pool import CLAIM_COLUMN, POOL_COLUMNS, clock_label, soon_columns, why_pooled
from crm.views.access import current_user

MOST_AT_ONCE = 200
NAMED = 8  # refusals told by name; the rest are counted


class PoolList(ListPage):
    permission_required = "crm.view_pool"
    title = gettext_lazy("Public pool")
    filterset_class = PoolFilterSet
    template_name = "crm/pool_list.html"
    default_sort = "-since"
    empty_text = gettext_lazy("The public pool is empty. Customers without an owner wait here to be claimed.")
    next_url = reverse_lazy("crm:pool_soon")
    next_label = gettext_lazy("Who comes back soon")
    bulk_actions = (
        BulkAction(
            gettext_lazy("Claim"), reverse_lazy("crm:pool_claim_many"), "hand-grab", "crm.claim_customer"
        ),
        BulkAction(
            gettext_lazy("Assign"), reverse_lazy("crm:pool_assign"), "user-share", "crm.assign_customer"
        ),
    )

    def get_queryset(self) -> CustomerQuerySet:
        return queries.pool_rows(current_user(self.request), self.options)

    @cached_property
    def options(self) -> SystemOptions:
        return SystemOptions.load()

    def get_columns(self) -> tuple[Column, ...]:
        may_claim = self.request.user.has_perm("crm.claim_customer")
        return (*POOL_COLUMNS, CLAIM_COLUMN) if may_claim else POOL_COLUMNS

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), **_room(self.request, self.options)}


def _room(request: HttpRequest, options: SystemOptions) -> dict[str, Any]:
    """What the user may still take: `claims` of the business day and `holding`, both Caps."""
    user = current_user(request)
    return {
        "claims": queries.daily_claims(user, business_day(timezone.now()), options),
        "holding": queries.holding(user, options),
    }


@require_GET
@permission_required("crm.view_pool", raise_exception=True)
def pool_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """What the pool shows of a customer. Somebody's own customer by now: its page, for those who see it."""
    user = current_user(request)
    options = SystemOptions.load()
    customer = queries.pool_rows(user, options).filter(pk=pk).first()
    if customer is None:
        return redirect(get_object_or_404(Customer.objects.visible_to(user), pk=pk, owner__isnull=False))
    until = queries.waits_until(user, customer, options)
    context = {
        "customer": customer,
        "why": why_pooled(customer.pool_reason, customer.pool_clock),
        # Without the notes: a hand-over note may hold a phone.
        "changes": [
            {"change": change, "clock": clock_label(change.clock)}
            for change in queries.owner_history(customer)
        ],
        "waits_until": until if until and until > timezone.now() else None,
        "sees_all": Customer.objects.visible_to(user).filter(pk=pk).exists(),
        **_room(request, options),
    }
    return TemplateResponse(request, "crm/pool_detail.html", context)


# --- claiming and assigning
def chosen(request: HttpRequest) -> list[int]:
    """The posted `pk`s; what is no key is no customer."""
    ids = {int(pk) for pk in request.POST.getlist("pk") if pk.isdecimal() and len(pk) < 19}
    return sorted(ids)[:MOST_AT_ONCE]


def tell(request: HttpRequest, outcome: owners.OwnerOutcome, done: str) -> None:
    """Toasts: what was done, and of each customer that was refused its name and why.

    Named are those the user sees, in the pool or as his own; of others not even the name is told.
    """
    if outcome.changed:
        messages.success(request, done)
    if not outcome.refused:
        if not outcome.changed:
            messages.warning(request, _("Choose at least one customer first."))
        return
    user = current_user(request)
    seen = Customer.objects.filter(pk__in=list(outcome.refused)[:NAMED])
    names = dict(seen.filter(queries.pool_q(user)).values_list("pk", "name"))
    names |= dict(seen.visible_to(user).values_list("pk", "name"))
    for pk, reason in outcome.refused.items():
        if pk in names:
            messages.warning(request, named(names[pk], reason))
    rest = Counter(reason for pk, reason in outcome.refused.items() if pk not in names)
    for reason, count in rest.most_common(4):
        text = ngettext(
            "%(n)s customer left as it was: %(why)s", "%(n)s customers left as they were: %(why)s", count
        )
        messages.warning(request, text % {"n": count, "why": reason})


@require_POST
@permission_required(["crm.view_pool", "crm.claim_customer"], raise_exception=True)
def pool_claim(request: HttpRequest, pk: int) -> HttpResponse:
    """Takes the customer out of the pool and opens it; a refusal goes back to the pool and says why."""
    try:
        customer = owners.claim_customer(actor=current_user(request), customer_id=pk)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("crm:pool_list")
    messages.success(request, _("“%(name)s” is yours now.") % {"name": customer.name})
    return redirect(customer)


@require_POST
@permission_required(["crm.view_pool", "crm.claim_customer"], raise_exception=True)
def pool_claim_many(request: HttpRequest) -> HttpResponse:
    outcome = owners.claim_customers(actor=current_user(request), customers=chosen(request))
    count = len(outcome.changed)
    done = ngettext("%(n)s customer is yours now.", "%(n)s customers are yours now.", count) % {"n": count}
    tell(request, outcome, done)
    return redirect("crm:pool_list")


@require_POST
@permission_required(["crm.view_pool", "crm.assign_customer"], raise_exception=True)
def pool_assign(request: HttpRequest) -> HttpResponse:
    """POST pk (many): asks for the new owner; POST pk and owner: assigns."""
    user = current_user(request)
    customers = list(queries.pool_rows(user).filter(pk__in=chosen(request)).order_by("name", "pk"))
    if not customers:
        messages.warning(request, _("Choose at least one customer first."))
        return redirect("crm:pool_list")
    form = PoolAssignForm(request.POST if "owner" in request.POST else None, user=user)
    if form.is_valid():
        owner = form.cleaned_data["owner"]
        try:
            outcome = owners.assign_owner(
                actor=user,
                customers=[customer.pk for customer in customers],
                owner=owner,
                reason=OwnerChangeReason.ASSIGNED,
                note=form.cleaned_data["note"],
            )
        except ValidationError as error:
            attach_errors(form, error)
        else:
            count = len(outcome.changed)
            done = ngettext(
                "%(n)s customer now belongs to %(person)s.",
                "%(n)s customers now belong to %(person)s.",
                count,
            )
            tell(request, outcome, done % {"n": count, "person": owner})
            return redirect("crm:pool_list")
    context = {"form": form, "customers": customers, "submit_label": _("Assign")}
    context |= {"title": _("Assign customers from the pool"), "cancel_url": reverse("crm:pool_list")}
    return TemplateResponse(request, "crm/pool_assign.html", context, status=422 if form.errors else 200)


# --- soon
class PoolSoon(ListPage):
    """My customers and my people's that a clock will take, the nearest first, each with the reason."""

    permission_required = ("crm.view_pool", "crm.view_customer")
    title = gettext_lazy("Going to the pool soon")
    filterset_class = SoonFilterSet
    template_name = "crm/pool_soon.html"
    empty_text = gettext_lazy("No clock runs for these customers: no rule of the pool takes any of them.")
    next_url = reverse_lazy("crm:pool_rules")
    next_label = gettext_lazy("Pool rules")
    next_permission = "crm.view_poolrule"

    def get_queryset(self) -> QuerySet[Customer]:
        return soon_rows(current_user(self.request), self.rules.values())

    @cached_property
    def rules(self) -> dict[int, PoolRule]:
        return {rule.pk: rule for rule in PoolRule.objects.filter(is_active=True)}

    @cached_property
    def all_columns(self) -> tuple[Column, ...]:
        return soon_columns(self.rules)

    def get_columns(self) -> tuple[Column, ...]:
        return self.all_columns
