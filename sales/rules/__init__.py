"""Pure decisions of sales: what an order may become, what a delivery bills, what an old system's file says."""

from sales.rules.slips import (
    ACTION_PERMISSIONS,
    ALLOWED,
    MAX_AMOUNT,
    MAX_LINES,
    MAX_PRICE,
    MAX_QUANTITY,
    LineInput,
    OrderAction,
    OrderDetails,
    Progress,
    allowed_actions,
    delivery_amount,
    may_become,
    may_ever,
    split_amount,
    status_by_delivered,
)

__all__ = [
    "ACTION_PERMISSIONS",
    "ALLOWED",
    "MAX_AMOUNT",
    "MAX_LINES",
    "MAX_PRICE",
    "MAX_QUANTITY",
    "LineInput",
    "OrderAction",
    "OrderDetails",
    "Progress",
    "allowed_actions",
    "delivery_amount",
    "may_become",
    "may_ever",
    "split_amount",
    "status_by_delivered",
]
