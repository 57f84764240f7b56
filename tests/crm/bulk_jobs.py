"""Running bulk actions in tests."""

from crm.enums import BulkKind
from crm.models import Customer, Lead
from crm.services import bulk


def chosen(*customers):
    return Customer.objects.filter(pk__in=[customer.pk for customer in customers])


def run(actor, kind, params, *customers):
    job = bulk.start(actor=actor, kind=BulkKind(kind), params=params, rows=chosen(*customers))
    return bulk.run_job(job.pk)


def run_on_leads(actor, kind, params, *leads):
    rows = Lead.objects.filter(pk__in=[lead.pk for lead in leads])
    job = bulk.start(actor=actor, kind=BulkKind(kind), params=params, rows=rows)
    return bulk.run_job(job.pk)


def reasons(job):
    name = "lead__name" if job.of_leads else "customer__name"
    return dict(job.items.exclude(reason="").values_list(name, "reason"))


def reload(*rows):
    for row in rows:
        row.refresh_from_db()
