"""Messages to the outside: what went out, what waits, and dead letters to send again."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from common.views import BulkAction, ListPage
from comms.filters import OutboxFilter
from comms.models import OutboxItem
from comms.services import outbox
from comms.tables import OUTBOX_COLUMNS
from comms.views.common import keys_of, me


class OutboxList(ListPage):
    permission_required = "comms.view_outboxitem"
    title = _("Messages to the outside")
    columns = OUTBOX_COLUMNS
    filterset_class = OutboxFilter
    empty_text = _("Nothing was sent yet. E-mails, SMS and messages to phones and chat bots are listed here.")
    bulk_actions = (
        BulkAction(
            _("Send again"),
            reverse_lazy("comms:outbox_resend"),
            icon="send",
            permission="comms.resend_outboxitem",
        ),
        BulkAction(
            _("Discard"),
            reverse_lazy("comms:outbox_discard"),
            icon="trash",
            permission="comms.resend_outboxitem",
            confirm=_("Discard these messages? They will not be sent any more."),
        ),
    )

    def get_queryset(self) -> QuerySet:
        return OutboxItem.objects.visible_to(me(self.request)).select_related("recipient", "notification")


def _chosen(request: HttpRequest) -> QuerySet[OutboxItem]:
    return OutboxItem.objects.visible_to(me(request)).filter(pk__in=keys_of(request))


@require_POST
@permission_required("comms.resend_outboxitem", raise_exception=True)
def outbox_resend(request: HttpRequest) -> HttpResponse:
    count = outbox.resend(rows=_chosen(request))
    text = ngettext("%(n)s message goes out again.", "%(n)s messages go out again.", count) % {"n": count}
    messages.success(request, text) if count else messages.error(request, _("Choose failed messages first."))
    return redirect("comms:outbox")


@require_POST
@permission_required("comms.resend_outboxitem", raise_exception=True)
def outbox_discard(request: HttpRequest) -> HttpResponse:
    count = outbox.discard(rows=_chosen(request))
    text = ngettext("%(n)s message discarded.", "%(n)s messages discarded.", count) % {"n": count}
    messages.success(request, text) if count else messages.error(request, _("Choose failed messages first."))
    return redirect("comms:outbox")
