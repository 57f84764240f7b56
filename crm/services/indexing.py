"""What search and the duplicate check read: derived from name, code, phones and contacts, never typed."""

from collections.abc import Iterable

from django.db import transaction

from crm.models import Customer
from crm.rules.search_columns import IndexFields, index_fields

__all__ = ["IndexFields", "index_fields", "reindex"]


@transaction.atomic
def reindex(*, customer_ids: Iterable[int]) -> int:
    """Bring the search columns of these customers up to date; returns how many there were.

    Set-based: three reads and one UPDATE for each 1,000 customers. Does not touch `updated_at`.
    """
    ids = list(customer_ids)
    done = 0
    for start in range(0, len(ids), 1000):
        rows = (
            Customer.objects.filter(pk__in=ids[start : start + 1000])
            .prefetch_related("phones", "contacts")
            .only("pk", "code", "name")
        )
        customers = list(rows)
        for customer in customers:
            fields = index_fields(
                code=customer.code,
                name=customer.name,
                phones=[phone.raw for phone in customer.phones.all()],
                contacts=[contact.name for contact in customer.contacts.all()],
            )
            for field, value in fields.items():
                setattr(customer, field, value)
        Customer.objects.bulk_update(customers, ["name_key", "search_text", "search_grams"], batch_size=250)
        done += len(customers)
    return done
