"""Tasks for a selection of customers and from alerts: once each, whose they are, who is told."""

import datetime as dt
import uuid

import pytest
from django.core.exceptions import ValidationError

from alerts.models import Alert
from comms.models import Notification
from crm.models import CustomerShare
from team.models import CustomerTask
from team.rules.tasks import MOST
from team.services.task_making import make_for_customers, make_from_alerts
from team.services.tasks import TaskTerms
from tests.factories import CustomerFactory, CustomerTaskFactory

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 25, 4, tzinfo=dt.UTC)
TERMS = TaskTerms(title="节前回访", kind="revisit", due_at=NOW + dt.timedelta(days=2), remind_minutes=120)


def bulk(actor, customers, batch=None, **more):
    return make_for_customers(
        actor=actor,
        customer_ids=[customer.pk for customer in customers],
        terms=TERMS,
        batch=batch or uuid.uuid4(),
        now=NOW,
        **more,
    )


def alert(customer, **more):
    day = dt.date(2026, 11, 1)
    values = {
        "kind": "unvisited",
        "owner": customer.owner,
        "base_on": day,
        "due_on": day,
        "opened_on": day,
        "period_days": 30,
    }
    return Alert.objects.create(customer=customer, **(values | more))


def test_each_owner_gets_his_and_is_told_once(people):
    mine = [CustomerFactory(owner=people.owner) for _n in range(2)]
    his = CustomerFactory(owner=people.colleague)
    hidden = CustomerFactory(owner=people.outsider)
    pooled = CustomerFactory(owner=None)
    result = bulk(people.admin, [*mine, his, pooled])
    assert (result.created, result.existing) == (4, 0)
    assert dict(result.people) == {people.owner.pk: 2, people.colleague.pk: 1, people.admin.pk: 1}
    titles = Notification.objects.values_list("recipient__name", "title")
    assert sorted(titles) == [("张业务", "1 个新客户任务：节前回访"), ("李业务", "2 个新客户任务：节前回访")]
    task = CustomerTask.objects.filter(assignee=people.owner).first()
    assert (task.source, task.remind_at) == ("selection", NOW + dt.timedelta(hours=46))
    assert task.events.get().kind == "created"
    assert bulk(people.owner, [hidden]).created == 0  # not his to see


def test_numbers_are_unique_and_the_same_selection_makes_nothing_twice(people):
    customers = [CustomerFactory(owner=people.owner) for _n in range(3)]
    batch = uuid.uuid4()
    assert bulk(people.owner, customers[:2], batch).created == 2
    result = bulk(people.owner, customers, batch)
    assert (result.created, result.existing) == (1, 2)
    assert CustomerTask.objects.values("number").distinct().count() == 3
    assert bulk(people.owner, customers[:1]).created == 1  # another selection


def test_one_chosen_person_and_who_may_not_be_chosen(people):
    customers = [CustomerFactory(owner=people.owner)]
    assert dict(bulk(people.superior, customers, assignee=people.colleague).people) == {
        people.colleague.pk: 1
    }
    with pytest.raises(ValidationError):
        bulk(people.owner, customers, assignee=people.outsider)
    with pytest.raises(ValidationError):
        make_for_customers(
            actor=people.owner, customer_ids=range(MOST + 1), terms=TERMS, batch=uuid.uuid4(), now=NOW
        )


def test_an_owner_out_of_reach_leaves_it_to_the_one_who_asks(people):
    shared = CustomerFactory(owner=people.outsider)
    CustomerShare.objects.create(customer=shared, user=people.owner)
    assert dict(bulk(people.owner, [shared]).people) == {people.owner.pk: 1}


