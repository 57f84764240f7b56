"""Facts that the map needs from apps above territory."""

from django.dispatch import Signal

# outer (name of the customer's key in the row, for OuterRef), today: has this customer an open alert that nobody put off?
# A receiver returns a condition (an expression); the map colours by it and counts it in its cells.
open_alert_asked = Signal()
