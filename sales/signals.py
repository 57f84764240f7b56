"""Facts of sales that upper apps may hear. All are sent inside the transaction that makes them true."""

from django.dispatch import Signal

order_created = Signal()  # order, actor: a draft or an order was written
order_submitted = Signal()  # order: it counts as "ordered" from now on
order_cancelled = Signal()  # order
goods_issued = Signal()  # delivery: it counts as "sold" from now on
delivery_reversed = Signal()  # delivery
