"""The pages of customer tasks: scope, permission, what is typed wrong, what is stored and shown."""

import datetime as dt
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from common import business_calendar
from common.templatetags.paodian import day
from comms.queries.todos import todos_of
from crm.models import Customer
from crm.queries.timeline import timeline
from crm.rules.timeline import Wish
from team.models import CustomerTask, CustomerTaskEvent, TaskContact
from team.services import task_people
from tests.crm.follow_up_files import photo
from tests.factories import CustomerFactory, CustomerTaskFactory

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def task(people):
    customer = CustomerFactory(owner=people.owner, name="好又多超市")
    return CustomerTaskFactory(customer=customer, title="换货", due_at=timezone.now() + DAY, number="CT-1")


def page(login, person, address):
    return login(person).get(address)


def addresses(task):
    return [f"/customer-tasks/{task.pk}/{part}" for part in ("", "edit/", "contacts/", "history/", "people/")]


# --- scope and permission
def test_owner_superior_and_outsider_open_every_page(people, login, task):
    for address in addresses(task):
        assert page(login, people.owner, address).status_code == 200, address
        assert page(login, people.superior, address).status_code == 200, address
        assert page(login, people.outsider, address).status_code == 404, address
        assert page(login, people.colleague, address).status_code == 404, address


def test_a_colleague_with_a_share(people, login, task):
    share = task_people.share_task(actor=people.owner, task=task, user=people.colleague, can_write=False)
    shown = page(login, people.colleague, task.get_absolute_url()).content.decode()
    assert "你只能看任务，不能看客户档案。" in shown
    assert f"/customers/{task.customer_id}/" not in shown
    assert "记录联系" not in shown
    assert page(login, people.colleague, f"/customer-tasks/{task.pk}/edit/").status_code == 403
    status = f"/customer-tasks/{task.pk}/status/"
    assert login(people.colleague).post(status, {"status": "doing"}).status_code == 403
    task_people.share_task(actor=people.owner, task=task, user=people.colleague, can_write=True)
    assert login(people.colleague).post(status, {"status": "doing"}).status_code == 302
    login(people.colleague).post(f"/customer-tasks/{task.pk}/shares/{share.pk}/revoke/")
    assert page(login, people.colleague, task.get_absolute_url()).status_code == 404


@pytest.mark.parametrize(
    "address", ["/customer-tasks/", "/customer-tasks/statistics/", "/customer-tasks/new/"]
)
def test_without_permission(people, login, task, address):
    role = people.owner.role
    role.permissions.remove(*role.permissions.filter(codename__endswith="customertask"))
    client = login(people.owner)
    assert client.get(address).status_code == 403
    assert client.get(task.get_absolute_url()).status_code == 403
    assert client.post(f"/customer-tasks/{task.pk}/status/", {"status": "done"}).status_code == 403
    assert "customer-tasks" not in client.get("/me/").content.decode()


# --- list
def titles(response):
    return [row.title for row in response.context["page"].object_list]


def test_tabs(people, login, task):
    given = CustomerTaskFactory(
        title="给同事的",
        customer=CustomerFactory(owner=people.owner),
        assignee=people.colleague,
        creator=people.owner,
    )
    shared = CustomerTaskFactory(title="共享的", customer=CustomerFactory(owner=people.outsider))
    task_people.share_task(actor=people.outsider, task=shared, user=people.owner, can_write=False)
    client = login(people.owner)
    assert titles(client.get("/customer-tasks/")) == ["换货"]
    assert titles(client.get("/customer-tasks/?tab=given")) == ["给同事的"]
    assert titles(client.get("/customer-tasks/?tab=shared")) == ["共享的"]
    assert titles(client.get("/customer-tasks/?tab=team")) == []
    assert sorted(titles(client.get("/customer-tasks/?tab=all"))) == ["共享的", "换货", "给同事的"]
    assert sorted(titles(login(people.superior).get("/customer-tasks/?tab=team"))) == ["换货", "给同事的"]
    assert given.assignee == people.colleague
    assert titles(login(people.outsider).get("/customer-tasks/?tab=all")) == ["共享的"]


