"""Plan visits, plans, board, calendar and upload as owner, superior and outsider; bad input; costs."""

import datetime as dt
import io
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook, load_workbook

from accounts.models import SavedView
from common import business_calendar
from crm.models import Customer, CustomerShare
from tests.factories import CustomerFactory, VisitTaskFactory
from visits.models import VisitPlan, VisitTask
from visits.services.plans import PlanTerms, save_plans

pytestmark = pytest.mark.django_db

MONDAY = dt.date(2026, 11, 23)
JSON = {"HTTP_ACCEPT": "application/json"}


@pytest.fixture(autouse=True)
def _today(monkeypatch):
    monkeypatch.setattr(business_calendar, "today", lambda now=None: MONDAY)


@pytest.fixture
def plan(people, shop):
    terms = PlanTerms(starts_on=MONDAY, weekdays="1,4")
    save_plans(actor=people.superior, pairs=[(people.owner.pk, shop.pk)], terms=terms, today=MONDAY)
    return VisitPlan.objects.get()


def once(customers, **values):
    return {
        "customers": ",".join(str(customer.pk) for customer in customers),
        "own_reps": "on", "how": "once", "date": "2026-11-24", "limit": "15", "rhythm": "weekdays",
    } | values  # fmt: skip


# --- plan visits
def test_a_preview_makes_nothing_and_says_load_and_conflicts(people, shop, login):
    VisitTaskFactory(customer=shop, rep=people.colleague, date=dt.date(2026, 11, 24))
    page = login(people.superior).post("/tasks/planning/", once([shop], step="preview")).content.decode()
    assert "李业务" in page
    assert "当天已有其他业务员的任务" in page
    assert f"c-{people.owner.pk}-{shop.pk}-20261124" in page
    assert VisitTask.objects.count() == 1


@pytest.mark.parametrize(
    ("choice", "days"),
    [("keep", ["2026-11-24"]), ("move", ["2026-11-25"]), ("out", []), (None, ["2026-11-25"])],
)
def test_conflicts_are_settled_as_chosen(choice, days, people, shop, login):
    VisitTaskFactory(customer=shop, rep=people.colleague, date=dt.date(2026, 11, 24))
    name = f"c-{people.owner.pk}-{shop.pk}-20261124"
    data = once([shop], note="带样品") | ({name: choice} if choice else {})
    assert login(people.superior).post("/tasks/planning/", data).status_code == 302
    made = VisitTask.objects.filter(rep=people.owner)
    assert [task.date.isoformat() for task in made] == days
    assert {(task.source, task.note) for task in made} <= {("manager", "带样品")}


def test_customers_shared_out_over_days_fill_them_evenly(people, login):
    shops = [CustomerFactory(owner=people.owner) for _ in range(6)]
    data = once(shops, date="2026-11-23", until="2026-11-27", days=["1", "2", "3"], each_once="on")
    login(people.superior).post("/tasks/planning/", data)
    counts = [VisitTask.objects.filter(date=MONDAY + dt.timedelta(days=n)).count() for n in range(5)]
    assert counts == [2, 2, 2, 0, 0]


def test_a_rhythm_makes_plans(people, shop, login):
    other = CustomerFactory(owner=people.colleague)
    data = once(
        [shop, other], how="plan", rhythm="cycle", frequency="20", on_holiday="skip", starts_on="2026-11-23"
    )
    preview = login(people.superior).post("/tasks/planning/", data | {"step": "preview"}).content.decode()
    assert "张业务" in preview
    assert not VisitPlan.objects.exists()
    assert login(people.superior).post("/tasks/planning/", data).headers["Location"] == "/visit-plans/"
    assert set(VisitPlan.objects.values_list("rep", "customer")) == {
        (people.owner.pk, shop.pk), (people.colleague.pk, other.pk),
    }  # fmt: skip
    assert VisitTask.objects.count() == 20


