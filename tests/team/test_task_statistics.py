"""Service and revisit statistics: by method and result, by person, against sums made by hand."""

import datetime as dt

import pytest
from openpyxl import load_workbook

from crm.models import Dictionary
from team.models import TaskContact
from team.queries.task_statistics import SERVED, Asked, statistics
from team.services import task_people
from tests.factories import CustomerFactory, CustomerTaskFactory

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 25, 4, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
ASKED = Asked(dt.date(2026, 11, 1), dt.date(2026, 11, 25), SERVED)


def done(owner, *, days=1, mark=None, due=None, **more):
    at = NOW - DAY * days
    values = {"status": "done", "done_at": at, "satisfaction": mark, "due_at": due, "created_at": at - DAY}
    return CustomerTaskFactory(customer=CustomerFactory(owner=owner), **(values | more))


def talk(task, method=None, result="solved", days=1):
    TaskContact.objects.create(
        task=task, author=task.assignee, at=NOW - DAY * days, text="说了", result=result, method=method
    )


@pytest.fixture
def filled(people):
    phone = Dictionary.objects.create(kind="follow_method", name="打电话")
    first = done(people.owner, mark=5, due=NOW)
    second = done(people.owner, mark=2, due=NOW - 3 * DAY, kind="revisit")
    done(people.owner, days=40)  # before the period
    done(people.owner, kind="sales", mark=1)  # neither service nor revisit
    late = CustomerTaskFactory(
        customer=CustomerFactory(owner=people.colleague), due_at=NOW - DAY, created_at=NOW - 2 * DAY
    )
    hidden = done(people.outsider, mark=1)
    talk(first, phone)
    talk(first, phone, "not_reached")
    talk(second, phone)
    talk(late, None, "again")
    talk(late, None, "again", days=40)
    talk(hidden, phone, "refused")
    return people


def test_by_method_and_result(filled):
    found = statistics(filled.superior, ASKED, now=NOW)
    rows = {
        row.method: (row.contacts, row.tasks, row.solved_share, row.results["again"]) for row in found.methods
    }
    assert rows == {"打电话": (3, 2, 67, 0), "": (1, 1, 0, 1)}
    assert (found.method_total.contacts, found.method_total.solved_share) == (4, 50)


def test_by_person(filled):
    found = statistics(filled.superior, ASKED, now=NOW)
    rows = {
        row.person: (row.made, row.done, row.in_time_share, row.late, row.contacts, row.satisfaction)
        for row in found.reps
    }
    assert rows == {"李业务": (2, 2, 50, 0, 3, 3.5), "张业务": (1, 0, None, 1, 1, None)}
    total = found.total
    assert (total.done, total.in_time_share, total.late, total.marks, total.satisfaction) == (
        2,
        50,
        1,
        2,
        3.5,
    )


def test_one_person_and_complaints(filled):
    one = Asked(ASKED.first, ASKED.last, SERVED, rep_id=filled.colleague.pk)
    assert [row.person for row in statistics(filled.superior, one, now=NOW).reps] == ["张业务"]
    done(filled.owner, is_complaint=True)
    complaints = Asked(ASKED.first, ASKED.last, ("service",), complaints=True)
    assert statistics(filled.owner, complaints, now=NOW).total.done == 1


def test_few_statements(filled, django_assert_num_queries):
    statistics(filled.superior, ASKED, now=NOW)  # reads the scope
    with django_assert_num_queries(4):
        statistics(filled.superior, ASKED, now=NOW)


def test_page_and_excel(filled, login, tmp_path):
    address = "/customer-tasks/statistics/?period=custom&since=2026-11-01&until=2026-11-25"
    shown = login(filled.superior).get(address).content.decode()
    assert "打电话" in shown
    assert "3.5" in shown
    file = tmp_path / "figures.xlsx"
    answer = login(filled.superior).get(f"{address}&export=xlsx")
    file.write_bytes(b"".join(answer.streaming_content))
    rows = [[cell.value for cell in row] for row in load_workbook(file).active.iter_rows()]
    assert rows[1][:4] == ["打电话", 3, 2, 2]
    assert ["李业务", 2, 2, 50, 0, 3, 3.5] in [row[:7] for row in rows]
    assert login(filled.owner).get(f"{address}&export=xlsx").status_code == 403
    assert login(filled.owner).get(f"{address}&rep={filled.colleague.pk}").status_code == 404
    assert login(filled.owner).get(f"{address}&kind=nothing").status_code == 404
    typed = login(filled.owner).get(
        "/customer-tasks/statistics/?period=custom&since=2026-11-09&until=2026-11-01"
    )
    assert 'value="2026-11-09"' in typed.content.decode()


def test_the_assignee_of_a_shared_task_is_named_and_leads_nowhere(filled, login):
    """Who works on it is not one of the person's people, whose figures he might open."""
    task = done(filled.outsider, kind="service")
    task_people.share_task(actor=filled.outsider, task=task, user=filled.owner, can_write=False)
    page = (
        login(filled.owner)
        .get("/customer-tasks/statistics/?period=custom&since=2026-11-01&until=2026-11-25")
        .content.decode()
    )
    assert "赵外人" in page
    assert f"rep={filled.outsider.pk}" not in page
    assert f"rep={filled.owner.pk}" in page
