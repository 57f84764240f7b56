"""Facts about customers that upper apps may hear; sent inside the transaction that makes them true."""

from django.dispatch import Signal

# customers (a QuerySet of Customer to use as a subquery), customer_ids (list of int, at most 10,000), owner (User or
# None): these answer to somebody else now. A job that moves a million sends it once a batch, in the batch's transaction.
owner_changed = Signal()

# outer (name of the customer's key in the row, for OuterRef): does this customer still owe money? A receiver returns a
# condition (an expression); the public pool keeps such customers when its rule says so.
receivable_asked = Signal()

# outer (name of the customer's key in the row, for OuterRef): is something low at this customer by its last stock count?
# A receiver returns a condition (an expression); the customer list filters by it (B11).
low_stock_asked = Signal()

# outer (name of the customer's key in the row, for OuterRef), today, kind (a code, or None for any): has this customer an
# open alert that nobody put off? A receiver returns a condition (an expression); lists and the map filter and colour by it.
open_alert_asked = Signal()

# user: the kinds of alerts that he may choose from, as (code, label).
collecting_alert_kinds = Signal()

# job (ImportJob), actor (User or None), routes ({customer id: name of the route as typed}): a batch of an import is
# in, and its file says on which routes these customers stand.
customers_imported = Signal()

# journal (crm.services.merge_journal.MergeJournal), today: customer journal.merge_id becomes part of journal.keep_id.
# Sent before its rows are moved: whoever has rows that may stand only once changes or drops them through the journal.
customers_merging = Signal()

# user: what apps above crm show in a row of the customer list. A receiver answers {name: expression over Customer} and
# leaves out what this user may not see; the expressions join the one statement that reads the rows of the page. Known
# names: receivable (CNY), open_task_on (date of the next open visit task), visit_text (what the last visit said), low_stock
# (number of products that are low there).
collecting_list_columns = Signal()

# customer, user, wish (crm.rules.timeline.Wish): a receiver returns a list of TimelineEvent older than the cursor, as far
# as the user may see them: the newest wish.limit at least, when there are so many.
collecting_timeline = Signal()

# customer, user, today: a receiver returns one of the dataclasses of crm.rules.facts, or None when the user may not know.
collecting_facts = Signal()

# A look-up of addresses was queued or continued: `job_id`. Sent inside the transaction.
geocode_queued = Signal()

# follow_up, actor, posted ({name: [values]}): a follow-up was recorded, and its form held these fields besides crm's own.
# Sent inside the transaction.
follow_up_recorded = Signal()

# follow_ups (list of keys), user: what was shown at these follow-ups. A receiver returns {key: [crm.rules.follow_ups.Shown]},
# read with as few statements as it can, as far as the user may see it.
collecting_follow_up_links = Signal()
