"""Facts of the field that upper apps may hear. Both are sent inside the transaction that makes them true."""

from django.dispatch import Signal

# visit: a rep has just checked in.
checked_in = Signal()

# visit: it has check-in and check-out now, so it is valid (domain-rules §2).
checked_out = Signal()

# user, customer_ids: what else a rep should know in front of these customers; answers {customer id: [words]}.
collecting_marks = Signal()

# reps (ids), day: what upper apps know of these reps' day; answers {rep id: {"mileage_m": metres}}.
collecting_day = Signal()

# user, ids: names of the routes that made tasks; answers {route id: name}.
naming_routes = Signal()
