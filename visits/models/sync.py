from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from visits.enums import SyncResult


class ClientAction(models.Model):
    """One action sent by a phone and the answer it got; the same uuid gets the same answer again."""

    uuid = models.UUIDField(primary_key=True, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        on_delete=models.PROTECT,
        related_name="client_actions",
    )
    kind = models.CharField(_("kind"), max_length=20)
    occurred_at = models.DateTimeField(_("happened at"))
    received_at = models.DateTimeField(_("received at"), auto_now_add=True)
    result = models.CharField(_("result"), max_length=10, choices=SyncResult.choices)
    answer = models.JSONField(_("answer"), default=dict)

    class Meta:
        ordering = ["-received_at"]
        verbose_name = _("client action")
        verbose_name_plural = _("client actions")

    def __str__(self) -> str:
        return f"{self.kind} {self.uuid}"


class Upload(models.Model):
    """A file that a phone sends in pieces and can take up again where the line broke off; gone once it is used."""

    uuid = models.UUIDField(primary_key=True, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="uploads", db_index=False
    )
    size = models.PositiveIntegerField()  # bytes in all
    received = models.PositiveIntegerField(default=0)  # bytes so far
    file = models.FileField(upload_to="uploads/%Y/%m/%d/")
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        ordering = ["-created_at"]
        verbose_name = _("upload")
        verbose_name_plural = _("uploads")
        constraints = [
            models.CheckConstraint(condition=Q(received__lte=F("size")), name="upload_not_over_size")
        ]

    def __str__(self) -> str:
        return f"{self.uuid} {self.received}/{self.size}"
