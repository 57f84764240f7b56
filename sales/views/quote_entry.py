"""Writing a quotation with the rows of the order entry, on the phone and at the desk."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views import View

from common.business_calendar import today
from common.templatetags.paodian import money
from crm.models import Customer
from sales import queries
from sales.enums import QuoteStatus
from sales.forms.orders import BaseLineFormSet, GiftFormSet, LineFormSet, gift_of, row_of
from sales.forms.quotes import QuoteForm
from sales.models import Quote, QuoteLine
from sales.queries.prices import prices_for
from sales.queries.products import category_chips
from sales.queries.quotes import quote_lines, usual_terms
from sales.services import quotes as services
from sales.services.quotes import QuoteInput
from sales.views.entry import gift_data, repeatable
from sales.views.product_data import offers
from sales.views.shared import asked_customer, choose_customer, safe_next


class QuoteEntry(PermissionRequiredMixin, View):
    """The page; subclasses know where the quotation comes from and how it is saved."""

    raise_exception = True
    quote: Quote | None = None
    customer: Customer

    def save(self, values: QuoteInput, form: QuoteForm, *, send: bool) -> Quote:
        raise NotImplementedError

    def form(self, data: Any = None) -> QuoteForm:
        terms = "" if self.quote or data else usual_terms(self.request.user)
        return QuoteForm(data, customer=self.customer, quote=self.quote, terms=terms)

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        lines: list[QuoteLine] = quote_lines(self.quote) if self.quote else []
        usual = queries.usual_products(self.customer)
        paid = [line for line in lines if not line.is_gift]
        chosen = {line.product_id for line in paid}
        rows = [row_of(line.product, line) for line in paid]
        rest = [product for product in usual if product.pk not in chosen]
        prices = prices_for(self.customer, [(product, Decimal(1)) for product in rest], today())
        rows += [
            row_of(product) | {"price": price.value, "offered": price.value}
            for product, price in zip(rest, prices, strict=True)
        ]
        known = {product.pk: product for product in [*(line.product for line in lines), *usual]}
        gifts = [gift_of(line) for line in lines if line.is_gift]
        return self.draw(
            self.form(),
            LineFormSet(prefix="lines", initial=rows, known=known),
            GiftFormSet(prefix="gifts", initial=gifts, known=known),
        )

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        form = self.form(request.POST)
        rows = LineFormSet(request.POST, prefix="lines")
        gifts = GiftFormSet(gift_data(request), prefix="gifts")
        if not (form.is_valid() & rows.is_valid() & gifts.is_valid()):
            return self.draw(form, rows, gifts)
        lines = [*rows.lines(), *gifts.lines()]
        try:
            quote = self.save(form.values(lines), form, send=request.POST.get("then") == "send")
        except ValidationError as refusal:
            form.add_error(None, refusal)
            return self.draw(form, rows, gifts)
        text = (
            _("Draft %(quote)s is saved.")
            if quote.status == QuoteStatus.DRAFT
            else _("Quotation %(quote)s, %(total)s.")
        )
        messages.success(request, text % {"quote": quote, "total": money(quote.total)})
        return redirect(safe_next(request, quote.get_absolute_url()))

    def draw(self, form: QuoteForm, rows: BaseLineFormSet, gifts: BaseLineFormSet) -> HttpResponse:
        last = queries.last_order(self.customer)
        shown = {row.item.pk: row.item for part in (rows, gifts) for row in part.rows}
        context = {
            "quote": self.quote,
            "customer": self.customer,
            "form": form,
            "rows": rows,
            "gifts": gifts,
            "last_lines": repeatable(queries.lines_of(last)) if last else [],
            "goods": {offer["id"]: offer for offer in offers(self.customer, list(shown.values()), today())},
            "categories": category_chips(),
            "back": safe_next(self.request, (self.quote or self.customer).get_absolute_url()),
        }
        return TemplateResponse(self.request, "sales/quote_entry.html", context)


class QuoteCreate(QuoteEntry):
    permission_required = "sales.add_quote"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not self.has_permission():
            return self.handle_no_permission()
        customer = asked_customer(request)
        if customer is None:
            return choose_customer(request, title=_("New quotation"), back="sales:quote_list")
        self.customer = customer
        return super().dispatch(request, *args, **kwargs)

    def save(self, values: QuoteInput, form: QuoteForm, *, send: bool) -> Quote:
        return services.create_quote(
            actor=self.request.user,
            customer=self.customer,
            values=values,
            client_uuid=form.cleaned_data["client_uuid"],
            send=send,
        )


class QuoteEdit(QuoteEntry):
    permission_required = "sales.change_quote"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not self.has_permission():
            return self.handle_no_permission()
        quotes = Quote.objects.visible_to(request.user).select_related("customer__owner")
        quote: Quote = get_object_or_404(quotes, pk=kwargs["pk"])
        if quote.status != QuoteStatus.DRAFT:
            messages.error(
                request, _("%(quote)s is sent: make a new version to change it.") % {"quote": quote}
            )
            return redirect(quote)
        self.quote, self.customer = quote, quote.customer
        return super().dispatch(request, *args, **kwargs)

    def save(self, values: QuoteInput, form: QuoteForm, *, send: bool) -> Quote:
        assert self.quote is not None
        return services.update_quote(actor=self.request.user, quote=self.quote, values=values, send=send)
