"""Customers shown to colleagues (A2): one customer's shares, and all that concern me."""

from __future__ import annotations

import django_filters
from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from common.filters import ListFilterSet
from common.tables import Column, FormatColumn, MomentColumn, badge
from common.views import BulkAction, ListPage
from common.widgets import PlainSelect
from crm import services
from crm.forms.customers import ShareForm, attach_errors
from crm.models import Customer, CustomerShare
from crm.queries import customers as queries
from crm.queries import shares as share_queries
from crm.views.access import current_user, editable_customer


def _require_sharing(request: HttpRequest, customer: Customer) -> None:
    """The owner and the people above him share; a colleague it was shared with cannot pass it on."""
    if not queries.may_share(current_user(request), customer):
        raise PermissionDenied


# --- one customer
@require_http_methods(["GET", "POST"])
@permission_required("crm.change_customer", raise_exception=True)
def customer_share(request: HttpRequest, pk: int) -> HttpResponse:
    """Who this customer is shared with, and sharing it with one more colleague."""
    customer = editable_customer(request, pk)
    _require_sharing(request, customer)
    user = current_user(request)
    form = ShareForm(request.POST or None, customer=customer, user=user)
    if form.is_valid():
        terms = {name: form.cleaned_data[name] for name in ("can_write", "note")}
        try:
            services.share_customer(
                actor=user,
                customer=customer,
                user=form.cleaned_data["user"],
                expires_at=form.expires_at,
                **terms,
            )
        except ValidationError as error:
            attach_errors(form, error)
        else:
            messages.success(request, _("Shared with %(person)s.") % {"person": form.cleaned_data["user"]})
            return redirect("crm:customer_share", pk=customer.pk)
    shares = customer.shares.select_related("user", "created_by").order_by("-created_at")
    context = {"customer": customer, "form": form, "shares": shares}
    return TemplateResponse(request, "crm/customer_share.html", context, status=422 if form.errors else 200)


@require_POST
@permission_required("crm.change_customer", raise_exception=True)
def share_revoke(request: HttpRequest, pk: int, share_pk: int) -> HttpResponse:
    customer = editable_customer(request, pk)
    _require_sharing(request, customer)
    share = get_object_or_404(customer.shares.select_related("user", "customer"), pk=share_pk)
    services.revoke_share(actor=current_user(request), share=share)
    messages.success(request, _("%(person)s does not see this customer any more.") % {"person": share.user})
    return redirect("crm:customer_share", pk=customer.pk)


# --- all of mine
WAYS = (("in", gettext_lazy("With me")), ("out", gettext_lazy("By me and my people")))


class ShareFilterSet(ListFilterSet):
    way = django_filters.ChoiceFilter(
        label=gettext_lazy("Shared"), choices=WAYS, method="filter_way", widget=PlainSelect
    )
    ended = django_filters.ChoiceFilter(
        label=gettext_lazy("State"),
        choices=(("0", gettext_lazy("Running")), ("1", gettext_lazy("Ended"))),
        method="filter_ended",
        widget=PlainSelect,
    )

    def filter_search(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        text = value.strip()
        return queryset.filter(Q(customer__name__icontains=text) | Q(user__name__icontains=text))

    def filter_way(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        mine = Q(user=self.request.user)
        return queryset.filter(mine if value == "in" else ~mine)

    def filter_ended(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        ended = Q(expires_at__lte=timezone.now())
        return queryset.filter(ended if value == "1" else ~ended | Q(expires_at__isnull=True))


def _customer(share: CustomerShare) -> SafeString:
    if not getattr(share, "is_seen", True):  # mine has ended: the name stays, the page is closed
        return format_html('<span class="text-secondary">{}</span>', share.customer)
    url = share.customer.get_absolute_url()
    return format_html('<a href="{}" class="fw-medium">{}</a>', url, share.customer)


def _rights(share: CustomerShare) -> SafeString:
    if share.expires_at and share.expires_at <= timezone.now():
        return badge(_("ended"))
    return badge(_("may change"), "teal") if share.can_write else badge(_("may look"))


class ShareList(ListPage):
    permission_required = "crm.view_customer"
    title = gettext_lazy("Shared customers")
    filterset_class = ShareFilterSet
    default_sort = "-created_at"
    columns = (
        FormatColumn(
            "customer",
            gettext_lazy("Customer name"),
            order=("customer__name",),
            phone="title",
            draw=_customer,
        ),
        FormatColumn("rights", gettext_lazy("Rights"), path="can_write", phone="side", draw=_rights),
        Column("user", gettext_lazy("Colleague"), order=("user__name",)),
        Column("owner", gettext_lazy("Owner"), path="customer.owner", order=("customer__owner__name",)),
        Column("created_by", gettext_lazy("Shared by"), order=("created_by__name",), phone=""),
        MomentColumn("expires_at", gettext_lazy("Until"), order=("expires_at",)),
        MomentColumn("created_at", gettext_lazy("Since"), order=("created_at",), phone=""),
    )
    empty_text = gettext_lazy(
        "Nothing is shared with you or by you. Share a customer from its page, or several from the list."
    )
    next_url = reverse_lazy("crm:customer_list")
    next_label = gettext_lazy("To the customers")
    bulk_actions = (
        BulkAction(
            gettext_lazy("Take back"),
            reverse_lazy("crm:shares_revoke"),
            "user-minus",
            "crm.change_customer",
            gettext_lazy("The colleagues will not see these customers any more. Go on?"),
        ),
    )

    def get_queryset(self) -> QuerySet[CustomerShare]:
        return share_queries.list_rows(current_user(self.request))


@require_POST
@permission_required("crm.change_customer", raise_exception=True)
def shares_revoke(request: HttpRequest) -> HttpResponse:
    """POST pk (many): take these shares back, those of my own customers and my people's."""
    user = current_user(request)
    wanted = {int(pk) for pk in request.POST.getlist("pk") if pk.isdecimal() and len(pk) < 19}
    rows = share_queries.revocable(user).filter(pk__in=wanted).select_related("customer", "user")
    count = services.revoke_shares(actor=user, shares=rows)
    if count:
        text = ngettext("%(n)s share was taken back.", "%(n)s shares were taken back.", count)
        messages.success(request, text % {"n": count})
    else:
        messages.warning(request, _("Only the owner of a customer and the people above take a share back."))
    return redirect("crm:share_list")
