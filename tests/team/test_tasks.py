"""Customer tasks: who sees and changes them, their states, steps, people and log."""

import datetime as dt
import uuid

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction

from common import business_calendar
from comms.models import Notification
from crm.models import Dictionary
from crm.services.merges import merge_customers, undo_merge
from team.models import CustomerTask, TaskContact, TaskContactFile
from team.queries import tasks as queries
from team.rules import tasks as rules
from team.services import task_contacts, task_people, task_steps, tasks
from team.services.tasks import TaskTerms
from tests.crm.follow_up_files import photo
from tests.factories import ContactFactory, CustomerFactory, CustomerTaskFactory, UserFactory

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 25, 4, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)


def make(actor, assignee=None, **more):
    terms = {"title": "送货后回访", "kind": "revisit"} | more.pop("terms", {})
    customer = more.pop("customer", None) or CustomerFactory(owner=actor)
    return tasks.create_task(
        actor=actor, customer=customer, assignee=assignee or actor, terms=TaskTerms(**terms), now=NOW, **more
    )


def told(person):
    return [notice.title for notice in Notification.objects.filter(recipient=person).order_by("pk")]


def sees(person):
    return CustomerTask.objects.visible_to(person).exists()


def changes(person):
    return CustomerTask.objects.editable_by(person).exists()


# --- who
@pytest.mark.parametrize(("days", "is_live"), [(1, True), (0, True), (-1, False)])
def test_a_share_ends_after_its_last_day(people, days, is_live):
    """Before, on and after the last day."""
    task = make(people.owner)
    task_people.share_task(
        actor=people.owner,
        task=task,
        user=people.colleague,
        can_write=True,
        last_day=business_calendar.today(),
    )
    task.shares.update(last_day=business_calendar.today() + days * DAY)
    assert sees(people.colleague) == is_live
    assert changes(people.colleague) == is_live
    assert CustomerTask.objects.shared_with(people.colleague).exists() == is_live
    assert bool(queries.detail_rows(people.owner).get().shares.all()) == is_live


def test_sharing_until_a_day_is_noted_and_the_past_refused(people):
    task = make(people.owner)
    yesterday = business_calendar.business_day(NOW) - DAY
    with pytest.raises(ValidationError, match="过去"):
        task_people.share_task(
            actor=people.owner, task=task, user=people.colleague, can_write=False, last_day=yesterday, now=NOW
        )
    task_people.share_task(
        actor=people.owner,
        task=task,
        user=people.colleague,
        can_write=False,
        last_day=yesterday + DAY,
        now=NOW,
    )
    event = task.events.get(kind="shared")
    assert event.new == "read 2026-11-25"
    # Sharing again without a day takes the end away.
    task_people.share_task(actor=people.owner, task=task, user=people.colleague, can_write=False, now=NOW)
    assert task.shares.get().last_day is None


def test_owner_superior_share_and_outsider(people):
    task = make(people.owner)
    assert sees(people.owner)
    assert changes(people.owner)
    assert sees(people.superior)
    assert changes(people.superior)
    assert not sees(people.colleague)
    assert not sees(people.outsider)
    task_people.share_task(actor=people.owner, task=task, user=people.colleague, can_write=False)
    assert sees(people.colleague)
    assert not changes(people.colleague)
    task_people.share_task(actor=people.owner, task=task, user=people.colleague, can_write=True)
    assert changes(people.colleague)
    task_people.revoke_share(actor=people.owner, share=task.shares.get())
    assert not sees(people.colleague)
    assert [event.kind for event in task.events.order_by("pk")] == ["created", "shared", "shared", "unshared"]


def test_a_new_owner_reads_what_was_done_for_his_customer(people):
    task = make(people.owner)
    task.customer.owner = people.outsider
    task.customer.save(update_fields=["owner"])
    assert sees(people.outsider)
    assert not changes(people.outsider)
    task.refresh_from_db()
    assert task.assignee == people.owner  # the task stays with who has it


def test_a_reader_changes_nothing(people):
    task = make(people.owner)
    task_people.share_task(actor=people.owner, task=task, user=people.colleague, can_write=False)
    with pytest.raises(ValidationError):
        tasks.set_status(actor=people.colleague, task=task, status="doing")
    task.refresh_from_db()
    assert task.status == "open"


def test_whom_a_rep_may_give_a_task(people):
    service = UserFactory(name="客服", role="service", department=people.head)
    for person in (people.colleague, people.superior, service):
        assert make(people.owner, person).assignee == person
    with pytest.raises(ValidationError) as refused:
        make(people.owner, people.outsider)
    assert "assignee" in refused.value.message_dict
    with pytest.raises(ValidationError) as refused:
        make(people.owner, customer=CustomerFactory(owner=people.outsider))
    assert "customer" in refused.value.message_dict


def test_the_assignee_is_told_and_oneself_is_not(people):
    make(people.superior, people.owner)
    make(people.owner)
    assert told(people.owner) == ["新的客户任务：送货后回访"]


