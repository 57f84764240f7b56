"""督导: the team's day and a person's day: figures, scope, permissions, cost, what is typed wrong."""

import datetime as dt
import io
from decimal import Decimal

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import AccessLog, Role
from common.business_calendar import today
from crm.models import FollowUp
from sales.models import Quote, Receipt
from team.models import WorkReport
from team.queries.supervision import supervised, team_day
from team.queries.supervision_day import SHOWN, person_beside, person_day
from team.rules.supervision import MEASURES, DayFigures, total
from tests.factories import (
    CustomerFactory,
    FollowUpFactory,
    LeadFactory,
    SalesOrderFactory,
    TrackPointFactory,
    UserFactory,
    VisitFactory,
    VisitTaskFactory,
)
from visits.models import DailyReport

pytestmark = pytest.mark.django_db
WEEK = dt.timedelta(days=7)


def at(day, hour, minute=0):
    return timezone.make_aware(dt.datetime.combine(day, dt.time(hour, minute)))


def work(rep, day, *, amount="120.50"):
    """A customer, two follow-ups of him and one of a lead, a served and an open stop, a visit, slips, a report."""
    customer = CustomerFactory(owner=rep, created_on=day)
    old = CustomerFactory(owner=rep, created_on=day - dt.timedelta(days=400))
    for who in (customer, customer, old):
        FollowUpFactory(customer=who, rep=rep, at=at(day, 10), day=day)
    FollowUpFactory(customer=None, lead=LeadFactory(owner=rep), rep=rep, at=at(day, 11), day=day)
    served = VisitTaskFactory(rep=rep, customer=customer, date=day, status="done")
    VisitTaskFactory(rep=rep, customer=old, date=day)
    VisitFactory(
        rep=rep, customer=customer, task=served, day=day, check_in_at=at(day, 9), check_out_at=at(day, 9, 30), status="closed",
    )  # fmt: skip
    VisitFactory(
        rep=rep, customer=old, day=day, check_in_at=at(day, 14), check_out_at=None, status="closed",
        outcome="forgotten",
    )  # fmt: skip
    Quote.objects.create(
        number=f"QT{rep.pk}-{day:%m%d}", customer=customer, rep=rep, quoted_on=day, valid_until=day, total=Decimal(amount)
    )  # fmt: skip
    SalesOrderFactory(customer=customer, rep=rep, ordered_on=day, status="submitted", total=Decimal(amount))
    SalesOrderFactory(customer=customer, rep=rep, ordered_on=day, status="cancelled", total=Decimal(900))
    Receipt.objects.create(
        number=f"RC{rep.pk}-{day:%m%d}", customer=customer, rep=rep, received_on=day, amount=Decimal(80)
    )
    return customer


def send_report(rep, day):
    return DailyReport.objects.create(
        rep=rep, day=day, status="sent", sent_at=timezone.now(), reader=rep.superior, remark="明天继续"
    )


# --- figures
def test_the_figures_of_each_person_and_of_the_week_before(people):
    day = today()
    work(people.owner, day)
    work(people.colleague, day - WEEK, amount="50")
    report = send_report(people.owner, day)
    TrackPointFactory(rep=people.owner, time=at(day, 9), latitude=31.8, longitude=117.2)
    TrackPointFactory(rep=people.owner, time=at(day, 9, 1), latitude=31.801, longitude=117.2)
    team = list(supervised(people.superior))
    found = team_day(user=people.superior, people=team, day=day, before=day - WEEK)
    mine = found.now[people.owner.pk]
    assert (mine.new_customers, mine.leads, mine.contacted) == (1, 1, 2)
    assert (mine.planned, mine.done, mine.visits, mine.valid) == (2, 1, 2, 1)
    assert (mine.quotes, mine.quoted, mine.orders, mine.ordered) == (
        1,
        Decimal("120.50"),
        1,
        Decimal("120.50"),
    )
    assert (mine.receipts, mine.received, mine.report_pk) == (1, Decimal("80.00"), report.pk)
    assert (mine.first_at, mine.last_at) == (at(day, 9), at(day, 14))
    assert 105 < mine.mileage_m < 115
    assert found.before[people.colleague.pk].ordered == Decimal("50.00")
    assert found.now[people.colleague.pk] == DayFigures()
    whole = total(found.now.values())
    assert (whole.people, whole.sent, whole.visits, whole.ordered) == (2, 1, 2, Decimal("120.50"))


