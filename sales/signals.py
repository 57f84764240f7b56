"""Facts of sales that upper apps may hear. All are sent inside the transaction that makes them true."""

from django.dispatch import Signal

order_created = Signal()  # order, actor: a draft or an order was written
order_submitted = Signal()  # order: it counts as "ordered" from now on
order_cancelled = Signal()  # order
goods_issued = Signal()  # delivery: it counts as "sold" from now on
delivery_reversed = Signal()  # delivery
return_recorded = Signal()  # sales_return: goods came back and were credited
receipt_recorded = Signal()  # receipt
receipt_reversed = Signal()  # receipt

# measure (TargetMeasure), first, last (business days, included), reps (collection of user ids, or None: everybody): what
# was reached of a measure that an upper app counts (visits). A receiver returns rows (rep id, year, month, number), or
# None for a measure that is not its own.
collecting_actuals = Signal()