# --- what it says
@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"title": "  "}, "title"),
        ({"starts_at": NOW, "due_at": NOW - DAY}, "due_at"),
        ({"remind_minutes": 30}, "due_at"),
    ],
)
def test_terms_that_make_no_sense(people, terms, field):
    with pytest.raises(ValidationError) as refused:
        make(people.owner, terms=terms)
    assert list(refused.value.message_dict) == [field]
    assert not CustomerTask.objects.exists()


def test_numbers_follow_each_other_and_a_repeated_request_makes_one(people):
    key = uuid.uuid4()
    first = make(people.owner, uuid=key)
    again = make(people.owner, uuid=key)
    second = make(people.owner)
    assert first == again
    assert (first.number, second.number) == ("CT20261125-0001", "CT20261125-0002")
    with pytest.raises(ValidationError):
        make(people.colleague, uuid=key)  # another's


def test_a_new_due_time_is_reminded_of_anew(people):
    task = make(people.owner, terms={"due_at": NOW + DAY, "remind_minutes": 30})
    assert task.remind_at == NOW + DAY - dt.timedelta(minutes=30)
    CustomerTask.objects.update(reminded_at=NOW, escalated_at=NOW)
    same = TaskTerms(title="回访", kind="revisit", due_at=NOW + DAY, remind_minutes=30)
    assert tasks.update_task(actor=people.owner, task=task, terms=same).reminded_at == NOW
    later = TaskTerms(title="回访", kind="revisit", due_at=NOW + 2 * DAY, remind_minutes=30)
    task = tasks.update_task(actor=people.owner, task=task, terms=later)
    task.refresh_from_db()
    assert (task.reminded_at, task.escalated_at) == (None, None)
    assert task.remind_at == NOW + 2 * DAY - dt.timedelta(minutes=30)


# --- states
def test_the_way_of_a_task(people):
    task = make(people.superior, people.owner)
    task = tasks.set_status(actor=people.owner, task=task, status="doing", now=NOW)
    done = tasks.set_status(
        actor=people.owner, task=task, status="done", outcome="换了冰柜", satisfaction=4, now=NOW + DAY
    )
    assert (done.done_at, done.progress, done.satisfaction, done.outcome) == (NOW + DAY, 100, 4, "换了冰柜")
    assert told(people.superior) == ["送货后回访：完成"]
    with pytest.raises(ValidationError) as refused:
        tasks.set_status(actor=people.owner, task=task, status="cancelled")  # what he saw is old
    assert refused.value.code == "state"
    again = tasks.set_status(actor=people.superior, task=done, status="doing", now=NOW + 2 * DAY)
    assert (again.done_at, again.satisfaction, again.progress) == (None, None, 0)
    assert [(e.old, e.new) for e in task.events.filter(kind="status").order_by("pk")] == [
        ("open", "doing"), ("doing", "done"), ("done", "doing"),
    ]  # fmt: skip


def test_moves_that_are_not_there():
    assert not rules.may_move("done", "open")
    assert not rules.may_move("cancelled", "done")
    assert not rules.may_move("doing", "open")


def test_open_steps_keep_it_from_being_done(people):
    task = make(people.owner, steps=["打电话", "上门", " "])
    assert [step.text for step in task.steps.all()] == ["打电话", "上门"]
    first, second = task.steps.all()
    task = task_steps.tick_step(actor=people.owner, step=first, done=True, now=NOW)
    assert (task.progress, task.status) == (50, "doing")  # work on it began it
    with pytest.raises(ValidationError):
        tasks.set_status(actor=people.owner, task=task, status="done")
    with pytest.raises(ValidationError):
        task_steps.set_progress(actor=people.owner, task=task, percent=80)
    task_steps.tick_step(actor=people.owner, step=first, done=True, now=NOW + DAY)
    first.refresh_from_db()
    assert first.done_at == NOW  # ticking twice changes nothing
    assert task_steps.remove_step(actor=people.owner, step=second).progress == 100
    assert task_steps.add_steps(actor=people.owner, task=task, texts=["再上门", "拍照"]).progress == 33
    with pytest.raises(ValidationError):
        task_steps.add_steps(actor=people.owner, task=task, texts=["x"] * rules.MAX_STEPS)


def test_typed_progress(people):
    task = make(people.owner)
    task = task_steps.set_progress(actor=people.owner, task=task, percent=40)
    assert (task.progress, task.status) == (40, "doing")
    with pytest.raises(ValidationError):
        task_steps.set_progress(actor=people.owner, task=task, percent=101)


# --- people
def test_handing_over(people):
    task = make(people.owner)
    task_people.share_task(actor=people.owner, task=task, user=people.colleague, can_write=False)
    task = task_people.hand_over(actor=people.superior, task=task, to=people.colleague, note="他熟", now=NOW)
    assert task.assignee == people.colleague
    assert not task.shares.exists()  # it is his now
    assert told(people.colleague)[-1] == "客户任务转交给你：送货后回访"
    assert told(people.owner) == ["你的客户任务已转给张业务：送货后回访"]
    with pytest.raises(ValidationError):
        task_people.hand_over(actor=people.superior, task=task, to=people.colleague)
    tasks.set_status(actor=people.colleague, task=task, status="cancelled", outcome="不做了")
    with pytest.raises(ValidationError):
        task_people.hand_over(actor=people.superior, task=task, to=people.owner)


