"""收工 and 日报 (D9): reasons for unserved stops, the assembled report, sending, reading, taking back, who owes one."""

import datetime as dt
import io
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from openpyxl import load_workbook

from common import business_calendar
from comms.models import Notification
from sales.models import Delivery, Receipt
from tests.factories import (
    CustomerFactory,
    FollowUpFactory,
    SalesOrderFactory,
    TrackPointFactory,
    UserFactory,
    VisitFactory,
    VisitTaskFactory,
)
from visits import queries, services
from visits.models import DailyReport, VisitOrder, VisitTask
from visits.rules.day_end import Figures, Stop, freeze, thaw

PAGE = "/day-end/"


@pytest.fixture
def today():
    return business_calendar.today()


@pytest.fixture
def stop(people, today):
    return VisitTaskFactory(customer__owner=people.owner, customer__name="百佳超市", date=today)


def sent(rep, day, **more):
    return services.send_report(actor=rep, day=day, remark="", **more)


def refusal(call, **arguments):
    with pytest.raises(ValidationError) as caught:
        call(**arguments)
    return caught.value.code


# --- figures
def test_frozen_figures_come_back_as_they_were():
    figures = Figures(
        planned=3, ordered=Decimal("12.50"), mileage_m=1200.5, skips=[Stop(1, "百佳", "店铺关门")]
    )
    assert thaw(freeze(figures)) == figures
    assert thaw({}) == Figures()


@pytest.mark.parametrize("figures", [Figures(), Figures(tomorrow=[Stop(1, "甲店")])])
def test_an_empty_day_says_so(figures):
    assert figures.is_empty


@pytest.mark.parametrize(
    "figures", [Figures(planned=1), Figures(receipts=1), Figures(moved=[Stop(1, "甲店")])]
)
def test_a_day_with_anything_is_not_empty(figures):
    assert not figures.is_empty


def test_the_sentence_of_an_empty_day(people, login, stop):
    sentence = "这一天没有计划，也没有任何工作"
    assert sentence not in login(people.owner).get("/day-end/").content.decode()
    assert sentence in login(people.colleague).get("/day-end/").content.decode()


def test_the_day_of_the_list_is_named_once(people, login, today):
    page = login(people.superior).get(f"/daily-reports/?day={today}&state=missing").content.decode()
    assert "状态：未交" in page
    assert "日期：" not in page


def test_the_report_is_assembled_from_what_was_recorded(people, today):
    rep = people.owner
    done, skipped, moved, ahead = (
        VisitTaskFactory(rep=rep, customer__owner=rep, date=date)
        for date in (today, today, today, today + dt.timedelta(days=1))
    )
    visit = VisitFactory(rep=rep, customer=done.customer, day=today, task=done)
    VisitFactory(rep=rep, customer=CustomerFactory(owner=rep), day=today)
    VisitTask.objects.filter(pk=done.pk).update(status="done")
    services.skip_task(actor=rep, task=skipped, reason="店铺关门")
    services.move_task(actor=rep, task=moved, date=today + dt.timedelta(days=3))
    order = SalesOrderFactory(customer=done.customer, rep=rep, total=Decimal("120.50"))
    VisitOrder.objects.create(visit=visit, order=order)
    SalesOrderFactory(customer=done.customer, rep=rep, total=Decimal(99), status="cancelled")
    SalesOrderFactory(customer=done.customer, rep=people.colleague, total=Decimal(77))
    Delivery.objects.create(
        number="SD-1",
        due_on=today,
        customer=done.customer,
        rep=rep,
        issued_on=today,
        amount=Decimal("33.30"),
        status="posted",
    )
    Receipt.objects.create(
        number="RC-1", customer=done.customer, rep=rep, received_on=today, amount=Decimal(50)
    )
    FollowUpFactory(customer=done.customer, rep=rep, at=timezone.now(), day=today)
    figures = queries.rep_day(rep=rep, day=today).figures
    assert (figures.planned, figures.done, figures.visits, figures.valid, figures.unplanned) == (
        2,
        1,
        2,
        2,
        1,
    )
    assert (figures.attainment, figures.strike) == (0.5, 0.5)
    assert (figures.orders, figures.ordered) == (1, Decimal("120.50"))
    assert (figures.van_sales, figures.van_sold) == (1, Decimal("33.30"))
    assert (figures.receipts, figures.received, figures.returns) == (1, Decimal(50), 0)
    assert (figures.follow_ups, figures.mileage_m) == (1, None)
    assert figures.new_customers == rep.customers.filter(created_on=today).count()
    assert [(row.customer_id, row.text) for row in figures.skips] == [(skipped.customer_id, "店铺关门")]
    assert [row.customer_id for row in figures.moved] == [moved.customer_id]
    assert [row.customer_id for row in figures.tomorrow] == [ahead.customer_id]


