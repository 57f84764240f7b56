"""工作报告 (H3): written, sent, taken back, read, commented, copied; the day follows the day's end; who sees what."""

import datetime as dt
import io
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from PIL import Image

from common import business_calendar
from comms.models import Notification
from comms.queries.todos import todos_of
from sales.models import Receipt
from team.models import WorkReport, WorkReportFile, WorkReportTemplate
from team.queries.report_figures import period_figures
from team.rules.reports import freeze, thaw
from team.services import report_comments, reports
from team.services.reports import Written
from tests.factories import CustomerFactory, FollowUpFactory, SalesOrderFactory, UserFactory, VisitTaskFactory
from visits import services as visits_services

FIRST = dt.date(2026, 11, 16)  # a Monday
NOW = dt.datetime(2026, 11, 20, 10, 0, tzinfo=dt.UTC)  # Friday evening of that week, here
TEXTS = {"done": "跑完滨湖片区", "plan": "先跑政务区"}


def write(person, *, kind="week", first=FIRST, send=True, now=NOW, **more):
    written = Written(texts=more.pop("texts", TEXTS), reviewer=more.pop("reviewer", person.superior), **more)
    return reports.save_report(actor=person, kind=kind, first=first, written=written, send=send, now=now)


def refusal(call, **arguments):
    with pytest.raises(ValidationError) as caught:
        call(**arguments)
    return caught.value


@pytest.fixture
def copied(people):
    """A colleague of another department, who sees nobody's records but his own."""
    return people.outsider


@pytest.fixture
def report(people, copied):
    return write(people.owner, copies=[copied.pk])


# --- the database's own rules
@pytest.mark.parametrize(
    "wrong",
    [
        {"status": "sent"},
        {"status": "draft", "sent_at": NOW},
        {"status": "read", "sent_at": NOW},
        {"status": "sent", "sent_at": NOW, "read_at": NOW},
    ],
)
def test_status_and_times_go_together(people, wrong):
    with pytest.raises(IntegrityError), transaction.atomic():
        WorkReport.objects.create(person=people.owner, kind="week", first=FIRST, **wrong)


def test_one_report_for_each_kind_date_and_person(people):
    WorkReport.objects.create(person=people.owner, kind="week", first=FIRST)
    WorkReport.objects.create(person=people.owner, kind="month", first=FIRST.replace(day=1))
    WorkReport.objects.create(person=people.colleague, kind="week", first=FIRST)
    with pytest.raises(IntegrityError), transaction.atomic():
        WorkReport.objects.create(person=people.owner, kind="week", first=FIRST)
    with pytest.raises(IntegrityError), transaction.atomic():
        WorkReport.objects.create(
            person=people.owner, kind="week", first=dt.date(2026, 11, 9), reviewer=people.owner
        )


# --- figures
def test_the_figures_are_those_of_the_period_and_the_person(people):
    owner, customer = people.owner, CustomerFactory(owner=people.owner, created_on=FIRST)
    CustomerFactory(owner=people.owner, created_on=FIRST - dt.timedelta(days=1))
    VisitTaskFactory(rep=owner, customer=customer, date=FIRST)
    VisitTaskFactory(
        rep=owner, customer=customer, date=FIRST + dt.timedelta(days=6)
    )  # still to come on Friday
    VisitTaskFactory(rep=owner, customer=customer, date=FIRST + dt.timedelta(days=7))
    VisitTaskFactory(
        rep=owner, customer=customer, date=FIRST + dt.timedelta(days=8), status="skipped", skip_reason="关门"
    )
    SalesOrderFactory(customer=customer, rep=owner, ordered_on=FIRST, total=Decimal("120.50"))
    SalesOrderFactory(customer=customer, rep=people.colleague, ordered_on=FIRST, total=Decimal(9))
    SalesOrderFactory(customer=customer, rep=owner, ordered_on=FIRST, total=Decimal(7), status="draft")
    Receipt.objects.create(number="RC-1", customer=customer, rep=owner, received_on=FIRST, amount=Decimal(50))
    FollowUpFactory(customer=customer, rep=owner, at=NOW, day=FIRST)
    figures = period_figures(user=owner, kind="week", first=FIRST, today=dt.date(2026, 11, 20))
    assert (figures.planned, figures.done, figures.ahead) == (1, 0, 1)
    assert (figures.orders, figures.ordered) == (1, Decimal("120.50"))
    assert (figures.receipts, figures.received) == (1, Decimal(50))
    assert (figures.new_customers, figures.follow_ups, figures.mileage_m) == (1, 1, None)
    assert thaw(freeze(figures)) == figures
    team = period_figures(user=people.superior, kind="week", first=FIRST, today=dt.date(2026, 11, 20))
    assert (team.orders, team.ordered) == (2, Decimal("129.50"))  # a leader's is about his people


