"""Two customers become one (B5): what of sales would clash, before crm moves the rows."""

from crm.services.merge_journal import MergeJournal
from sales.models import CustomerTerms


def resolve_merge(*, journal: MergeJournal) -> None:
    """The kept customer's payment terms stay; slips, bills and all else move."""
    if CustomerTerms.objects.filter(customer_id=journal.keep_id).exists():
        for terms in CustomerTerms.objects.filter(customer_id=journal.merge_id):
            journal.drop(terms)