# --- log
def test_a_contact_with_files_begins_the_task(people):
    task = make(people.owner)
    method = Dictionary.objects.filter(kind="follow_method").first() or Dictionary.objects.create(
        kind="follow_method", name="电话"
    )
    material = Dictionary.objects.create(kind="material", name="样品一")
    files = [
        SimpleUploadedFile("店面.jpg", photo().read()),
        SimpleUploadedFile("合同.pdf", b"%PDF-1.4 text"),
    ]
    key = uuid.uuid4()
    terms = {"actor": people.owner, "task": task, "result": "progress", "uuid": key, "now": NOW}
    row = task_contacts.record_contact(
        **terms,
        text="老板要两箱\r\n明天送",
        method=method,
        materials=[material],
        next_step="送货",
        files=files,
    )
    assert row.text == "老板要两箱\n明天送"
    assert sorted(file.name for file in row.files.all()) == ["合同.pdf", "店面.jpg"]
    task.refresh_from_db()
    assert (task.status, task.last_contact_at) == ("doing", NOW)
    again = task_contacts.record_contact(**terms, text="再来一次")
    assert again == row
    assert TaskContactFile.objects.count() == 2


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"text": " "}, "text"),
        ({"at": NOW + DAY}, "at"),
        ({"at": NOW - 400 * DAY}, "at"),
    ],
)
def test_contacts_that_are_refused(people, more, field):
    task = make(people.owner)
    with pytest.raises(ValidationError) as refused:
        task_contacts.record_contact(
            actor=people.owner, task=task, result="solved", now=NOW, **{"text": "说了", **more}
        )
    assert list(refused.value.message_dict) == [field]


def test_somebody_elses_contact_and_hostile_files(people):
    task = make(people.owner)
    values = {"actor": people.owner, "task": task, "result": "solved", "text": "说了", "now": NOW}
    with pytest.raises(ValidationError):
        task_contacts.record_contact(**values, contact=ContactFactory())
    for name, content in (
        ("x.html", b"<script>alert(1)</script>"), ("x.pdf", b"<html>"), ("x.svg", b"<svg/>"), ("x.jpg", b"nothing"),
    ):  # fmt: skip
        with pytest.raises(ValidationError):
            task_contacts.record_contact(**values, files=[SimpleUploadedFile(name, content)])
    assert not TaskContact.objects.exists()


def test_removing_a_contact(people, django_capture_on_commit_callbacks):
    task = make(people.owner)
    row = task_contacts.record_contact(
        actor=people.owner, task=task, result="solved", text="写错了", now=NOW,
        files=[SimpleUploadedFile("a.jpg", photo().read())],
    )  # fmt: skip
    file = row.files.get().file
    with pytest.raises(ValidationError):
        task_contacts.remove_contact(actor=people.superior, contact=row, now=NOW)
    with pytest.raises(ValidationError):
        task_contacts.remove_contact(actor=people.owner, contact=row, now=NOW + 2 * DAY)
    with django_capture_on_commit_callbacks(execute=True):
        task_contacts.remove_contact(actor=people.owner, contact=row, now=NOW + DAY / 2)
    assert not file.storage.exists(file.name)
    task.refresh_from_db()
    assert task.last_contact_at is None


# --- what the database holds
@pytest.mark.parametrize(
    "values",
    [
        {"status": "done"},
        {"done_at": NOW},
        {"progress": 101},
        {"satisfaction": 6},
        {"starts_at": NOW, "due_at": NOW - DAY},
        {"is_complaint": True, "kind": "sales"},
        {"due_at": NOW, "remind_minutes": 5},
        {"remind_at": NOW},
    ],
)
def test_constraints(values):
    with pytest.raises(IntegrityError), transaction.atomic():
        CustomerTaskFactory(**values)


def test_one_live_task_an_alert(people):
    CustomerTaskFactory(source="alert", source_key="alert-1", status="done", done_at=NOW)
    CustomerTaskFactory(source="alert", source_key="alert-1")
    with pytest.raises(IntegrityError), transaction.atomic():
        CustomerTaskFactory(source="alert", source_key="alert-1")


def test_merging_customers_keeps_both_tasks_and_gives_them_back(people):
    keep, merge = CustomerFactory(owner=people.owner), CustomerFactory(owner=people.owner)
    for customer in (keep, merge):
        CustomerTaskFactory(customer=customer, source="selection", source_key="bulk-1")
    done = merge_customers(actor=people.admin, keep=keep.pk, merge=merge.pk)
    assert sorted(task.source_key for task in keep.customer_tasks.all()) == ["", "bulk-1"]
    undo_merge(actor=people.admin, merge=done)
    assert CustomerTask.objects.get(customer_id=merge.pk).source_key == "bulk-1"