def test_a_persons_page_says_the_same_as_the_teams(people):
    day = today()
    work(people.owner, day)
    VisitTaskFactory(
        rep=people.owner, customer=CustomerFactory(owner=people.owner), date=day + dt.timedelta(days=1)
    )
    found = person_day(viewer=people.superior, person=people.owner, day=day)
    row = team_day(user=people.superior, people=[people.owner], day=day, before=day - WEEK).now[
        people.owner.pk
    ]
    for measure in MEASURES:
        assert getattr(found.figures, measure.key) == getattr(row, measure.key), measure.key
    assert len(found.tomorrow) == 1
    assert [task.status for task in found.left] == ["open"]


def test_a_customer_file_of_any_length_is_counted_and_shown_in_part(people):
    CustomerFactory.create_batch(SHOWN + 2, owner=people.owner, created_on=today())
    found = person_day(viewer=people.owner, person=people.owner, day=today())
    assert (len(found.customers), found.figures.new_customers) == (SHOWN, SHOWN + 2)


# --- who sees what
def test_the_team_is_who_is_in_scope(people, login):
    shown = login(people.superior).get("/supervision/").content.decode()
    assert "李业务" in shown
    assert "张业务" in shown
    assert "赵外人" not in shown
    assert "赵外人" in login(people.admin).get("/supervision/").content.decode()
    assert login(people.owner).get("/supervision/").status_code == 403
    assert login(people.finance).get("/supervision/").status_code == 403


@pytest.mark.parametrize("part", ["", "reports/"])
def test_ones_own_day_the_superiors_and_nobody_elses(people, login, part):
    address = f"/supervision/{people.owner.pk}/{today()}/{part}"
    assert login(people.owner).get(address).status_code == 200
    assert login(people.superior).get(address).status_code == 200
    assert login(people.colleague).get(address).status_code == 404
    assert login(people.outsider).get(address).status_code == 404
    assert login(people.finance).get(address).status_code == 404
    Role.objects.get(code="rep").permissions.filter(codename="view_instruction").delete()
    assert login(people.owner).get(address).status_code == 403


@pytest.mark.parametrize("day", ["2026-13-01", "abc", "1900-01-01", "2099-01-01"])
def test_days_that_are_none_or_still_to_come(people, login, day):
    client = login(people.superior)
    assert client.get(f"/supervision/{people.owner.pk}/{day}/").status_code == 404
    answer = client.get("/supervision/", {"day": day})
    assert answer.status_code == 200
    assert f'value="{day}"' in answer.content.decode()  # what was typed stays
    assert 'role="alert"' in answer.content.decode()


def test_the_people_before_and_after(people):
    beside = person_beside(viewer=people.superior, pk=people.owner.pk)
    team = [person.pk for person in supervised(people.superior)]
    place = team.index(people.owner.pk)
    assert (beside.previous.pk if beside.previous else None) == (team[place - 1] if place else None)
    assert (beside.following.pk if beside.following else None) == (
        team[place + 1] if place + 1 < len(team) else None
    )
    alone = person_beside(viewer=people.owner, pk=people.owner.pk)
    assert (alone.person, alone.previous, alone.following) == (people.owner, None, None)


def test_a_follow_up_at_a_customer_who_went_elsewhere_is_not_shown(people):
    mine = CustomerFactory(owner=people.outsider)
    FollowUpFactory(customer=mine, rep=people.owner, at=at(today(), 9), day=today())
    assert FollowUp.objects.filter(rep=people.owner).count() == 1
    assert person_day(viewer=people.superior, person=people.owner, day=today()).follow_ups == []
    found = team_day(user=people.superior, people=[people.owner], day=today(), before=today() - WEEK)
    assert found.now[people.owner.pk].contacted == 0


def test_who_may_not_see_money_sees_no_column_of_it(people, login):
    work(people.owner, today())
    Role.objects.get(code="manager").permissions.filter(codename="view_salesorder").delete()
    keys = [measure.key for measure in login(people.superior).get("/supervision/").context["measures"]]
    assert "quoted" in keys
    assert "ordered" not in keys
    assert "orders" not in keys
    found = person_day(viewer=people.superior, person=people.owner, day=today())
    assert found.orders == []


