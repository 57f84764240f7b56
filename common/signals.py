"""Facts that upper apps may hear."""

from django.dispatch import Signal

# user, what (page title), rows (count): somebody took a list out as a file.
data_exported = Signal()