def test_a_customer_left_out_of_plans_gets_none(people, shop, login):
    CustomerShare.objects.create(customer=shop, user=people.colleague)
    data = once([shop], how="plan", weekdays=["1"], on_holiday="skip", starts_on="2026-11-23")
    data |= {"own_reps": "", "reps": [people.colleague.pk, people.owner.pk]}
    data[f"c-{people.colleague.pk}-{shop.pk}-20261123"] = "out"
    login(people.superior).post("/tasks/planning/", data)
    assert VisitPlan.objects.get().rep == people.owner


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"customers": ""}, "至少添加一个客户"),
        ({"customers": "x,999999"}, "至少添加一个客户"),
        ({"own_reps": ""}, "请选择由谁去"),
        ({"date": ""}, "请选择日期"),
        ({"date": "2026-11-22"}, "这一天已经过去"),
        ({"until": "2026-11-01"}, "结束"),
        ({"limit": "0"}, "1"),
        ({"how": "plan", "starts_on": "2026-11-23", "on_holiday": "skip"}, "至少选择一个星期"),
        ({"how": "plan", "starts_on": "0202-11-23", "on_holiday": "skip"}, "年份应在 2000 到 2100 之间"),
        (
            {"how": "plan", "starts_on": "2026-11-23", "ends_on": "9999-12-31", "on_holiday": "skip"},
            "年份应在 2000 到 2100 之间",
        ),
    ],
)
def test_bad_input_keeps_what_was_typed(change, message, people, shop, login):
    client = login(people.superior)
    data = once([shop], note="带样品") | change
    answer = client.post("/tasks/planning/", data)
    assert answer.status_code == 422
    assert message in answer.content.decode()
    assert "带样品" in answer.content.decode()
    assert message in client.post("/tasks/planning/", data | {"step": "preview"}).content.decode()
    assert not VisitTask.objects.exists()


def test_who_may_plan(people, shop, login):
    assert login(people.finance).get("/tasks/planning/").status_code == 403
    assert login(people.owner).get("/tasks/planning/").status_code == 200
    # A customer that the outsider does not see is none.
    assert login(people.outsider).post("/tasks/planning/", once([shop])).status_code == 422
    login(people.owner).post("/tasks/planning/", once([shop]))
    assert VisitTask.objects.get().source == "one_off"  # what he plans for himself


def test_saved_views_of_the_customer_list_are_offered(people, login):
    SavedView.objects.create(user=people.superior, page="/customers/", name="A类客户", query="level=A")
    SavedView.objects.create(user=people.outsider, page="/customers/", name="别人的", query="level=B")
    page = login(people.superior).get("/tasks/planning/").content.decode()
    assert 'value="level=A"' in page
    assert "别人的" not in page


@pytest.mark.parametrize(
    ("selection", "address"),
    [
        ({"pk": [3, 1, "x"]}, "/tasks/planning/?customers=3,1"),
        ({"pk": [1], "all": "1", "query": "level=A&q=店"}, "/tasks/planning/?list=level%3DA%26q%3D%E5%BA%97"),
        ({"all": "1", "query": ""}, "/tasks/planning/?list=all"),
    ],
)
def test_a_selection_of_the_customer_list_becomes_an_address(selection, address, people, login):
    answer = login(people.superior).post("/tasks/planning/", selection)
    assert (answer.status_code, answer.headers["Location"]) == (302, address)
    assert login(people.superior).get(address).status_code == 200
    assert login(people.finance).post("/tasks/planning/", selection).status_code == 403


def test_ticked_customers_are_chosen_on_the_page(shop, people, login):
    strange = CustomerFactory(owner=people.outsider, name="别家店")
    page = login(people.superior).get(f"/tasks/planning/?customers={shop.pk},{strange.pk}")
    assert [row[1] for row in page.context["ready"]] == ["百佳超市"]


def test_more_than_a_thousand_customers_are_planned_at_once(people, login):
    make = CustomerFactory.build_batch(1200, owner=people.owner)
    Customer.objects.bulk_create(make)
    rows = login(people.superior).get("/customers/choice/").json()
    assert (rows["count"], len(rows["rows"])) == (1200, 1000)
    rows = login(people.superior).get("/customers/choice/?chosen=1").json()["rows"]
    assert len(rows) == 1200
    data = {"customers": ",".join(str(row[0]) for row in rows), "own_reps": "on", "how": "once", "limit": 15}
    answer = login(people.superior).post("/tasks/planning/", data | {"date": MONDAY.isoformat()})
    assert answer.status_code == 302
    assert VisitTask.objects.filter(rep=people.owner, date=MONDAY).count() == 1200