def test_mileage_comes_from_the_track(people):
    day = dt.date(2026, 3, 2)
    start = dt.datetime(2026, 3, 2, 1, 0, tzinfo=dt.UTC)
    for minute in range(5):
        TrackPointFactory(
            rep=people.owner,
            time=start + dt.timedelta(minutes=minute),
            latitude=31.8 + minute * 0.001,
            longitude=117.2,
        )
    mileage = queries.rep_day(rep=people.owner, day=day).figures.mileage_m
    assert mileage == pytest.approx(4 * 111.195, rel=0.01)


# --- stops
def test_stops_are_skipped_or_moved_in_one_form(people, login, today, stop):
    other = VisitTaskFactory(rep=people.owner, customer__owner=people.owner, date=today)
    later = today + dt.timedelta(days=2)
    client = login(people.owner)
    page = client.get(PAGE)
    assert page.status_code == 200
    assert "百佳超市" in page.content.decode()
    answer = client.post(
        PAGE,
        {
            f"stop-{stop.pk}-choice": "r:店铺关门",
            f"stop-{other.pk}-choice": "move",
            f"stop-{other.pk}-move_to": later,
            "remark": "明天补货",
            "send": "1",
        },
    )
    report = DailyReport.objects.get(rep=people.owner, day=today)
    assert answer.url == f"/daily-reports/{report.pk}/"
    stop.refresh_from_db()
    other.refresh_from_db()
    assert (stop.status, stop.skip_reason, other.date) == ("skipped", "店铺关门", later)
    assert (report.status, report.remark, report.reader) == ("sent", "明天补货", people.superior)
    assert thaw(report.figures).planned == 1


def test_an_own_reason_is_kept(people, login, stop):
    login(people.owner).post(
        PAGE, {f"stop-{stop.pk}-choice": "other", f"stop-{stop.pk}-reason": "老板出差", "save": "1"}
    )
    stop.refresh_from_db()
    assert (stop.status, stop.skip_reason) == ("skipped", "老板出差")
    assert DailyReport.objects.get().status == "draft"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"choice": "", "send": "1"}, "Give a reason or another day."),
        ({"choice": "other", "send": "1"}, "Say why this visit is skipped."),
        ({"choice": "move", "save": "1"}, "Say to which day."),
        ({"choice": "move", "move_to": "2020-01-01", "save": "1"}, "Move it to a day that is still to come."),
        ({"choice": "move", "move_to": "2090-01-01", "save": "1"}, "Move it by 92 days at most."),
        ({"choice": "move", "move_to": "nonsense", "save": "1"}, "Enter a valid date."),
        ({"choice": "r:not a phrase", "save": "1"}, "Select a valid choice."),
        ({"choice": "", "remark": "长" * 301, "save": "1"}, "at most 300 characters"),
    ],
)
def test_bad_input_changes_nothing_and_keeps_what_was_typed(people, login, stop, data, words):
    people.owner.language = "en"
    people.owner.save()
    typed = {f"stop-{stop.pk}-{name}": value for name, value in data.items() if name in ("choice", "move_to")}
    rest = {name: value for name, value in data.items() if name in ("remark", "save", "send")}
    answer = login(people.owner).post(PAGE, {"remark": "我的一句话", **typed, **rest})
    text = answer.content.decode()
    assert answer.status_code == 422
    assert words in text
    assert rest.get("remark", "我的一句话") in text
    stop.refresh_from_db()
    assert stop.status == "open"
    assert not DailyReport.objects.exists()