# --- the page
def test_every_part_of_the_day_stands_on_its_page(people, login):
    customer = work(people.owner, today())
    send_report(people.owner, today())
    client = login(people.superior)
    page = client.get(f"/supervision/{people.owner.pk}/{today()}/").content.decode()
    for words in (customer.name, "¥120.50", "¥80.00", "09:00–09:30"):
        assert words in page
    assert f"/instructions/days/{people.owner.pk}/{today()}/" in page
    assert "明天继续" in client.get(f"/supervision/{people.owner.pk}/{today()}/reports/").content.decode()


def test_a_draft_of_a_report_is_its_reps_alone(people, login):
    DailyReport.objects.create(rep=people.owner, day=today(), remark="还没写完")
    address = f"/supervision/{people.owner.pk}/{today()}/reports/"
    assert "还没写完" not in login(people.superior).get(address).content.decode()
    assert "/day-end/" in login(people.owner).get(address).content.decode()


def test_work_reports_of_the_day_its_week_and_month_stand_beside(people, login):
    day = today()
    monday = day - dt.timedelta(days=day.weekday())
    sent = {"person": people.owner, "reviewer": people.superior, "status": "sent", "sent_at": timezone.now()}
    week = WorkReport.objects.create(kind="week", first=monday, **sent)
    other = WorkReport.objects.create(kind="week", first=monday - WEEK, **sent)
    address = f"/supervision/{people.owner.pk}/{day}/reports/"
    shown = login(people.superior).get(address).content.decode()
    assert week.get_absolute_url() in shown
    assert other.get_absolute_url() not in shown
    Role.objects.get(code="manager").permissions.filter(codename="view_workreport").delete()
    assert week.get_absolute_url() not in login(people.superior).get(address).content.decode()


def test_nothing_at_all(people, login):
    assert (
        "pd-empty"
        in login(people.superior).get(f"/supervision/{people.owner.pk}/{today()}/").content.decode()
    )
    lonely = UserFactory(username="lonely", role="manager", department=people.head, data_scope="self")
    assert "pd-empty" in login(lonely).get("/supervision/").content.decode()


def test_department_sort_pages_and_export(people, login, monkeypatch):
    work(people.colleague, today())
    boss = login(people.admin)
    shown = boss.get("/supervision/", {"department": people.other.pk}).content.decode()
    assert "赵外人" in shown
    assert "李业务" not in shown
    assert boss.get("/supervision/", {"department": "x"}).status_code == 404
    by_sum = boss.get("/supervision/", {"sort": "-ordered"})
    assert by_sum.context["rows"][0]["person"] == people.colleague
    assert boss.get("/supervision/", {"sort": "ordered"}).context["rows"][-1]["person"] == people.colleague
    by_time = boss.get("/supervision/", {"sort": "-first_at"})  # without a value last
    assert by_time.context["rows"][0]["person"] == people.colleague
    monkeypatch.setattr("team.views.supervision.PAGE_SIZE", 1)
    page = boss.get("/supervision/", {"page": 2, "sort": "-ordered"})
    assert len(page.context["rows"]) == 1
    assert page.context["rows"][0]["person"] != people.colleague
    book = openpyxl.load_workbook(
        io.BytesIO(
            b"".join(boss.get("/supervision/", {"export": "xlsx", "sort": "-ordered"}).streaming_content)
        )
    )
    lines = list(book.active.values)
    assert lines[1][0] == "张业务"
    assert 120.5 in [float(value) for value in lines[1][3:] if isinstance(value, (int, float, Decimal))]
    Role.objects.get(code="admin").permissions.filter(codename="export_supervision").delete()
    assert login(people.admin).get("/supervision/", {"export": "xlsx"}).status_code == 403


