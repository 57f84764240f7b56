from typing import Any

from django.contrib.auth.signals import user_logged_out
from django.db import transaction
from django.dispatch import receiver

from comms.services.reach import remove_device
from comms.signals import outbox_filled
from comms.tasks import send_outbox


@receiver(outbox_filled, dispatch_uid="comms.outbox_filled")
def nudge_sender(sender: Any, **kwargs: Any) -> None:
    """Robust: a broker that is down must not undo or break what was told; the sweeper finds the rows."""
    transaction.on_commit(send_outbox.delay, robust=True)


@receiver(user_logged_out, dispatch_uid="comms.logged_out")
def show_nothing_more(sender: Any, request: Any, user: Any, **kwargs: Any) -> None:
    """A phone whose person logs out shows the next one nothing of his (static/comms/js/live.js names it)."""
    endpoint = request.POST.get("push_endpoint", "") if user is not None and request is not None else ""
    if endpoint:
        remove_device(user=user, endpoint=endpoint[:600])