def test_a_stop_that_cannot_move_says_so_at_the_stop(people, login, today, stop):
    later = today + dt.timedelta(days=1)
    VisitTaskFactory(rep=people.owner, customer=stop.customer, date=later)
    data = {f"stop-{stop.pk}-choice": "move", f"stop-{stop.pk}-move_to": later, "save": "1"}
    answer = login(people.owner).post(PAGE, data)
    assert answer.status_code == 422
    assert stop.customer.name in answer.content.decode()
    stop.refresh_from_db()
    assert stop.date == today


def test_strange_days_show_today(people, login):
    client = login(people.owner)
    for date in ("nonsense", "2999-01-01", "0001-01-01"):
        assert client.get(PAGE, {"date": date}).status_code == 200


# --- sending
def test_no_report_while_in_a_store_or_with_stops_left(people, today, stop):
    assert refusal(sent, rep=people.owner, day=today) == "stops"
    services.skip_task(actor=people.owner, task=stop, reason="关门")
    visit = VisitFactory(
        rep=people.owner, customer=stop.customer, day=today, status="open", check_out_at=None
    )
    assert refusal(sent, rep=people.owner, day=today) == "open_visit"
    visit.delete()
    assert sent(people.owner, today).status == "sent"
    assert refusal(sent, rep=people.owner, day=today) == "sent"
    assert refusal(services.save_remark, actor=people.owner, day=today, remark="x") == "sent"


def test_days_that_have_no_report(people, today):
    assert refusal(sent, rep=people.owner, day=today + dt.timedelta(days=1)) == "day"
    assert refusal(sent, rep=people.owner, day=today - dt.timedelta(days=32)) == "day"
    assert not DailyReport.objects.exists()


def test_figures_stay_as_they_were_sent(people, today):
    report = sent(people.owner, today)
    VisitFactory(rep=people.owner, customer=CustomerFactory(owner=people.owner), day=today)
    report.refresh_from_db()
    assert thaw(report.figures).visits == 0


def test_the_superior_is_told_and_his_opening_is_the_read_mark(people, login, today):
    report = sent(people.owner, today)
    notice = Notification.objects.get(recipient=people.superior)
    assert (notice.kind, notice.url) == ("report", f"/daily-reports/{report.pk}/")
    login(people.admin).get(notice.url)
    report.refresh_from_db()
    assert report.read_at is None
    assert login(people.superior).get(notice.url).status_code == 200
    report.refresh_from_db()
    notice.refresh_from_db()
    assert report.read_at is not None
    assert notice.read_at is not None


def test_taken_back_until_it_is_read(people, login, today):
    client, report = login(people.owner), sent(people.owner, today)
    assert client.post(f"/daily-reports/{report.pk}/take-back/").status_code == 302
    report.refresh_from_db()
    assert (report.status, report.figures, report.reader) == ("draft", {}, None)
    assert not Notification.objects.exists()
    sent(people.owner, today)
    login(people.superior).get(f"/daily-reports/{report.pk}/")
    client.post(f"/daily-reports/{report.pk}/take-back/")
    report.refresh_from_db()
    assert report.status == "sent"


def test_without_a_superior_it_is_filed(people, login, today):
    report = sent(people.outsider, today)
    assert report.reader is None
    assert not Notification.objects.exists()
    assert login(people.admin).get(f"/daily-reports/{report.pk}/").status_code == 200


# --- who sees what
def test_outsiders_see_no_report_and_nobody_a_draft(people, login, today):
    report = sent(people.owner, today)
    page = f"/daily-reports/{report.pk}/"
    assert login(people.owner).get(page).status_code == 200
    assert login(people.outsider).get(page).status_code == 404
    assert login(people.outsider).post(f"{page}take-back/").status_code == 404
    assert login(people.superior).post(f"{page}take-back/").status_code == 404
    services.unsend_report(actor=people.owner, report=report)
    assert login(people.superior).get(page).status_code == 404
    assert login(people.owner).get(page).url.startswith(PAGE)