def test_customers_of_a_list_address(people, shop, login):
    CustomerFactory(owner=people.owner, level="A", name="甲")
    CustomerFactory(owner=people.outsider, level="A", name="乙")
    answer = login(people.superior).get("/customers/choice/?level=A").json()
    assert (answer["count"], [row[1] for row in answer["rows"]]) == (1, ["甲"])
    assert login(people.superior).get("/customers/choice/?created_after=x").status_code == 400


# --- calendar
def test_the_calendar_names_holidays_and_days_worked_in_their_stead(people, login):
    page = login(people.owner).get("/tasks/calendar/?date=2026-02-10").content.decode()
    assert page.count(">春节</span>") >= 8
    assert ">上班</span>" in page
    page = login(people.owner).get("/tasks/calendar/?date=2026-08-10").content.decode()
    assert "vp-holiday" not in page


def test_a_manager_opens_the_calendar_of_his_first_rep(people, login):
    assert login(people.superior).get("/tasks/calendar/").context["rep"].role_code == "rep"
    assert login(people.owner).get("/tasks/calendar/").context["rep"] == people.owner


# --- plans
def test_the_list_shows_the_next_date(plan, people, login):
    for who, shown in ((people.owner, True), (people.superior, True), (people.outsider, False)):
        page = login(who).get("/visit-plans/").content.decode()
        assert ("百佳超市" in page) is shown
    assert "每周一、周四" in login(people.owner).get("/visit-plans/").content.decode()
    assert login(people.finance).get("/visit-plans/").status_code == 403


@pytest.mark.parametrize("count", [1, 3])
def test_costs_of_the_pages(count, people, login, django_assert_max_num_queries):
    shops = [CustomerFactory(owner=people.owner) for _ in range(count)]
    pairs = [(people.owner.pk, shop.pk) for shop in shops]
    save_plans(actor=people.superior, pairs=pairs, terms=PlanTerms(MONDAY, weekdays="1"), today=MONDAY)
    client = login(people.superior)
    client.get("/visit-plans/")
    for address in (
        "/visit-plans/",
        "/tasks/board/",
        f"/tasks/board/day/?rep={people.owner.pk}&date=2026-11-23",
        f"/tasks/calendar/?rep={people.owner.pk}",
        f"/tasks/calendar/?rep={people.owner.pk}&span=week",
        "/tasks/planning/",
    ):
        with django_assert_max_num_queries(12):
            assert client.get(address).status_code == 200


def test_a_plan_is_changed(plan, people, login):
    address = f"/visit-plans/{plan.pk}/edit/"
    assert login(people.outsider).get(address).status_code == 404
    assert "百佳超市" in login(people.owner).get(address).content.decode()
    data = {"rhythm": "weekdays", "on_holiday": "skip", "starts_on": "2026-11-23", "note": "早上"}
    answer = login(people.owner).post(address, data)
    assert "至少选择一个星期" in answer.content.decode()
    assert "早上" in answer.content.decode()
    assert login(people.owner).post(address, data | {"weekdays": ["2", "5"]}).status_code == 302
    plan.refresh_from_db()
    assert (plan.weekdays, plan.note) == ("2,5", "早上")


def test_stop_resume_and_hand_over(plan, people, shop, login):
    client, data = login(people.superior), {"pk": [plan.pk]}
    login(people.outsider).post("/visit-plans/stop/", data)
    plan.refresh_from_db()
    assert plan.is_active
    client.post("/visit-plans/stop/", data)
    plan.refresh_from_db()
    assert not plan.is_active
    client.post("/visit-plans/resume/", data)
    CustomerShare.objects.create(customer=shop, user=people.colleague)
    assert "百佳超市" in client.post("/visit-plans/hand-over/", data).content.decode()
    bad = client.post("/visit-plans/hand-over/", data | {"rep": people.outsider.pk})
    assert bad.status_code == 200
    client.post("/visit-plans/hand-over/", data | {"rep": people.colleague.pk})
    plan.refresh_from_db()
    assert (plan.is_active, plan.rep) == (True, people.colleague)
    assert login(people.finance).post("/visit-plans/stop/", data).status_code == 403