def test_figures_stay_as_they_were_sent(people):
    row = write(people.owner)
    SalesOrderFactory(customer__owner=people.owner, rep=people.owner, ordered_on=FIRST, total=Decimal(8))
    row.refresh_from_db()
    assert row.numbers.orders == 0


# --- writing and sending
def test_a_draft_is_kept_and_sent(people, copied):
    draft = write(people.owner, send=False, copies=[copied.pk])
    assert (draft.status, draft.figures, Notification.objects.count()) == ("draft", {}, 0)
    sent = write(people.owner, copies=[copied.pk])
    assert (sent.pk, sent.status, sent.reviewer, sent.is_late) == (draft.pk, "sent", people.superior, False)
    assert {n.recipient for n in Notification.objects.filter(kind="report")} == {people.superior, copied}
    assert refusal(write, person=people.owner).code == "sent"


def test_late_is_after_the_first_working_day_of_the_next_week(people):
    monday = dt.datetime(2026, 11, 23, 10, 0, tzinfo=dt.UTC)
    assert not write(people.owner, now=monday).is_late
    assert write(people.colleague, now=monday + dt.timedelta(days=1)).is_late


def test_what_is_refused_is_said_at_its_field(people):
    assert "text_done" in refusal(write, person=people.owner, texts={"plan": "x"}).message_dict
    assert "text_done" in refusal(write, person=people.owner, texts={"done": "长" * 3001}).message_dict
    assert "reviewer" in refusal(write, person=people.owner, reviewer=people.owner).message_dict
    crowd = [UserFactory().pk for _n in range(31)]
    assert "copies" in refusal(write, person=people.owner, copies=crowd).message_dict
    assert not WorkReport.objects.exists()


@pytest.mark.parametrize(
    ("kind", "first", "code"),
    [
        ("week", FIRST + dt.timedelta(days=1), "period"),
        ("week", FIRST + dt.timedelta(days=7), "period"),
        ("week", dt.date(2026, 1, 5), "period"),
        ("year", FIRST, "period"),
        ("day", FIRST, "day_end"),
    ],
)
def test_periods_that_have_no_report(people, kind, first, code):
    assert refusal(write, person=people.owner, kind=kind, first=first).code == code


def test_who_closes_no_day_on_the_phone_writes_his_day(people):
    day = write(people.finance, kind="day", first=dt.date(2026, 11, 20), reviewer=people.admin)
    assert (day.status, day.daily_report, day.reviewer) == ("sent", None, people.admin)


# --- taking back, reading
def test_taken_back_until_somebody_has_read_it(people, copied, report):
    reports.take_back(actor=people.owner, report=report)
    assert (report.status, report.figures, report.sent_at) == ("draft", {}, None)
    assert not Notification.objects.exists()
    sent = write(people.owner, copies=[copied.pk])
    reports.read_report(actor=copied, report=sent)
    assert refusal(reports.take_back, actor=people.owner, report=sent).code == "read"


def test_reading_marks_what_was_sent_to_the_reader_only(people, login, copied, report):
    page = report.get_absolute_url()
    login(people.admin).get(page)
    login(copied).get(page)
    report.refresh_from_db()
    assert (report.status, report.copies.get().read_at is not None) == ("sent", True)
    login(people.superior).get(page)
    report.refresh_from_db()
    assert (report.status, report.read_at is not None) == ("read", True)
    assert not Notification.objects.filter(read_at=None).exists()