def test_who_writes_none_is_refused(people, login):
    assert login(people.finance).get(PAGE).status_code == 403
    assert login(people.finance).get("/daily-reports/").status_code == 403


def names(answer):
    return {row.name for row in answer.context["page"].object_list}


def test_the_list_says_who_sent_and_who_did_not(people, login, today):
    sent(people.owner, today)
    client = login(people.superior)
    answer = client.get("/daily-reports/")
    assert names(answer) == {people.owner.name, people.colleague.name}
    assert "fw-bold" in answer.content.decode()
    assert names(client.get("/daily-reports/", {"state": "missing"})) == {people.colleague.name}
    assert names(client.get("/daily-reports/", {"state": "unread"})) == {people.owner.name}
    assert names(client.get("/daily-reports/", {"rep": people.colleague.pk})) == {people.colleague.name}
    assert names(client.get("/daily-reports/", {"q": people.owner.name})) == {people.owner.name}
    assert names(client.get("/daily-reports/", {"department": people.other.pk})) == set()
    yesterday = today - dt.timedelta(days=1)
    assert names(client.get("/daily-reports/", {"day": yesterday, "state": "sent"})) == set()
    client.get(f"/daily-reports/{DailyReport.objects.get().pk}/")
    assert "fw-bold" not in client.get("/daily-reports/").content.decode()
    assert names(login(people.outsider).get("/daily-reports/")) == {people.outsider.name}


def test_the_list_as_excel(people, login, today):
    SalesOrderFactory(customer__owner=people.owner, total=Decimal("12.50"))
    sent(people.owner, today)
    answer = login(people.superior).get("/daily-reports/", {"export": "xlsx", "sort": "sent"})
    rows = list(load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active.values)
    row = dict(zip(rows[0], next(row for row in rows if row[0] == people.owner.name), strict=True))
    assert Decimal("12.50") in [
        Decimal(str(value)) for value in row.values() if isinstance(value, (int, float))
    ]
    assert len(rows) == 3
    assert login(people.owner).get("/daily-reports/", {"export": "xlsx"}).status_code == 403


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_costs_the_same(people, login, today, rows, django_assert_num_queries):
    for _ in range(rows):
        sent(UserFactory(department=people.sales, superior=people.superior), today)
    client = login(people.superior)
    client.get("/daily-reports/")
    with django_assert_num_queries(8):
        assert client.get("/daily-reports/").status_code == 200


@pytest.mark.parametrize("rows", [1, 3])
def test_the_day_end_page_costs_the_same(people, login, today, rows, django_assert_num_queries):
    for _ in range(rows):
        VisitTaskFactory(rep=people.owner, customer__owner=people.owner, date=today)
        VisitFactory(rep=people.owner, customer=CustomerFactory(owner=people.owner), day=today)
    client = login(people.owner)
    client.get(PAGE)
    with django_assert_num_queries(12):
        assert client.get(PAGE).status_code == 200


def test_the_card_counts_unread_and_owed(people, today):
    for rep in (people.owner, people.colleague):
        VisitFactory(rep=rep, customer=CustomerFactory(owner=rep), day=today)
    report = sent(people.owner, today)
    waiting = queries.reports_waiting(user=people.superior, today=today, evening=True)
    assert (waiting.unread, waiting.missing, waiting.day) == (1, 1, today)
    services.read_report(actor=people.superior, report=report)
    assert queries.reports_waiting(user=people.superior, today=today, evening=True).unread == 0
    before = queries.reports_waiting(user=people.superior, today=dt.date(2026, 3, 2), evening=False)
    assert before.day == dt.date(2026, 2, 28)  # a Saturday that was worked


def test_the_card_is_for_those_who_read_reports(people, login):
    assert login(people.superior).get("/daily-reports/card/").status_code == 200
    assert login(people.finance).get("/daily-reports/card/").status_code == 403
