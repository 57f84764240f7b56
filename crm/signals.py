"""Facts about customers that upper apps may hear; sent inside the transaction that makes them true."""

from django.dispatch import Signal

# customer_ids (list of int), owner (User or None): these customers answer to somebody else now.
owner_changed = Signal()

# job (ImportJob), actor (User or None), routes ({customer id: name of the route as typed}): a batch of an import is
# in, and its file says on which routes these customers stand.
customers_imported = Signal()

# journal (crm.services.merge_journal.MergeJournal), today: customer journal.merge_id becomes part of journal.keep_id.
# Sent before its rows are moved: whoever has rows that may stand only once changes or drops them through the journal.
customers_merging = Signal()
