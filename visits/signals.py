"""Facts of the field that upper apps may hear. Both are sent inside the transaction that makes them true."""

from django.dispatch import Signal

# visit: a rep has just checked in.
checked_in = Signal()

# visit: it has check-in and check-out now, so it is valid (domain-rules §2).
checked_out = Signal()
