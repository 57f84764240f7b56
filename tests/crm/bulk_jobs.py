"""Running bulk actions in tests."""

from crm.enums import BulkKind
from crm.models import Customer
from crm.services import bulk


def chosen(*customers):
    return Customer.objects.filter(pk__in=[customer.pk for customer in customers])


def run(actor, kind, params, *customers):
    job = bulk.start(actor=actor, kind=BulkKind(kind), params=params, customers=chosen(*customers))
    return bulk.run_job(job.pk)


def reasons(job):
    return dict(job.items.exclude(reason="").values_list("customer__name", "reason"))


def reload(*rows):
    for row in rows:
        row.refresh_from_db()