# --- cost
def test_the_pages_cost_the_same_for_one_and_for_three(people, login):
    client, day = login(people.superior), today()
    addresses = ("/supervision/", f"/supervision/{people.owner.pk}/{day}/")
    people.colleague.is_active = False
    people.colleague.save()
    work(people.owner, day)
    TrackPointFactory(rep=people.owner, time=at(day, 9))

    def costs():
        found = []
        for address in addresses:
            with CaptureQueriesContext(connection) as queries:
                assert client.get(address).status_code == 200
            found.append(len(queries))
        return found

    once = costs()
    for n in range(2):
        rep = UserFactory(username=f"more{n}", department=people.sales, superior=people.superior)
        for _again in range(3):
            CustomerFactory(owner=people.owner, created_on=day)
            FollowUpFactory(
                customer=CustomerFactory(owner=people.owner), rep=people.owner, at=at(day, 10), day=day
            )
        work(rep, day)
        TrackPointFactory(rep=rep, time=at(day, 9))
    assert costs() == once
    assert max(once) <= 12, once


# --- the way of the day
def walked(rep, day):
    for minute in range(0, 60, 5):
        TrackPointFactory(rep=rep, time=at(day, 9, minute), latitude=31.82 + minute / 5000, longitude=117.23)


def test_the_way_of_the_day_is_drawn_and_looking_is_on_record(people, login):
    day = today() - dt.timedelta(days=1)
    walked(people.owner, day)
    customer = CustomerFactory(owner=people.owner, name="滨湖店")
    VisitFactory(
        rep=people.owner, customer=customer, day=day, check_in_at=at(day, 9, 10), status="closed", check_in_lat=31.822,
        check_in_lng=117.23,
    )  # fmt: skip
    address = f"/supervision/{people.owner.pk}/{day}/track/"
    client = login(people.superior)
    assert address in client.get(f"/supervision/{people.owner.pk}/{day}/").content.decode()
    assert not AccessLog.objects.exists()  # the page itself shows no position
    answer = client.get(address)
    drawn = answer.context["drawn"]
    assert sum(len(piece["t"]) for piece in drawn["segments"]) > 5
    assert "滨湖店" in drawn["places"][0]["text"]
    body = answer.content.decode()
    assert "data-day-track" in body
    assert f"/tracks/?rep={people.owner.pk}&amp;date={day}" in body
    client.get(address)
    client.get(f"/tracks/?rep={people.owner.pk}&date={day}")
    look = AccessLog.objects.get()
    assert (look.actor, look.subject, look.action) == (people.superior, people.owner, "location")
    assert login(people.owner).get(address).status_code == 200
    assert AccessLog.objects.count() == 1  # one's own is nobody's business


def test_a_day_without_a_track_says_so_and_is_no_look(people, login):
    body = login(people.superior).get(f"/supervision/{people.owner.pk}/{today()}/track/").content.decode()
    assert "data-day-track" not in body
    assert "text-secondary" in body
    assert not AccessLog.objects.exists()


def test_nobody_else_sees_where_a_person_was(people, login):
    walked(people.owner, today())
    address = f"/supervision/{people.owner.pk}/{today()}/track/"
    assert login(people.outsider).get(address).status_code == 404
    assert login(people.colleague).get(address).status_code == 404
    assert login(people.finance).get(address).status_code in (403, 404)
    for wrong in ("2026-13-01", "x", str(today() + dt.timedelta(days=1))):
        assert login(people.superior).get(f"/supervision/{people.owner.pk}/{wrong}/track/").status_code == 404
    Role.objects.get(code="manager").permissions.filter(codename="view_trackpoint").delete()
    client = login(people.superior)
    assert client.get(address).status_code == 403
    assert "/track/" not in client.get(f"/supervision/{people.owner.pk}/{today()}/").content.decode()
    assert not AccessLog.objects.exists()


def test_the_way_costs_the_same_with_one_stop_and_with_three(people, login):
    walked(people.owner, today())
    client = login(people.superior)
    costs = []
    for more in (1, 2):
        for number in range(more):
            customer = CustomerFactory(owner=people.owner)
            VisitFactory(
                rep=people.owner,
                customer=customer,
                day=today(),
                check_in_at=at(today(), 9, number),
                status="closed",
            )
        client.get(f"/supervision/{people.owner.pk}/{today()}/track/")
        with CaptureQueriesContext(connection) as queries:
            client.get(f"/supervision/{people.owner.pk}/{today()}/track/")
        costs.append(len(queries))
    assert costs[0] == costs[1] <= 12, costs
