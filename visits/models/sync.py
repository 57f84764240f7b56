from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from visits.enums import SyncResult


class ClientAction(models.Model):
    """One action sent by a phone and the answer it got; the same uuid gets the same answer again."""

    uuid = models.UUIDField(primary_key=True, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="client_actions"
    )
    kind = models.CharField(max_length=20)
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField(auto_now_add=True)
    result = models.CharField(max_length=10, choices=SyncResult.choices)
    answer = models.JSONField(default=dict)

    class Meta:
        ordering = ["-received_at"]
        verbose_name = _("client action")
        verbose_name_plural = _("client actions")

    def __str__(self) -> str:
        return f"{self.kind} {self.uuid}"
