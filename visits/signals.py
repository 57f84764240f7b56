"""Facts of the field that upper apps may hear. All are sent inside the transaction that makes them true."""

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

# report, now: a rep has just sent the report of his day; a colleague it was sent to has just opened it for the first time.
daily_report_sent = Signal()
daily_report_read = Signal()

# report, sent_at: it was taken back; `sent_at` is when it had been sent.
daily_report_taken_back = Signal()
