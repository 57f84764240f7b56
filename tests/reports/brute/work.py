from crm.models import FollowUp
from tests.reports.brute import Entry, brute


def talks():
    for row in FollowUp.objects.all().select_related("customer", "lead", "rep"):
        more = (
            ("follow_method", str(row.method_id or "none")),
            ("follow_stage", str(row.stage_id or "none")),
        )
        yield row, more


@brute("follow_up_count")
def follow_up_count():
    for row, more in talks():
        yield Entry(row.rep, row.day, 1, row.customer, more=more)


@brute("follow_up_customers")
def follow_up_customers():
    for row, more in talks():
        if row.customer_id:
            yield Entry(row.rep, row.day, 1, row.customer, token=row.customer_id, more=more)


@brute("follow_up_leads")
def follow_up_leads():
    for row, more in talks():
        if row.lead_id:
            yield Entry(row.rep, row.day, 1, token=row.lead_id, more=more)


@brute("follow_up_next")
def follow_up_next():
    for row, more in talks():
        yield Entry(row.rep, row.day, int(row.next_at is not None), row.customer, more=more)
