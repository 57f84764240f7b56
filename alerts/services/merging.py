"""Two customers become one (B5): it has one open alert of a kind, and one rhythm."""

import datetime as dt

from alerts.models import Alert, CustomerRhythm
from crm.services.merge_journal import MergeJournal


def resolve_merge(*, journal: MergeJournal, today: dt.date) -> None:
    """Close the merged customer's open alerts where the kept one has an open alert of that kind.

    His rhythm goes: that of the kept one is computed from the orders of both by the next nightly run.
    """
    open_alerts = Alert.objects.filter(closed_on__isnull=True)
    kept = open_alerts.filter(customer_id=journal.keep_id).values("kind")
    for alert in list(open_alerts.filter(customer_id=journal.merge_id, kind__in=kept).order_by("pk")):
        journal.change(alert, closed_on=today)
    for rhythm in list(CustomerRhythm.objects.filter(customer_id=journal.merge_id)):
        journal.drop(rhythm)
