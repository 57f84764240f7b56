from collections import defaultdict
from functools import partial

from alerts.models import Alert, RepAlert
from sales.models import SalesOrder
from tests.reports.brute import Entry, brute
from visits.models import Visit


def alerts(day, wanted, value=lambda row: 1):
    for row in Alert.objects.all().select_related("owner", "customer"):
        if wanted(row):
            yield Entry(row.owner, day(row), value(row), row.customer, more=(("alert_kind", row.kind),))


def opened(row):
    return row.opened_on


def closed(row):
    return row.closed_on


def is_closed(row):
    return row.closed_on is not None


brute("alerts_opened")(partial(alerts, opened, lambda row: True))
brute("alerts_closed")(partial(alerts, closed, is_closed))
brute("alerts_open")(partial(alerts, lambda row: None, lambda row: not is_closed(row)))
brute("alert_days_sum")(partial(alerts, closed, is_closed, lambda row: (row.closed_on - row.opened_on).days))


@brute("alerts_acted")
def alerts_acted():
    days = defaultdict(set)
    for visit in Visit.objects.all():
        if visit.check_out_at is not None:
            days[visit.customer_id].add(visit.day)
    for order in SalesOrder.objects.all():
        if order.status not in ("draft", "cancelled"):
            days[order.customer_id].add(order.ordered_on)

    def was_acted(row):
        return any(row.opened_on <= day <= row.closed_on for day in days[row.customer_id])

    yield from alerts(closed, lambda row: is_closed(row) and was_acted(row))


def rep_alerts(wanted):
    for row in RepAlert.objects.all().select_related("rep", "rule"):
        more = (("rep_alert_kind", row.kind), ("rep_measure", row.rule.measure))
        yield Entry(row.rep, row.opened_on, int(wanted(row)), more=more)


brute("rep_alerts")(partial(rep_alerts, lambda row: True))
brute("rep_alerts_none")(partial(rep_alerts, lambda row: row.kind == "none"))
brute("rep_alerts_open")(partial(rep_alerts, lambda row: row.closed_on is None))