def test_filters_and_what_is_finished(people, login, task):
    now = timezone.now()
    customer = task.customer
    CustomerTaskFactory(customer=customer, title="迟了", due_at=now - DAY, kind="revisit")
    CustomerTaskFactory(customer=customer, title="做完", status="done", done_at=now, satisfaction=5)
    CustomerTaskFactory(customer=customer, title="投诉", is_complaint=True)
    client = login(people.owner)

    def found(query):
        return titles(client.get(f"/customer-tasks/?{query}"))

    assert found("q=好又多") == ["迟了", "换货", "投诉"]  # the earliest due first, those without a time last
    assert found("due=late") == ["迟了"]
    assert found("due=none") == ["投诉"]
    assert found("kind=complaint") == ["投诉"]
    assert found("kind=revisit") == ["迟了"]
    assert found("state=done") == ["做完"]
    assert len(found("state=all")) == 4
    assert found("satisfaction=5") == ["做完"]
    assert found(f"done_since={timezone.localdate()}&done_until={timezone.localdate()}") == ["做完"]
    assert found("done_since=0001-01-01&done_until=9999-12-31") == ["做完"]
    assert found(f"customer={customer.pk}&q=CT-1") == ["换货"]
    assert found("kind=nonsense") == []


def test_the_list_costs_the_same_for_one_and_three(people, login, task, django_assert_num_queries):
    client = login(people.owner)
    client.get("/customer-tasks/")
    with django_assert_num_queries(6):
        client.get("/customer-tasks/")
    for _n in range(2):
        CustomerTaskFactory(customer=CustomerFactory(owner=people.owner))
    with django_assert_num_queries(6):
        assert len(titles(client.get("/customer-tasks/"))) == 3


def test_a_tasks_page_costs_the_same_for_one_and_three_contacts(
    people, login, task, django_assert_num_queries
):
    def talk():
        TaskContact.objects.create(
            task=task, author=people.owner, at=timezone.now(), text="说了", result="solved"
        )
        task.steps.create(text="打电话")

    client = login(people.owner)
    talk()
    client.get(task.get_absolute_url())
    with django_assert_num_queries(10):
        client.get(task.get_absolute_url())
    talk()
    talk()
    with django_assert_num_queries(10):
        client.get(task.get_absolute_url())


def test_export_needs_its_permission(people, login, task):
    assert page(login, people.owner, "/customer-tasks/?export=xlsx").status_code == 403
    assert page(login, people.superior, "/customer-tasks/?tab=team&export=xlsx").status_code == 200


# --- making and changing
def form(customer, person, **more):
    return {
        "uuid": str(uuid.uuid4()), "customer": customer.pk, "assignee": person.pk, "kind": "service", "title": "修冰柜",
        "priority": "1", "due_at": "2027-01-05T18:00", "remind_minutes": "120", "steps": "打电话\n上门",
    } | more  # fmt: skip


def test_making_one(people, login, task):
    client = login(people.owner)
    shown = client.get(f"/customer-tasks/new/?customer={task.customer_id}&kind=revisit").content.decode()
    assert "好又多超市" in shown
    made = client.post(f"/customer-tasks/new/?customer={task.customer_id}", form(task.customer, people.owner))
    row = CustomerTask.objects.get(title="修冰柜")
    assert made.url == row.get_absolute_url()
    assert (row.source, row.steps.count(), row.remind_minutes) == ("customer", 2, 120)
    assert timezone.localtime(row.due_at).hour == 18


def test_what_was_typed_stays(people, login, task):
    client = login(people.owner)
    values = form(task.customer, people.owner, title="", notes="写了很久的备注", due_at="", steps="第一步")
    refused = client.post("/customer-tasks/new/", values)
    shown = refused.content.decode()
    assert refused.status_code == 422
    for kept in ("写了很久的备注", "第一步", "好又多超市"):
        assert kept in shown
    refused = client.post("/customer-tasks/new/", values | {"title": "修"})  # a reminder of no time
    assert "要提醒，请先填截止时间。" in refused.content.decode()
    for field in ("due_at", "starts_at"):
        refused = client.post(
            "/customer-tasks/new/", form(task.customer, people.owner, **{field: "0001-01-01T00:00"})
        )
        assert refused.context["form"].errors[field] == ["年份应在 2000 到 2100 之间。"]
    hidden = CustomerFactory(owner=people.outsider)
    assert client.get(f"/customer-tasks/new/?customer={hidden.pk}").status_code == 404
    assert client.post("/customer-tasks/new/", form(hidden, people.owner)).status_code == 422
    assert client.post("/customer-tasks/new/", form(task.customer, people.outsider)).status_code == 422
    assert CustomerTask.objects.count() == 1


def test_a_complaint(people, login, task):
    client = login(people.superior)
    shown = client.get(f"/customer-tasks/complaint/?customer={task.customer_id}")
    assert shown.context["form"].initial["assignee"] == people.owner.pk  # the customer's owner
    values = form(
        task.customer, people.owner, title="过期", priority="1", next=f"/customers/{task.customer_id}/"
    )
    assert client.post("/customer-tasks/complaint/", values).url == f"/customers/{task.customer_id}/"
    row = CustomerTask.objects.get(title="过期")
    assert (row.kind, row.is_complaint, row.source, row.assignee) == (
        "service",
        True,
        "complaint",
        people.owner,
    )