def test_all_are_marked_read_at_once(people, login):
    for person in (people.owner, people.colleague):
        write(person)
    answer = login(people.superior).post("/work-reports/read/")
    assert answer.url == "/work-reports/"
    assert not WorkReport.objects.filter(status="sent").exists()
    assert not Notification.objects.filter(recipient=people.superior, read_at=None).exists()


# --- the day's end
def test_the_day_comes_from_its_end_and_follows_it(people, login):
    today = business_calendar.today()
    SalesOrderFactory(
        customer__owner=people.owner, rep=people.owner, ordered_on=today, total=Decimal("12.50")
    )
    daily = visits_services.send_report(actor=people.owner, day=today, remark="明天补货")
    day = WorkReport.objects.get(person=people.owner, kind="day", first=today)
    assert (day.status, day.daily_report, day.reviewer) == ("sent", daily, people.superior)
    assert (day.numbers.ordered, day.words) == (Decimal("12.50"), "明天补货")
    assert Notification.objects.filter(recipient=people.superior).count() == 1  # the day's end told him
    visits_services.unsend_report(actor=people.owner, report=daily)
    day.refresh_from_db()
    assert (day.status, day.sent_at) == ("draft", None)
    visits_services.send_report(actor=people.owner, day=today, remark="改一句")
    page = login(people.superior).get(day.get_absolute_url()).content.decode()
    assert "改一句" in page
    assert f"/daily-reports/{daily.pk}/" in page
    day.refresh_from_db()
    daily.refresh_from_db()
    assert day.status == "read"
    assert daily.read_at is not None  # read here is read there
    assert WorkReport.objects.count() == 1


def test_reading_the_day_s_end_reads_the_report(people, login):
    daily = visits_services.send_report(actor=people.owner, day=business_calendar.today(), remark="")
    login(people.superior).get(f"/daily-reports/{daily.pk}/")
    assert WorkReport.objects.get().status == "read"


def test_taking_the_report_of_a_day_back_takes_the_day_s_end_back(people, login):
    daily = visits_services.send_report(actor=people.owner, day=business_calendar.today(), remark="")
    report = WorkReport.objects.get()
    client = login(people.owner)
    client.post(f"/work-reports/{report.pk}/take-back/")
    daily.refresh_from_db()
    report.refresh_from_db()
    assert (daily.status, report.status) == ("draft", "draft")
    # The draft of such a day is changed where it is made.
    answer = client.get(f"/work-reports/{report.pk}/edit/")
    assert answer.url.startswith("/day-end/?date=")


def test_a_leader_s_own_report_keeps_its_words_when_he_closes_the_day(people):
    today = business_calendar.today()
    own = write(people.superior, kind="day", first=today, reviewer=people.admin, now=timezone.now())
    daily = visits_services.send_report(actor=people.superior, day=today, remark="收工")
    own.refresh_from_db()
    assert (own.daily_report, own.reviewer, own.parts[0].text) == (daily, people.admin, "跑完滨湖片区")
    visits_services.unsend_report(actor=people.superior, report=daily)
    own.refresh_from_db()
    assert own.status == "sent"


# --- who sees what
def boxes(client, box):
    return {row.person.name for row in client.get("/work-reports/", {"box": box}).context["page"].object_list}


def test_every_tab_obeys_the_scope(people, login, copied, report):
    owner, colleague, superior = people.owner, people.colleague, people.superior
    assert boxes(login(owner), "mine") == {owner.name}
    assert boxes(login(superior), "received") == {owner.name}
    assert boxes(login(superior), "team") == {owner.name}
    assert boxes(login(superior), "unread") == {owner.name}
    assert boxes(login(copied), "copied") == {owner.name}
    assert boxes(login(copied), "received") == set()
    for box in ("unread", "received", "copied", "mine", "team"):
        assert boxes(login(colleague), box) == set()
        assert boxes(login(people.finance), box) == set()  # a wide scope alone is no reason
    assert boxes(login(people.admin), "team") == {owner.name}