# --- board and calendar
def test_a_task_is_given_to_another_rep_and_day_and_back(people, shop, login):
    task = VisitTaskFactory(customer=shop, rep=people.owner, date=MONDAY)
    CustomerShare.objects.create(customer=shop, user=people.colleague)
    client, address = login(people.superior), f"/tasks/{task.pk}/assign/"
    answer = client.post(address, {"rep": people.colleague.pk, "date": "2026-11-25"}, **JSON)
    assert answer.json()["undo"] == {"rep": people.owner.pk, "date": "2026-11-23"}
    task.refresh_from_db()
    assert (task.rep, task.date) == (people.colleague, dt.date(2026, 11, 25))
    assert client.post(address, answer.json()["undo"], **JSON).status_code == 200
    task.refresh_from_db()
    assert (task.rep, task.date) == (people.owner, MONDAY)


def test_what_cannot_be_assigned_says_why(people, shop, login):
    task = VisitTaskFactory(customer=shop, rep=people.owner, date=MONDAY)
    other = VisitTaskFactory(customer=shop, rep=people.owner, date=dt.date(2026, 11, 25))
    client, address = login(people.superior), f"/tasks/{task.pk}/assign/"
    for data in (
        {"date": ""},
        {"date": "2026-11-22"},
        {"date": "2026-11-25"},  # has one already
        {"date": "2026-11-24", "rep": people.colleague.pk},  # does not see the customer
        {"date": "2026-11-24", "rep": people.outsider.pk},
    ):
        answer = client.post(address, data, **JSON)
        assert answer.status_code == 422, data
        assert answer.json()["error"]
    other.status = "done"
    other.save()
    assert client.post(f"/tasks/{other.pk}/assign/", {"date": "2026-11-26"}, **JSON).status_code == 422
    assert login(people.outsider).post(address, {"date": "2026-11-24"}).status_code == 404
    assert login(people.finance).post(address, {"date": "2026-11-24"}).status_code == 403
    # A browser without scripts goes back with a toast.
    answer = login(people.owner).post(
        address, {"date": "2026-11-24", "next": "/tasks/calendar/"}, follow=True
    )
    assert answer.redirect_chain == [("/tasks/calendar/", 302)]
    assert "百佳超市" in answer.content.decode()


def test_the_board_counts_and_marks_full_days(people, login):
    for _ in range(3):
        VisitTaskFactory(customer=CustomerFactory(owner=people.owner), rep=people.owner, date=MONDAY)
    VisitTaskFactory(customer=CustomerFactory(owner=people.outsider), rep=people.outsider, date=MONDAY)
    page = login(people.superior).get("/tasks/board/?limit=2").content.decode()
    assert page.count("is-over") == 1
    assert "赵外人" not in page
    assert "is-over" not in login(people.superior).get("/tasks/board/?limit=x").content.decode()
    day = "/tasks/board/day/?date=2026-11-23&rep="
    assert "改期" in login(people.superior).get(f"{day}{people.owner.pk}").content.decode()
    assert login(people.superior).get(f"{day}{people.outsider.pk}").status_code == 404
    assert login(people.superior).get(f"{day}x").status_code == 404


def test_the_calendar_shows_ones_own_and_ones_peoples(people, shop, login):
    VisitTaskFactory(customer=shop, rep=people.owner, date=dt.date(2026, 11, 26))
    address = "/tasks/calendar/?date=2026-11-26"
    assert "百佳超市" in login(people.owner).get(address).content.decode()
    assert "百佳超市" in login(people.superior).get(f"{address}&rep={people.owner.pk}").content.decode()
    assert "百佳超市" not in login(people.superior).get(address).content.decode()
    assert login(people.outsider).get(f"{address}&rep={people.owner.pk}").status_code == 404
    assert login(people.owner).get("/tasks/calendar/?date=nonsense&span=week").status_code == 200
    assert login(people.finance).get(address).status_code == 403


