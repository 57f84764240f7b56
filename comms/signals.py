"""What comms tells the apps above, and asks them."""

from django.dispatch import Signal

# Messages to the outside were written; sent inside the transaction that writes them.
outbox_filled = Signal()

# user, today (business day), now: what work waits for this person? A receiver returns a list of comms.rules.todos.Todo,
# read with as few statements as it can; one without anything to do returns an empty list.
collecting_todos = Signal()