def test_every_page_of_a_report_obeys_the_scope(people, login, copied, report):
    page = report.get_absolute_url()
    for person in (people.owner, people.superior, copied, people.admin):
        assert login(person).get(page).status_code == 200
    for person in (people.colleague, people.finance):
        client = login(person)
        assert client.get(page).status_code == 404
        assert client.post(f"{page}comment/", {"text": "?"}).status_code == 404
    for person in (people.superior, copied, people.colleague):
        client = login(person)
        for action in ("take-back", "discard", "copies"):
            assert client.post(f"{page}{action}/").status_code == 404
        assert client.get(f"{page}edit/").status_code == 404


def test_nobody_else_sees_a_draft(people, login, copied):
    draft = write(people.owner, send=False, copies=[copied.pk])
    page = draft.get_absolute_url()
    for person in (people.superior, copied, people.admin):
        assert login(person).get(page).status_code == 404
    assert login(people.owner).get(page).url == f"{page}edit/"


def test_who_has_no_permission_is_refused(people, login, report):
    people.owner.role.permissions.filter(codename__in=["view_workreport", "add_workreport"]).delete()
    client = login(people.owner)
    for page in ("/work-reports/", "/work-reports/new/", report.get_absolute_url()):
        assert client.get(page).status_code == 403
    for page in ("missing", "statistics", "templates"):
        assert client.get(f"/work-reports/{page}/").status_code == 403
    assert client.get("/work-reports/", {"export": "xlsx"}).status_code == 403


# --- the form
def form_data(person, **more):
    return {"text_done": "跑完", "text_plan": "", "reviewer": person.superior_id or "", **more}


def this_week():
    return business_calendar.today() - dt.timedelta(days=business_calendar.today().weekday())


def test_the_form_begins_with_the_figures_and_the_plan_in_words(people, login):
    today, monday = business_calendar.today(), this_week()
    SalesOrderFactory(
        customer__owner=people.owner, rep=people.owner, ordered_on=today, total=Decimal("12.50")
    )
    VisitTaskFactory(rep=people.owner, customer__owner=people.owner, date=monday + dt.timedelta(days=7))
    people.owner.language = "en"
    people.owner.save()
    answer = login(people.owner).get("/work-reports/new/", {"kind": "week", "date": today})
    form = answer.context["form"]
    assert "12.50" in form["text_done"].value()
    assert "1 visits" in form["text_plan"].value()
    assert form["reviewer"].value() == people.superior.pk
    assert not WorkReport.objects.exists()  # looking writes nothing


def test_written_on_the_page_saved_and_sent(people, login, copied):
    client, page = login(people.owner), f"/work-reports/new/?kind=week&date={this_week()}"
    data = form_data(people.owner, copies=[copied.pk])
    answer = client.post(page, {**data, "save": "1"})
    report = WorkReport.objects.get()
    assert answer.url == f"/work-reports/{report.pk}/edit/"
    assert client.get(page).url == answer.url  # the draft that there is
    assert client.post(answer.url, {**data, "send": "1"}).url == f"/work-reports/{report.pk}/"
    report.refresh_from_db()
    assert (report.status, report.parts[0].text, report.copies.get().person) == ("sent", "跑完", copied)
    assert client.get(answer.url).url == f"/work-reports/{report.pk}/"


def test_bad_input_keeps_what_was_typed_and_says_why(people, login):
    people.owner.language = "en"
    people.owner.save()
    page = f"/work-reports/new/?kind=week&date={this_week()}"
    data = form_data(people.owner, text_done="", text_market="对手涨价", send="1")
    answer = login(people.owner).post(page, data)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "Write something here before you send it." in text
    assert "对手涨价" in text
    answer = login(people.owner).post(page, form_data(people.owner, reviewer="999999", save="1"))
    assert answer.status_code == 422
    assert "Select a valid choice." in answer.content.decode()
    assert not WorkReport.objects.exists()


