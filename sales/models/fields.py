"""Columns that every slip writes alike: money in CNY, quantities in the product's unit, shares, the phone's own id."""

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


def money_field(label: Any = "", **kwargs: Any) -> models.DecimalField:
    """CNY, two places."""
    return models.DecimalField(label, max_digits=14, decimal_places=2, **kwargs)


def price_field(label: Any = "", **kwargs: Any) -> models.DecimalField:
    """CNY for one unit, two places."""
    return models.DecimalField(label, max_digits=12, decimal_places=2, **kwargs)


def quantity_field(label: Any = "", **kwargs: Any) -> models.DecimalField:
    """Units of the product, three places."""
    return models.DecimalField(label, max_digits=12, decimal_places=3, **kwargs)


def share_field(label: Any = "", **kwargs: Any) -> models.DecimalField:
    """A share from 0 to 1, four places."""
    return models.DecimalField(label, max_digits=5, decimal_places=4, default=Decimal(0), **kwargs)


def author_field(label: Any = None) -> models.ForeignKey:
    """Who typed it in, or did what the label says; the slip outlives the account."""
    return models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=label or _("created by"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )


def rep_field(related_name: str) -> models.ForeignKey:
    return models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("rep"),
        null=True,
        on_delete=models.PROTECT,
        related_name=related_name,
    )


def customer_field(related_name: str, **kwargs: Any) -> models.ForeignKey:
    return models.ForeignKey(
        "crm.Customer",
        verbose_name=_("customer"),
        on_delete=models.PROTECT,
        related_name=related_name,
        **kwargs,
    )


def reversed_on_field() -> models.DateField:
    """Business day of the reversal; as of the days before it the slip still counts."""
    return models.DateField(_("reversed on"), null=True, blank=True, editable=False)


def reversal_reason_field() -> models.CharField:
    return models.CharField(_("reason for the reversal"), max_length=200, blank=True, editable=False)


def product_field(related_name: str, **kwargs: Any) -> models.ForeignKey:
    return models.ForeignKey(
        "sales.Product",
        verbose_name=_("product"),
        on_delete=models.PROTECT,
        related_name=related_name,
        **kwargs,
    )


def client_uuid_field() -> models.UUIDField:
    """The phone's own id of a slip: sending it twice makes one slip."""
    return models.UUIDField(null=True, blank=True, unique=True, editable=False)