def test_from_alerts_one_task_a_customer_and_none_twice(people):
    customer, other = CustomerFactory(owner=people.owner), CustomerFactory(owner=people.owner)
    first, second = alert(customer), alert(customer, kind="unordered", due_on=dt.date(2026, 11, 3))
    closed = alert(other, closed_on=dt.date(2026, 11, 5))
    hidden = alert(CustomerFactory(owner=people.outsider))
    ids = [first.pk, second.pk, closed.pk, hidden.pk]
    terms = {"actor": people.owner, "alert_ids": ids, "terms": TERMS, "now": NOW}
    assert make_from_alerts(**terms, batch=uuid.uuid4()).created == 1
    task = CustomerTask.objects.get()
    assert (task.customer, task.source, task.source_key) == (customer, "alert", f"alert-{first.pk}")
    again = make_from_alerts(**terms, batch=uuid.uuid4())
    assert (again.created, again.existing) == (0, 1)
    CustomerTask.objects.update(status="done", done_at=NOW)
    assert make_from_alerts(**terms, batch=uuid.uuid4()).created == 1


def test_as_many_statements_for_one_as_for_many(people, django_assert_num_queries):
    customers = [CustomerFactory(owner=people.owner) for _n in range(8)]
    bulk(people.owner, customers[:1])  # the day's numbers begin
    with django_assert_num_queries(11):
        bulk(people.owner, customers[:1])
    with django_assert_num_queries(11):
        bulk(people.owner, customers)


def test_pages_ask_first_and_then_do(people, login):
    customer = CustomerFactory(owner=people.owner, name="好又多")
    client = login(people.owner)
    asked = client.post("/customer-tasks/bulk/", {"pk": [customer.pk]})
    assert "好又多" in asked.content.decode()
    assert not CustomerTask.objects.exists()
    values = {"pk": [customer.pk], "uuid": str(uuid.uuid4()), "kind": "service", "priority": "2"}
    refused = client.post("/customer-tasks/bulk/", {**values, "title": "", "notes": "带样品"})
    assert refused.status_code == 422
    assert "带样品" in refused.content.decode()
    done = client.post("/customer-tasks/bulk/", {**values, "title": "回访"})
    assert done.url == "/customers/"
    assert CustomerTask.objects.get().customer == customer


def test_everything_of_the_lists_filters(people, login):
    for name in ("好又多一店", "好又多二店", "别家"):
        CustomerFactory(owner=people.owner, name=name)
    CustomerFactory(owner=people.outsider, name="好又多三店")
    values = {"all": "1", "query": "q=好又多", "uuid": str(uuid.uuid4()), "kind": "free", "priority": "2"}
    login(people.owner).post("/customer-tasks/bulk/", {**values, "title": "送台历"})
    assert sorted(task.customer.name for task in CustomerTask.objects.all()) == ["好又多一店", "好又多二店"]


def test_outsiders_and_those_without_permission(people, login):
    customer = CustomerFactory(owner=people.owner)
    warned = login(people.outsider).post("/customer-tasks/bulk/", {"pk": [customer.pk], "title": "x"})
    assert warned.url == "/customers/"
    own = alert(customer)
    warned = login(people.outsider).post("/customer-tasks/from-alerts/", {"pk": [own.pk], "title": "x"})
    assert warned.url == "/alerts/"
    assert not CustomerTask.objects.exists()
    role = people.owner.role
    role.permissions.remove(role.permissions.get(codename="add_customertask"))
    assert login(people.owner).post("/customer-tasks/bulk/", {"pk": [customer.pk]}).status_code == 403
    assert login(people.owner).post("/customer-tasks/from-alerts/", {"pk": [own.pk]}).status_code == 403


def test_from_an_alert_by_its_page(people, login):
    customer = CustomerFactory(owner=people.owner)
    own = alert(customer)
    client = login(people.owner)
    assert customer.name in client.post("/customer-tasks/from-alerts/", {"pk": [own.pk]}).content.decode()
    values = {"pk": [own.pk], "uuid": str(uuid.uuid4()), "kind": "revisit", "priority": "1"}
    done = client.post(
        "/customer-tasks/from-alerts/", {**values, "title": "去看看", "next": "/alerts/mine/?off=1"}
    )
    assert done.url == "/alerts/mine/?off=1"
    elsewhere = {**values, "uuid": str(uuid.uuid4()), "title": "x", "next": "https://example.com/"}
    assert client.post("/customer-tasks/from-alerts/", elsewhere).url == "/alerts/"
    assert CustomerTask.objects.count() == 1


def test_the_factorys_task_is_valid():
    CustomerTaskFactory().full_clean()