def test_strange_addresses(people, login):
    client = login(people.owner)
    assert client.get("/work-reports/new/", {"date": "nonsense"}).status_code == 200
    assert client.get("/work-reports/new/", {"kind": "year"}).status_code == 404
    assert client.get("/work-reports/new/", {"kind": "week", "date": "0001-01-01"}).status_code == 404
    ahead = business_calendar.today() + dt.timedelta(days=30)
    assert client.get("/work-reports/new/", {"kind": "week", "date": ahead}).url == "/work-reports/?box=mine"
    assert client.get("/work-reports/new/", {"kind": "day"}).url.startswith("/day-end/?date=")


def test_the_usual_copies_come_from_the_last_report(people, login, copied):
    last = this_week() - dt.timedelta(days=7)
    write(people.owner, first=last, now=timezone.now(), copies=[copied.pk])
    answer = login(people.owner).get("/work-reports/new/", {"kind": "week", "date": this_week()})
    assert answer.context["form"]["copies"].value() == [copied.pk]


# --- attachments
def picture(name="照片.png"):
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(out, "PNG")
    return SimpleUploadedFile(name, out.getvalue(), content_type="image/png")


def test_attachments_are_written_anew_and_shown_to_those_who_see_the_report(people, login, copied):
    client, page = login(people.owner), f"/work-reports/new/?kind=week&date={this_week()}"
    client.post(page, form_data(people.owner, copies=[copied.pk], files=[picture()], send="1"))
    row = WorkReportFile.objects.get()
    assert (row.name, row.is_picture) == ("照片.jpg", True)
    answer = login(copied).get(f"/work-reports/files/{row.pk}/")
    content = b"".join(answer.streaming_content)
    assert (answer["Content-Type"], content[:2]) == ("image/jpeg", b"\xff\xd8")
    assert login(people.colleague).get(f"/work-reports/files/{row.pk}/").status_code == 404


def test_a_file_that_is_not_what_it_says_is_refused(people, login):
    page = f"/work-reports/new/?kind=week&date={this_week()}"
    for name, content in (("坏.pdf", b"<script>"), ("x.html", b"<script>alert(1)</script>"), ("x.png", b"x")):
        upload = SimpleUploadedFile(name, content)
        answer = login(people.owner).post(page, form_data(people.owner, files=[upload], send="1"))
        assert answer.status_code == 422
        assert answer.context["form"].errors["files"]
    assert not WorkReport.objects.exists()


def test_a_draft_loses_a_file_and_is_deleted(people, login):
    client, page = login(people.owner), f"/work-reports/new/?kind=week&date={this_week()}"
    client.post(page, form_data(people.owner, files=[picture("a.png"), picture("b.png")], save="1"))
    report = WorkReport.objects.get()
    gone = report.files.get(name="a.jpg")
    client.post(f"/work-reports/{report.pk}/edit/", form_data(people.owner, dropped=[gone.pk], save="1"))
    assert [file.name for file in report.files.all()] == ["b.jpg"]
    client.post(f"/work-reports/{report.pk}/discard/")
    assert not WorkReport.objects.exists()
    sent = write(people.owner)
    assert refusal(reports.discard, actor=people.owner, report=sent).code == "sent"


# --- comments, copies, templates
def test_comments_are_told_to_the_writer_and_the_reviewer(people, login, copied, report):
    Notification.objects.all().delete()
    page = report.get_absolute_url()
    answer = login(copied).post(f"{page}comment/", {"text": "一起去"})
    assert answer.url == page
    assert {n.recipient for n in Notification.objects.all()} == {people.owner, people.superior}
    Notification.objects.all().delete()
    report_comments.comment(actor=people.owner, report=report, text="好")
    assert {n.recipient for n in Notification.objects.all()} == {people.superior, copied}
    assert "一起去" in login(people.superior).get(page).content.decode()


def test_a_comment_needs_words(people, login, report):
    page = report.get_absolute_url()
    assert login(people.superior).post(f"{page}comment/", {"text": " "}).status_code == 422
    assert login(people.superior).post(f"{page}comment/", {"text": "长" * 1001}).status_code == 422
    assert not report.comments.exists()


