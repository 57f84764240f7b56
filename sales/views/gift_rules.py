"""Gift rules: what comes with an order for nothing."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.generic import CreateView, UpdateView

from common.views import ListPage
from sales.filters.prices import GiftRuleFilterSet
from sales.forms.prices import GiftRuleForm
from sales.forms.products import attach
from sales.models import GiftRule
from sales.services.price_lists import save_gift_rule
from sales.tables.prices import GIFT_RULE_COLUMNS


class GiftRuleList(ListPage):
    permission_required = "sales.view_giftrule"
    title = gettext_lazy("Gift rules")
    filterset_class = GiftRuleFilterSet
    template_name = "sales/gift_rule_list.html"
    columns = GIFT_RULE_COLUMNS
    default_sort = "name"
    empty_text = gettext_lazy(
        "No gift rule yet. A rule says what comes for nothing with how much of a product."
    )
    create_url = reverse_lazy("sales:gift_rule_create")
    create_label = gettext_lazy("New gift rule")
    create_permission = "sales.add_giftrule"

    def get_queryset(self) -> QuerySet:
        return GiftRule.objects.visible_to(self.request.user).select_related(
            "channel", "customer", "product", "gift"
        )


class GiftRuleEntry(PermissionRequiredMixin):
    raise_exception = True
    model = GiftRule
    form_class = GiftRuleForm
    template_name = "sales/price_list_form.html"

    def get_queryset(self) -> QuerySet:
        return GiftRule.objects.visible_to(self.request.user)

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"user": self.request.user}

    def form_valid(self, form: GiftRuleForm) -> HttpResponse:
        try:
            rule = save_gift_rule(rule=form.save(commit=False))
        except ValidationError as refusal:
            attach(form, refusal)
            return self.form_invalid(form)
        messages.success(self.request, _("%(list)s is saved.") % {"list": rule})
        return redirect("sales:gift_rule_list")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            title=self.title, cancel_url=reverse_lazy("sales:gift_rule_list"), **kwargs
        )


class GiftRuleCreate(GiftRuleEntry, CreateView):
    permission_required = "sales.add_giftrule"
    title = gettext_lazy("New gift rule")


class GiftRuleEdit(GiftRuleEntry, UpdateView):
    permission_required = "sales.change_giftrule"
    title = gettext_lazy("Edit gift rule")
