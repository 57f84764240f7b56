"""What reps do in stores (D6): each action one function, once for each uuid of the phone; a file a kind of action.

All take `actor`, his own `visit` (open, or closed on the business day the action happened on, for a phone that was
offline), `client_uuid` and `occurred_at` (the phone's time). The same uuid again answers with what it made before. A
refusal is a ValidationError whose `code` says what is wrong: visit, uuid, time, and those each function names.
"""

from visits.services.in_store.forms import record_form_answer
from visits.services.in_store.notes import record_maturity, record_summary
from visits.services.in_store.reports import record_display, record_sell_out, record_shelf_count
from visits.services.in_store.slips import link_slip

__all__ = [
    "link_slip",
    "record_display",
    "record_form_answer",
    "record_maturity",
    "record_sell_out",
    "record_shelf_count",
    "record_summary",
]
