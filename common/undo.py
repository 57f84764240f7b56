"""A message that offers to take back what was just done."""

from django.contrib import messages
from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _


def offer_undo(request: HttpRequest, text: str, action: str, **fields: object) -> None:
    """Say `text` on the next page, with a button that posts `fields` to `action`. For whole pages: an HTMX answer carries
    plain text only."""
    values = {"csrfmiddlewaretoken": get_token(request), **fields}
    hidden = format_html_join("", '<input type="hidden" name="{}" value="{}">', values.items())
    messages.success(
        request,
        format_html(
            '{} <form class="pd-undo" method="post" action="{}">{}<button>{}</button></form>',
            text,
            action,
            hidden,
            _("Undo"),
        ),
    )
