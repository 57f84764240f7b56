"""What was agreed with a customer about paying."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from common.money import round_money
from crm.models import Customer
from sales import rules
from sales.models import CustomerTerms
from sales.services import common

MAX_DAYS = 730


@transaction.atomic
def save_terms(
    *,
    actor: User,
    customer: Customer,
    payment_days: int | None = None,
    temporary_limit: Decimal | None = None,
    temporary_from: dt.date | None = None,
    temporary_until: dt.date | None = None,
    is_blocked: bool = False,
) -> CustomerTerms:
    """Write a customer's payment terms; `payment_days` None: the company's. Bills that are there keep their due date.

    ValidationError for a customer out of scope, more than two years to pay, a temporary limit without its days or with
    the last before the first.
    """
    common.check_customer(actor=actor, customer=customer)
    if payment_days is not None and not 0 <= payment_days <= MAX_DAYS:
        raise ValidationError(_("Between 0 and %(n)s days to pay.") % {"n": MAX_DAYS}, code="payment_days")
    if temporary_limit is None:
        temporary_from = temporary_until = None
    elif not temporary_limit.is_finite() or not 0 <= temporary_limit <= rules.MAX_AMOUNT:
        raise ValidationError(
            _("%(value)s is not a possible amount.") % {"value": temporary_limit}, code="temporary_limit"
        )
    elif temporary_from is None or temporary_until is None or temporary_until < temporary_from:
        raise ValidationError(
            _("A temporary limit needs its first and last day, in this order."), code="temporary_from"
        )
    common.lock_customer(customer.pk)
    terms = CustomerTerms.objects.filter(customer=customer).first() or CustomerTerms(customer=customer)
    terms.payment_days = payment_days
    terms.temporary_limit = None if temporary_limit is None else round_money(temporary_limit)
    terms.temporary_from, terms.temporary_until = temporary_from, temporary_until
    terms.is_blocked, terms.updated_by = is_blocked, actor
    terms.save()
    return terms
