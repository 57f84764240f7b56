"""Pages of work reports: who sees what, the form, attachments, comments, copies, templates; one number of statements."""

import datetime as dt
import io
import re
from decimal import Decimal
from html import unescape

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from PIL import Image

from common import business_calendar
from comms.models import Notification
from team.models import WorkReport, WorkReportFile, WorkReportTemplate
from team.services import report_comments, reports
from tests.factories import CustomerFactory, SalesOrderFactory, UserFactory, VisitTaskFactory
from tests.team.report_data import write


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


@pytest.mark.parametrize("role", ["service", "finance"])
def test_figures_lead_only_where_one_may_go(people, login, role):
    clerk = login(UserFactory(role=role, department=people.head))
    page = clerk.get("/work-reports/new/", {"kind": "week", "date": this_week()}).content.decode()
    figures = page.split('<div class="tr-figures">')[1].split("</div>")[0]
    links = {unescape(link) for link in re.findall(r'href="([^"]+)"', figures)}
    assert links
    assert {link: 403 for link in links if clerk.get(link).status_code == 403} == {}


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
    with pytest.raises(ValidationError) as refusal:
        reports.discard(actor=people.owner, report=sent)
    assert refusal.value.code == "sent"


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


def test_mileage_leads_to_tracks_for_who_sees_them(people, login):
    for person, opens in ((people.owner, True), (people.finance, False)):
        page = login(person).get("/work-reports/new/?kind=week").content.decode()
        assert "里程" in page
        assert ('href="/tracks/?' in page) == opens
