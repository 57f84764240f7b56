"""The to-do list: what each app says waits, as far as one may do it."""

import datetime as dt

import pytest
from django.utils import timezone

from common.business_calendar import today
from comms.queries.todos import todo_total, todos_of
from tests.factories import CustomerFactory, SalesOrderFactory, VisitTaskFactory

pytestmark = pytest.mark.django_db


def waiting(user):
    return {todo.key: (todo.count, todo.late) for todo in todos_of(user, today=today(), now=timezone.now())}


def test_nothing_waits(login, people):
    assert waiting(people.owner) == {}
    assert "没有待办" in login(people.owner).get("/todo/").content.decode()


def test_everybody_sees_what_is_his_to_do(people):
    customer = CustomerFactory(owner=people.owner, location_status="to_confirm")
    VisitTaskFactory(customer=customer, date=today())
    VisitTaskFactory(customer=customer, date=today() - dt.timedelta(days=1))
    VisitTaskFactory(customer=customer, date=today() + dt.timedelta(days=1))
    SalesOrderFactory(customer=customer)
    SalesOrderFactory(customer=customer, approval_reason="超信用")
    assert waiting(people.owner)["tasks"] == (2, 1)
    assert "orders" not in waiting(people.owner)
    boss = waiting(people.superior)
    assert boss["orders"] == (2, 0)
    assert boss["locations"] == (1, 0)
    assert "tasks" not in boss  # other people's
    assert waiting(people.finance)["orders"] == (1, 0)  # over the limit a manager decides
    assert waiting(people.outsider) == {}


def test_the_number_is_kept_for_a_while_and_renewed_by_looking(people, django_assert_num_queries):
    now = {"today": today(), "now": timezone.now()}
    assert todo_total(people.owner, **now) == 0
    VisitTaskFactory(customer=CustomerFactory(owner=people.owner))
    with django_assert_num_queries(0):
        assert todo_total(people.owner, **now) == 0
    todos_of(people.owner, **now)
    assert todo_total(people.owner, **now) == 1


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("who", ["owner", "superior", "admin"])
def test_the_page_costs_at_most_twelve_statements(login, people, count, who, django_assert_max_num_queries):
    for _n in range(count):
        customer = CustomerFactory(owner=people.owner, location_status="to_confirm")
        VisitTaskFactory(customer=customer)
        SalesOrderFactory(customer=customer)
    client = login(getattr(people, who))
    with django_assert_max_num_queries(12):
        assert client.get("/todo/").status_code == 200
