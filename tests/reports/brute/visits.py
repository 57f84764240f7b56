from collections import defaultdict
from functools import partial

from common import business_calendar
from tests.reports.brute import Entry, brute
from visits.models import Visit, VisitOrder, VisitTask


def is_valid(visit):
    return visit.check_out_at is not None


def at_open_shop(visit):
    return is_valid(visit) and visit.outcome != "closed"


def all_visits():
    return list(
        Visit.objects.all().select_related("rep", "customer__owner").order_by("day", "sequence", "pk")
    )


def own(visit):
    return (
        ("visit_grade", visit.grade or "none"),
        ("visit_outcome", visit.outcome),
        ("fence", visit.fence),
        ("visit_type", str(visit.visit_type_id or "none")),
    )


def of(visit, value=1):
    return Entry(visit.rep, visit.day, value, visit.customer, more=own(visit))


def counted(wanted, value=lambda visit: 1):
    for visit in all_visits():
        if wanted(visit):
            yield of(visit, value(visit))


def seconds(visit):
    return round((visit.check_out_at - visit.check_in_at).total_seconds())


brute("visits")(partial(counted, lambda visit: True))
brute("visits_valid")(partial(counted, is_valid))
brute("visits_unplanned")(partial(counted, lambda visit: visit.task_id is None))
brute("visits_flagged")(partial(counted, lambda visit: bool(visit.flags)))
brute("visits_forgotten")(partial(counted, lambda visit: visit.outcome == "forgotten"))
brute("dwell")(partial(counted, is_valid, seconds))
for _grade in "ABCD":
    brute(f"visits_grade_{_grade.lower()}")(
        partial(counted, lambda visit, grade=_grade: visit.grade == grade)
    )


def days(wanted):
    """The visits of each rep, customer and day that are wanted, first ones first."""
    found = defaultdict(list)
    for visit in all_visits():
        if wanted(visit):
            found[visit.rep_id, visit.customer_id, visit.day].append(visit)
    return found


@brute("customers_visited")
def customers_visited():
    for visits in days(lambda visit: True).values():
        yield of(visits[0])


@brute("customers_valid")
def customers_valid():
    for visits in days(at_open_shop).values():
        yield of(visits[0])


@brute("customers_struck")
def customers_struck():
    ordered = {
        (row.visit.rep_id, row.visit.customer_id, row.visit.day)
        for row in VisitOrder.objects.all().select_related("visit", "order")
        if row.order.status not in ("draft", "cancelled")
    }
    for key, visits in days(at_open_shop).items():
        yield of(visits[0], int(key in ordered))


def covering():
    for visit in all_visits():
        if at_open_shop(visit) and visit.customer.status == "active":
            yield visit


@brute("covering_visits")
def covering_visits():
    for visit in covering():
        yield Entry(visit.customer.owner, visit.day, 1, visit.customer, more=own(visit))


@brute("customers_covered")
def customers_covered():
    for visit in covering():
        yield Entry(
            visit.customer.owner,
            visit.day,
            customer=visit.customer,
            token=visit.customer_id,
            more=own(visit),
        )


def planned(wanted):
    visits = defaultdict(list)
    for visit in all_visits():
        if visit.task_id and is_valid(visit):
            visits[visit.task_id].append(visit.outcome == "closed")
    for task in VisitTask.objects.all().select_related("rep", "customer"):
        if task.date <= business_calendar.today() and wanted(task, visits[task.pk]):
            yield Entry(task.rep, task.date, 1, task.customer, more=(("task_source", task.source),))


brute("visits_planned")(partial(planned, lambda task, closed: True))
brute("visits_done")(partial(planned, lambda task, closed: not all(closed)))
brute("visits_closed_shop")(partial(planned, lambda task, closed: bool(closed) and all(closed)))
brute("visits_skipped")(partial(planned, lambda task, closed: task.status == "skipped"))