# --- upload
def workbook(*rows, heads=("客户编码", "客户名称", "业务员", "日期", "周几", "频率", "备注")):
    book, target = Workbook(), io.BytesIO()
    for row in (heads, *rows):
        book.active.append(row)
    book.save(target)
    return SimpleUploadedFile("plan.xlsx", target.getvalue())


def test_upload_checks_then_imports(people, shop, login):
    two, three = (
        CustomerFactory(owner=people.owner, name="二店"),
        CustomerFactory(owner=people.owner, name="三店"),
    )
    client = login(people.superior)
    file = workbook(
        (shop.code, "", "owner", dt.date(2026, 11, 25), "", "", "带样品"),
        ("", "二店", "", "", "周一、周四", "", ""),
        ("", "三店", "李业务", "", "", 20, ""),
        ("", "没有的店", "", "2026-11-25", "", "", ""),
        (shop.code, "", "outsider", "2026-11-25", "", "", ""),
        (shop.code, "", "张业务", "2026-11-25", "", "", ""),
        (shop.code, "", "", "2026-11-25", "一", "", ""),
        (shop.code, "", "", "昨天", "", "", ""),
        (shop.code, "", "owner", "2026/11/25", "", "", ""),
        (shop.code, "", "", "2026-11-01", "", "", ""),
        ("", "二店", "张业务", "", "周八", "", ""),
        ("", "三店", "", "", "", "40", ""),
    )
    answer = client.post("/visit-plans/upload/", {"file": file})
    found = answer.context["found"]
    assert (found.rows, found.tasks, found.plans) == (12, 1, 2)
    assert [problem.row for problem in found.problems] == [5, 6, 7, 8, 9, 10, 11, 12, 13]
    assert not VisitTask.objects.exists()
    assert client.post("/visit-plans/upload/", {"checked": answer.context["checked"]}).status_code == 302
    assert set(VisitPlan.objects.values_list("customer", "weekdays", "frequency")) == {
        (two.pk, "1,4", None), (three.pk, "", 20),
    }  # fmt: skip
    task = VisitTask.objects.get(source="upload")
    assert (task.date, task.note, task.created_by) == (dt.date(2026, 11, 25), "带样品", people.superior)
    count = VisitTask.objects.count()
    client.post("/visit-plans/upload/", {"checked": answer.context["checked"]})
    assert VisitTask.objects.count() == count  # once more changes nothing


def test_the_template_can_be_uploaded(people, shop, login):
    client = login(people.superior)
    body = b"".join(client.get("/visit-plans/upload/template/").streaming_content)
    assert load_workbook(io.BytesIO(body)).active["A2"].value == shop.code
    found = client.post("/visit-plans/upload/", {"file": SimpleUploadedFile("t.xlsx", body)}).context["found"]
    assert (found.tasks, found.plans, found.problems) == (1, 1, [])


@pytest.mark.parametrize(
    ("file", "message"),
    [
        (SimpleUploadedFile("x.xlsx", b"no workbook"), ""),
        (None, ""),
        (workbook(heads=("客户名称", "备注")), "日期"),
        (workbook(heads=("日期", "备注")), "客户编码"),
    ],
)
def test_files_that_cannot_be_read(file, message, people, login):
    answer = login(people.superior).post("/visit-plans/upload/", {"file": file} if file else {})
    assert answer.status_code == 422
    assert message in answer.content.decode()


def test_who_may_upload(people, login):
    assert login(people.owner).get("/visit-plans/upload/").status_code == 403
    answer = login(people.superior).post("/visit-plans/upload/", {"checked": "forged"}, follow=True)
    assert answer.redirect_chain[0][0] == "/visit-plans/upload/"
    assert json.dumps(answer.context["found"]) == "null"
