"""What crm asks of the accounts."""

from decimal import Decimal
from typing import Any

from django.db.models.expressions import Combinable
from django.db.models.lookups import GreaterThan
from django.dispatch import receiver

from accounts.models import User
from crm.signals import collecting_list_columns, receivable_asked
from sales.queries import receivable_expression


@receiver(receivable_asked, dispatch_uid="sales.receivable")
def owes_money(sender: Any, outer: str, **kwargs: Any) -> GreaterThan:
    """Condition "what is billed is more than what was paid" (domain-rules §6)."""
    return GreaterThan(receivable_expression(outer), Decimal(0))


@receiver(collecting_list_columns, dispatch_uid="sales.list_columns")
def show_receivable(sender: Any, user: User, **kwargs: Any) -> dict[str, Combinable]:
    """What the customer owes, for those who may see receipts."""
    return {"receivable": receivable_expression()} if user.has_perm("sales.view_receipt") else {}
