"""Quotations: list, page, steps, the paper (G2)."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse_lazy
from django.utils.http import content_disposition_header
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from common import business_calendar
from common.pdf import html_to_pdf
from common.views import ListPage
from sales.filters.quotes import QuoteFilterSet
from sales.forms.quotes import RejectForm
from sales.models import Quote
from sales.queries import quotes as queries
from sales.rules.quotes import ACTION_PERMISSIONS, QuoteAction, allowed_actions
from sales.services import quotes as services
from sales.tables.quotes import QUOTE_COLUMNS, status_badge


class QuoteList(ListPage):
    permission_required = "sales.view_quote"
    title = _("Quotations")
    columns = QUOTE_COLUMNS
    filterset_class = QuoteFilterSet
    default_sort = "-quoted_on"
    export_permission = "sales.export_quote"
    export_name = "quotations"
    empty_text = _("No quotations yet. Write one, send it, and turn it into an order when it is accepted.")
    create_url = reverse_lazy("sales:quote_create")
    create_label = _("New quotation")
    create_permission = "sales.add_quote"

    def get_queryset(self) -> QuerySet:
        return queries.quote_rows(self.request.user)


def visible_quote(request: HttpRequest, pk: int) -> Quote:
    """The quotation with what its page reads, if the user may see it; else 404."""
    rows = Quote.objects.visible_to(request.user).select_related(
        "customer", "contact", "rep", "created_by", "order", "template"
    )
    quote: Quote = get_object_or_404(rows, pk=pk)
    return quote


@permission_required("sales.view_quote", raise_exception=True)
def quote_detail(request: HttpRequest, pk: int) -> HttpResponse:
    quote = visible_quote(request, pk)
    lines = queries.quote_lines(quote)
    versions = queries.versions(quote)
    situation = queries.situation(quote, latest=versions[0].quote.pk == quote.pk)
    context = {
        "quote": quote,
        "lines": lines,
        "subtotal": sum(line.amount for line in lines),
        "badge": status_badge(quote),
        "actions": allowed_actions(situation, business_calendar.today(), request.user.has_perm),
        "versions": versions if len(versions) > 1 else [],
        "history": queries.quote_history(quote),
        "reject_form": RejectForm(),
    }
    return TemplateResponse(request, "sales/quote_detail.html", context)


@require_POST
@permission_required("sales.view_quote", raise_exception=True)
def quote_action(request: HttpRequest, pk: int, action: QuoteAction) -> HttpResponse:
    """One step; what the quotation refuses is said in a toast."""
    quote = visible_quote(request, pk)
    if not request.user.has_perms(ACTION_PERMISSIONS[action]):
        raise PermissionDenied
    try:
        target, text = perform(request, quote, action)
    except ValidationError as refusal:
        for message in refusal.messages:
            messages.error(request, message)
        return redirect(quote)
    messages.success(request, text)
    return redirect(target)


def perform(request: HttpRequest, quote: Quote, action: QuoteAction) -> tuple[str, str]:
    """Do it; where to go then, and what was done."""
    actor = request.user
    page = quote.get_absolute_url()
    if action == QuoteAction.SEND:
        services.send_quote(actor=actor, quote=quote)
        return page, gettext("%(quote)s is marked as sent.") % {"quote": quote}
    if action == QuoteAction.ACCEPT:
        services.accept_quote(actor=actor, quote=quote)
        return page, gettext("%(quote)s is accepted.") % {"quote": quote}
    if action == QuoteAction.REJECT:
        form = RejectForm(request.POST)
        if not form.is_valid():
            raise ValidationError(form.errors["reason"])
        services.reject_quote(actor=actor, quote=quote, reason=form.cleaned_data["reason"])
        return page, gettext("%(quote)s is rejected.") % {"quote": quote}
    if action == QuoteAction.DISCARD:
        before = services.discard_quote(actor=actor, quote=quote)
        back = before.get_absolute_url() if before else str(reverse_lazy("sales:quote_list"))
        return back, gettext("Draft %(quote)s is deleted.") % {"quote": quote}
    if action == QuoteAction.ORDER:
        order = services.order_from_quote(actor=actor, quote=quote)
        text = gettext("Draft %(order)s is made from the quotation. Look it over and submit it.")
        return order.get_absolute_url(), text % {"order": order}
    make = services.new_version if action == QuoteAction.NEW_VERSION else services.copy_quote
    made = make(actor=actor, quote=quote)
    edit = str(reverse_lazy("sales:quote_edit", args=[made.pk]))
    return edit, gettext("Draft %(quote)s is ready to be changed.") % {"quote": made}


# --- the paper
@permission_required("sales.view_quote", raise_exception=True)
def quote_paper(request: HttpRequest, pk: int) -> HttpResponse:
    """The page for the printer, as the template says."""
    quote = visible_quote(request, pk)
    context = {"quote": quote, "paper": paper_of(quote)}
    return TemplateResponse(request, "sales/quote_paper.html", context)


@permission_required("sales.view_quote", raise_exception=True)
def quote_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    quote = visible_quote(request, pk)
    title = gettext("Quotation %(quote)s") % {"quote": quote}
    pdf = html_to_pdf(paper_of(quote), title=title, footer=str(quote))
    name = f"{quote.number}-V{quote.version} {quote.customer.name}.pdf"
    disposition = content_disposition_header(as_attachment="download" in request.GET, filename=name)
    return HttpResponse(
        pdf,
        content_type="application/pdf",
        headers={"Content-Disposition": disposition, "Cache-Control": "private, no-store"},
    )


def paper_of(quote: Quote) -> str:
    html = queries.paper(quote)
    if html is None:
        raise Http404(gettext("No template of quotations is in use. The administrator can add one."))
    return html