def test_sent_to_more_colleagues(people, login, report):
    Notification.objects.all().delete()
    client = login(people.owner)
    assert client.get(f"/work-reports/{report.pk}/copies/").status_code == 200
    client.post(f"/work-reports/{report.pk}/copies/", {"copies": [people.finance.pk, people.superior.pk]})
    assert report.copies.count() == 2  # the reviewer needs no copy
    assert {n.recipient for n in Notification.objects.all()} == {people.finance}
    assert login(people.finance).get(report.get_absolute_url()).status_code == 200


HOSTILE = '<script>alert(1)</script><img src=x onerror="alert(2)">'


def test_stored_html_cannot_run(people, login, copied):
    report = write(people.owner, texts={"done": HOSTILE, "plan": HOSTILE}, copies=[copied.pk])
    report_comments.comment(actor=people.owner, report=report, text=HOSTILE)
    template = WorkReportTemplate.objects.get(role="rep", kind="week")
    template.sections[0] |= {"label": HOSTILE, "hint": HOSTILE}
    template.save()
    client = login(people.superior)
    pages = [
        client.get(page).content.decode()
        for page in (report.get_absolute_url(), "/work-reports/?box=team", "/work-reports/templates/",
                     "/work-reports/templates/rep/week/")
    ]  # fmt: skip
    pages.append(login(people.colleague).get("/work-reports/new/?kind=week").content.decode())
    for text in pages:
        assert "&lt;script&gt;" in text
        assert "<script>alert" not in text
        assert "<img src=x" not in text


# --- statements
@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("box", ["received", "team", "copied", "mine", "unread"])
def test_the_list_costs_the_same(people, login, rows, box, copied):
    for _n in range(rows):
        write(UserFactory(department=people.sales, superior=people.superior), copies=[copied.pk])
    client = login(copied if box == "copied" else people.superior)
    client.get("/work-reports/")
    with CaptureQueriesContext(connection) as found:
        answer = client.get("/work-reports/", {"box": box})
    assert len(answer.context["page"].object_list) == (0 if box == "mine" else rows)
    assert len(found) == {"mine": 6, "copied": 8}.get(box, 9)


@pytest.mark.parametrize("rows", [1, 3])
def test_a_report_costs_the_same(people, login, rows):
    crowd = [UserFactory().pk for _n in range(rows)]
    report = write(people.owner, copies=crowd)
    for week in range(rows):
        report_comments.comment(actor=people.superior, report=report, text=f"第{week}")
    client = login(people.superior)
    client.get(report.get_absolute_url())
    with CaptureQueriesContext(connection) as found:
        assert client.get(report.get_absolute_url()).status_code == 200
    assert len(found) <= 12
    assert len({query["sql"] for query in found}) == len(found)


@pytest.mark.parametrize("rows", [1, 3])
def test_the_form_costs_the_same(people, login, rows):
    today = business_calendar.today()
    for _n in range(rows):
        customer = CustomerFactory(owner=people.owner)
        VisitTaskFactory(rep=people.owner, customer=customer, date=today + dt.timedelta(days=7))
        SalesOrderFactory(customer=customer, rep=people.owner, ordered_on=today, total=Decimal(1))
    client = login(people.owner)
    client.get("/work-reports/")
    with CaptureQueriesContext(connection) as found:
        assert client.get("/work-reports/new/", {"kind": "week", "date": today}).status_code == 200
    assert len(found) <= 12


def test_the_to_do_list_says_what_to_read_and_to_send(people, report):
    keys = {todo.key: todo for todo in todos_of(people.superior, today=dt.date(2026, 11, 20), now=NOW)}
    assert (keys["work-reports"].count, keys["work-reports"].url) == (1, "/work-reports/?box=unread")
    people.colleague.date_joined = NOW - dt.timedelta(days=90)
    tuesday = dt.datetime(2026, 11, 24, 2, 0, tzinfo=dt.UTC)
    own = {todo.key: todo for todo in todos_of(people.colleague, today=tuesday.date(), now=tuesday)}
    assert own["work-report-week"].url == "/work-reports/new/?kind=week&date=2026-11-16"
    assert own["work-report-week"].late == 1
    people.owner.date_joined = NOW - dt.timedelta(days=90)
    assert "work-report-week" not in {
        todo.key for todo in todos_of(people.owner, today=tuesday.date(), now=tuesday)
    }
