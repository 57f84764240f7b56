from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from comms.enums import NoticeKind
from comms.querysets import NotificationQuerySet


class Notification(models.Model):
    """One notice to one person, shown in the unread centre (H5)."""

    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("recipient"),
        on_delete=models.CASCADE,
        related_name="notifications",
    )
    kind = models.CharField(_("kind"), max_length=12, choices=NoticeKind.choices)
    title = models.CharField(_("title"), max_length=120)
    body = models.CharField(_("text"), max_length=500, blank=True)
    url = models.CharField(_("address of the page"), max_length=300, blank=True)
    # Of the person who wrote it, as his settings name it (A3): where an answer by e-mail goes.
    reply_to = models.EmailField(blank=True, default="", editable=False)
    # Says what this is about; the same recipient gets the same key only once.
    key = models.CharField(_("key against repetition"), max_length=120, blank=True)
    # One call of notify(): tells which of its rows are new, when keys let some not in again.
    batch = models.UUIDField(null=True, editable=False)
    created_at = models.DateTimeField(_("time"), default=timezone.now)
    read_at = models.DateTimeField(_("read at"), null=True, blank=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        constraints = [
            models.UniqueConstraint(
                fields=["recipient", "key"], condition=~Q(key=""), name="notification_key_once"
            )
        ]
        indexes = [
            models.Index(fields=["recipient", "-created_at"], name="notification_recipient_at"),
            # The pages count what is unread every half minute: they read this index and nothing else.
            models.Index(
                fields=["recipient", "kind"],
                name="notification_unread_kind",
                condition=Q(read_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.title
