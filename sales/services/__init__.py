"""The only writers of sales. Keyword arguments, an explicit actor, ValidationError with words for people."""

from sales.services.deliveries import approve_and_deliver, deliver_order, reverse_delivery
from sales.services.orders import (
    approve_order,
    cancel_order,
    close_order,
    create_order,
    judge_order,
    reject_order,
    submit_order,
    update_details,
    update_order,
)
from sales.services.products import save_product
from sales.services.receipts import record_receipt, reverse_receipt

__all__ = [
    "approve_and_deliver",
    "approve_order",
    "cancel_order",
    "close_order",
    "create_order",
    "deliver_order",
    "judge_order",
    "record_receipt",
    "reject_order",
    "reverse_delivery",
    "reverse_receipt",
    "save_product",
    "submit_order",
    "update_details",
    "update_order",
]