def test_changing(people, login, task):
    client = login(people.owner)
    address = f"/customer-tasks/{task.pk}/edit/"
    values = {
        "kind": "service",
        "title": "换两箱",
        "priority": "3",
        "notes": "急",
        "due_at": "2027-01-05T18:00",
    }
    refused = client.post(address, values | {"starts_at": "2027-02-01T08:00"})
    assert refused.status_code == 422
    assert "截止时间早于开始时间。" in refused.content.decode()
    assert client.post(address, values).url == task.get_absolute_url()
    task.refresh_from_db()
    assert (task.title, task.priority) == ("换两箱", 3)
    assert CustomerTaskEvent.objects.get(task=task).kind == "changed"
    assert "标题、备注、优先级" in client.get(f"/customer-tasks/{task.pk}/history/").content.decode()


# --- working on it
def test_steps_by_htmx_and_without(people, login, task):
    client = login(people.owner)
    steps = f"/customer-tasks/{task.pk}/steps/"
    assert client.post(steps, {"steps": "  "}).status_code == 422
    client.post(steps, {"steps": "一\n二"})
    first = task.steps.first()
    answer = client.post(
        f"{steps}{first.pk}/", {"done": "1"}, headers={"HX-Request": "true"}
    ).content.decode()
    assert "50%" in answer
    assert "进行中" in answer  # the badge comes along
    assert client.post(f"{steps}{first.pk}/", {"remove": "1"}).url == task.get_absolute_url()
    other = CustomerTaskFactory(customer=task.customer).steps.create(text="别的")
    assert client.post(f"{steps}{other.pk}/", {"done": "1"}).status_code == 404


def test_finishing_with_a_mark(people, login, task):
    client = login(people.owner)
    address = f"/customer-tasks/{task.pk}/status/"
    refused = client.post(address, {"status": "done", "done-outcome": "换好了", "done-satisfaction": "9"})
    assert refused.status_code == 422
    assert "换好了" in refused.content.decode()
    assert client.post(address, {"status": "cancelled", "cancelled-outcome": ""}).status_code == 422
    assert client.post(address, {"status": "gone"}).status_code == 404
    client.post(address, {"status": "done", "done-outcome": "换好了", "done-satisfaction": "4"})
    task.refresh_from_db()
    assert (task.status, task.satisfaction, task.outcome) == ("done", 4, "换好了")
    assert "4 / 5" in client.get(task.get_absolute_url()).content.decode()
    client.post(address, {"status": "doing"})
    task.refresh_from_db()
    assert task.status == "doing"


@pytest.mark.parametrize("typed", ["", "-1", "101", "many", "١"])
def test_progress_that_is_none(people, login, task, typed):
    login(people.owner).post(f"/customer-tasks/{task.pk}/progress/", {"progress": typed})
    task.refresh_from_db()
    assert (task.progress, task.status) == (0, "open")


def contact(**more):
    return {"uuid": str(uuid.uuid4()), "result": "solved", "text": "谈好了", "at": ""} | more


def test_a_contact_with_a_photo_is_shown_to_who_sees_the_task(people, login, task):
    client = login(people.owner)
    address = f"/customer-tasks/{task.pk}/contacts/"
    refused = client.post(address, contact(text="", next_step="再来"))
    assert refused.status_code == 422
    assert "再来" in refused.content.decode()
    bad = SimpleUploadedFile("x.html", SCRIPT.encode())
    assert client.post(address, contact(files=bad)).status_code == 422
    client.post(address, contact(files=[photo(), SimpleUploadedFile("单.pdf", b"%PDF-1.4")]))
    files = {file.name: f"/customer-tasks/files/{file.pk}/" for file in TaskContact.objects.get().files.all()}
    picture = client.get(files["a.jpg"])
    assert picture["Content-Type"] == "image/jpeg"
    assert picture["X-Content-Type-Options"] == "nosniff"
    assert b"SecretPhone" not in b"".join(picture.streaming_content)
    assert page(login, people.superior, files["单.pdf"])["Content-Type"] == "application/pdf"
    for file in files.values():
        assert page(login, people.outsider, file).status_code == 404
    row = TaskContact.objects.get()
    client.post(f"/customer-tasks/{task.pk}/contacts/{row.pk}/remove/")
    assert not TaskContact.objects.exists()


