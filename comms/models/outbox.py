from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from comms.enums import Channel, OutboxState
from comms.models.notification import Notification
from comms.models.reach import PushDevice
from comms.querysets import OutboxQuerySet


class OutboxItem(models.Model):
    """One message to one person over one channel. The row is the job; a Celery message is only a nudge.

    A notice's rows are written in the transaction that writes the notice. Rows with `digest` wait for the morning, when
    a row with `title` and `body` of its own gathers them (`gathered_in`).
    """

    key = models.CharField(
        _("key"), max_length=80, unique=True
    )  # the idempotency key: what is sent only once
    notification = models.ForeignKey(
        Notification,
        verbose_name=_("notice"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="outbox",
    )
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("recipient"),
        null=True,  # a message to a group's bot
        blank=True,
        on_delete=models.CASCADE,
        related_name="outbox",
    )
    channel = models.CharField(_("channel"), max_length=8, choices=Channel.choices)
    device = models.ForeignKey(
        PushDevice,
        verbose_name=_("device"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    digest = models.BooleanField(_("in a summary"), default=False)
    gathered_in = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="gathered", editable=False
    )
    title = models.CharField(_("title"), max_length=120, blank=True)
    body = models.TextField(_("text"), blank=True)
    url = models.CharField(_("address of the page"), max_length=300, blank=True)
    state = models.CharField(
        _("state"), max_length=8, choices=OutboxState.choices, default=OutboxState.WAITING
    )
    due_at = models.DateTimeField(_("due"), default=timezone.now)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    resends = models.PositiveSmallIntegerField(_("sent again by hand"), default=0)
    claim = models.UUIDField(null=True, editable=False)  # which worker has it
    lease_until = models.DateTimeField(null=True, editable=False)
    error = models.CharField(_("reason"), max_length=300, blank=True)
    created_at = models.DateTimeField(_("time"), default=timezone.now)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)

    objects = OutboxQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("message to the outside")
        verbose_name_plural = _("messages to the outside")
        permissions = [("resend_outboxitem", _("Can send messages to the outside again"))]
        indexes = [
            models.Index(fields=["due_at"], name="outbox_waiting", condition=Q(state="waiting")),
            models.Index(fields=["lease_until"], name="outbox_sending", condition=Q(state="sending")),
            models.Index(fields=["state", "-id"], name="outbox_state"),
        ]

    def __str__(self) -> str:
        return self.key

    @property
    def text(self) -> str:
        """What it says, in one line."""
        return self.title or (self.notification.title if self.notification else "")
