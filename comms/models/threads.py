from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from comms.querysets import ThreadQuerySet


class Thread(models.Model):
    """People who write to each other about one thing (寻呼, H5)."""

    subject = models.CharField(_("subject"), max_length=80)
    link = models.CharField(_("about"), max_length=200, blank=True)  # path of ours; its page asks for scope
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("begun by"),
        on_delete=models.PROTECT,
        related_name="threads_begun",
    )
    created_at = models.DateTimeField(_("time"), default=timezone.now)
    last_at = models.DateTimeField(_("last message"), default=timezone.now)
    last_text = models.CharField(_("last words"), max_length=120, blank=True)
    people = models.ManyToManyField(
        settings.AUTH_USER_MODEL, verbose_name=_("people"), through="ThreadMember", related_name="threads"
    )

    objects = ThreadQuerySet.as_manager()

    class Meta:
        ordering = ["-last_at", "-pk"]
        verbose_name = _("conversation")
        verbose_name_plural = _("conversations")

    def __str__(self) -> str:
        return self.subject

    def get_absolute_url(self) -> str:
        return reverse("comms:thread", args=[self.pk])


class ThreadMember(models.Model):
    """One person of a conversation, and whether he put it away."""

    thread = models.ForeignKey(Thread, on_delete=models.CASCADE, related_name="members")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("person"),
        on_delete=models.CASCADE,
        related_name="thread_memberships",
    )
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("person of a conversation")
        verbose_name_plural = _("people of conversations")
        constraints = [models.UniqueConstraint(fields=["thread", "user"], name="thread_member_once")]
        indexes = [
            models.Index(
                fields=["user", "thread"], name="thread_member_open", condition=Q(archived_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return f"{self.thread_id}: {self.user_id}"


class Message(models.Model):
    thread = models.ForeignKey(Thread, on_delete=models.CASCADE, related_name="messages")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("person"),
        on_delete=models.PROTECT,
        related_name="messages_written",
    )
    body = models.TextField(_("text"), max_length=2000)
    created_at = models.DateTimeField(_("time"), default=timezone.now)

    class Meta:
        ordering = ["pk"]
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        indexes = [models.Index(fields=["thread", "id"], name="message_thread")]

    def __str__(self) -> str:
        return self.body[:40]


class MessageReading(models.Model):
    """Who read a message, and when he did so first. A message without a row of a person was not read by him."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="readings")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    read_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["read_at"]
        verbose_name = _("reading of a message")
        verbose_name_plural = _("readings of messages")
        constraints = [models.UniqueConstraint(fields=["message", "user"], name="message_read_once")]

    def __str__(self) -> str:
        return f"{self.message_id}: {self.user_id}"
