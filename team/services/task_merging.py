"""Two customers become one (B5): a selection that held both has one task a customer."""

from crm.services.merge_journal import MergeJournal
from team.enums import CustomerTaskSource
from team.models import CustomerTask


def resolve_merge(*, journal: MergeJournal) -> None:
    """Both tasks stay, with their people and logs; the merged customer's forgets from which selection it came."""
    rows = CustomerTask.objects.filter(source=CustomerTaskSource.SELECTION).exclude(source_key="")
    kept = rows.filter(customer_id=journal.keep_id).values("source_key")
    for task in list(rows.filter(customer_id=journal.merge_id, source_key__in=kept).order_by("pk")):
        journal.change(task, source_key="")
