"""Who may see a customer besides its owner, and who its owners were."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from common.punctuation import named
from crm.enums import OwnerChangeReason, PoolClock
from crm.models.customer import Customer


class CustomerShare(models.Model):
    """A customer shown to a colleague who does not own it (A2), until `expires_at` when that is set."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="shares")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("colleague"),
        on_delete=models.CASCADE,
        related_name="shared_customers",
    )
    can_write = models.BooleanField(_("may change"), default=False)
    expires_at = models.DateTimeField(_("until"), null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("created by"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("shared customer")
        verbose_name_plural = _("shared customers")
        constraints = [models.UniqueConstraint(fields=["customer", "user"], name="customer_share_unique")]

    def __str__(self) -> str:
        return f"{self.customer} → {self.user}"


class OwnerChange(models.Model):
    """One line of a customer's owner history."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="owner_changes")
    from_user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    to_user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    reason = models.CharField(max_length=12, choices=OwnerChangeReason.choices)
    # Recycled: which clock ran out. Handed over: what the next owner should know.
    clock = models.CharField(max_length=12, choices=PoolClock.choices, blank=True)
    note = models.CharField(_("note"), max_length=500, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name = _("owner change")
        verbose_name_plural = _("owner changes")
        indexes = [
            # "How many did he claim today?" is asked at every claim.
            models.Index(fields=["to_user", "reason", "at"], name="owner_change_to_reason_at"),
        ]

    def __str__(self) -> str:
        return named(self.customer, f"{self.from_user or '–'} → {self.to_user or '–'}")