def test_handing_over_by_the_page(people, login, task):
    client = login(people.owner)
    address = f"/customer-tasks/{task.pk}/hand-over/"
    refused = client.post(address, {"hand-assignee": people.outsider.pk, "hand-note": "请你去"})
    assert refused.status_code == 422
    assert "请你去" in refused.content.decode()
    assert client.post(address, {"hand-assignee": people.colleague.pk}).status_code == 302
    task.refresh_from_db()
    assert task.assignee == people.colleague
    assert page(login, people.colleague, task.get_absolute_url()).status_code == 200


def test_sharing_by_the_page(people, login, task):
    client = login(people.owner)
    address = f"/customer-tasks/{task.pk}/people/"
    assert client.post(address, {"user": ""}).status_code == 422
    client.post(address, {"user": people.outsider.pk, "can_write": "on"})
    assert task.shares.get().can_write
    assert "赵外人" in client.get(address).content.decode()


def test_sharing_until_a_day_by_the_page(people, login, task):
    client = login(people.owner)
    address = f"/customer-tasks/{task.pk}/people/"
    today = business_calendar.today()
    one = dt.timedelta(days=1)
    refused = client.post(address, {"user": people.outsider.pk, "last_day": today - one})
    assert refused.status_code == 422
    assert str(today - one) in refused.content.decode()
    assert "过去" in refused.content.decode()
    refused = client.post(address, {"user": people.outsider.pk, "last_day": "9999-12-31"})
    assert refused.status_code == 422
    assert "年份应在 2000 到 2100 之间" in refused.content.decode()
    client.post(address, {"user": people.outsider.pk, "last_day": today})
    assert task.shares.get().last_day == today
    until = f"到 {day(today)}"
    assert until in client.get(address).content.decode()
    assert f"赵外人 ({until})" in client.get(task.get_absolute_url()).content.decode()
    assert f"赵外人 · 只读 · {until}" in client.get(f"/customer-tasks/{task.pk}/history/").content.decode()
    task.shares.update(last_day=today - one)
    ended = client.get(address).content.decode()
    assert "已结束" in ended
    assert client.get(task.get_absolute_url()).content.decode().count(until) == 0
    assert page(login, people.outsider, task.get_absolute_url()).status_code == 404


def test_stored_html_is_text(people, login, task):
    CustomerTask.objects.update(title=SCRIPT, notes=SCRIPT, outcome=SCRIPT)
    task.steps.create(text=SCRIPT)
    TaskContact.objects.create(
        task=task, author=people.owner, at=timezone.now(), text=SCRIPT, next_step=SCRIPT, result="solved"
    )
    CustomerTaskEvent.objects.create(task=task, kind="changed", by=people.owner, note=SCRIPT)
    client = login(people.owner)
    for address in (
        *addresses(task), "/customer-tasks/", f"/customers/{task.customer_id}/tasks/", f"/customers/{task.customer_id}/timeline/",
    ):  # fmt: skip
        shown = client.get(address).content.decode()
        assert SCRIPT not in shown, address
    assert "&lt;script&gt;" in shown


# --- elsewhere
def test_the_customers_page_has_them(people, login, task):
    client = login(people.owner)
    panel = f"/customers/{task.customer_id}/tasks/"
    assert panel in client.get(f"/customers/{task.customer_id}/").content.decode()
    assert "换货" in client.get(panel).content.decode()
    assert page(login, people.outsider, panel).status_code == 404
    events, _cursor = timeline(Customer.objects.get(pk=task.customer_id), people.owner, Wish(limit=10))
    assert [event.title for event in events if event.kind == "task"] == ["客户任务：换货"]
    TaskContact.objects.create(
        task=task, author=people.owner, at=timezone.now() - DAY, text="说了", result="not_reached"
    )
    only = Wish(limit=10, kinds=frozenset({"task"}))
    events, _cursor = timeline(Customer.objects.get(pk=task.customer_id), people.owner, only)
    assert [event.title for event in events] == ["客户任务：换货", "换货 · 未联系上"]


def test_what_waits(people, task):
    now = timezone.now()
    today = timezone.localdate()
    CustomerTaskFactory(customer=task.customer, due_at=now - DAY)
    [line] = [todo for todo in todos_of(people.owner, today=today, now=now) if todo.key == "customer_tasks"]
    assert (line.count, line.late) == (1, 1)  # what is due tomorrow can wait
    assert not [
        todo for todo in todos_of(people.superior, today=today, now=now) if todo.key == "customer_tasks"
    ]


def test_the_lists_offer_it(people, login, task):
    assert "/customer-tasks/bulk/" in page(login, people.owner, "/customers/").content.decode()


def test_empty(people, login):
    for address in ("/customer-tasks/", "/customer-tasks/statistics/"):
        assert page(login, people.outsider, address).status_code == 200
    assert "这里没有任务" in page(login, people.outsider, "/customer-tasks/").content.decode()
