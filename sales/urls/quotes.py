from django.urls import URLPattern, path

from sales.rules.quotes import QuoteAction
from sales.views import quote_entry, quotes

urls: list[URLPattern] = [
    path("quotes/", quotes.QuoteList.as_view(), name="quote_list"),
    path("quotes/new/", quote_entry.QuoteCreate.as_view(), name="quote_create"),
    path("quotes/<int:pk>/", quotes.quote_detail, name="quote_detail"),
    path("quotes/<int:pk>/edit/", quote_entry.QuoteEdit.as_view(), name="quote_edit"),
    path("quotes/<int:pk>/paper/", quotes.quote_paper, name="quote_paper"),
    path("quotes/<int:pk>/pdf/", quotes.quote_pdf, name="quote_pdf"),
    *[
        path(f"quotes/<int:pk>/{address}/", quotes.quote_action, {"action": action}, name=f"quote_{action}")
        for action, address in (
            (QuoteAction.SEND, "send"),
            (QuoteAction.ACCEPT, "accept"),
            (QuoteAction.REJECT, "reject"),
            (QuoteAction.DISCARD, "discard"),
            (QuoteAction.ORDER, "order"),
            (QuoteAction.NEW_VERSION, "new-version"),
            (QuoteAction.COPY, "copy"),
        )
    ],
]
