"""What customer tasks, documents and the schedule tell is in the language of who is told."""

import datetime as dt
import uuid

import pytest
from django.utils.translation import override

from team.services import documents, task_people, tasks
from team.services.task_making import make_for_customers
from team.services.tasks import TaskTerms
from tests.factories import CustomerFactory, CustomerTaskFactory
from tests.readers import english, last_words
from tests.team.document_data import only, write

pytestmark = pytest.mark.django_db
BOTH = pytest.mark.parametrize("actors", ["en", "zh-hans"])
NOW = dt.datetime(2026, 11, 25, 4, tzinfo=dt.UTC)


@BOTH
def test_tasks_for_a_selection(people, actors):
    english(people.owner)
    shops = [CustomerFactory(owner=person) for person in (people.owner, people.owner, people.colleague)]
    with override(actors):
        make_for_customers(
            actor=people.superior,
            customer_ids=[shop.pk for shop in shops],
            terms=TaskTerms(title="节前回访", kind="revisit", due_at=NOW),
            batch=uuid.uuid4(),
            now=NOW,
        )
    assert last_words(people.owner) == "2 new customer tasks: 节前回访 | 王经理"
    assert last_words(people.colleague) == "1 个新客户任务：节前回访 | 王经理"


@BOTH
def test_a_task_goes_to_a_colleague_and_ends(people, actors):
    english(people.owner)
    task = CustomerTaskFactory(
        customer=CustomerFactory(owner=people.owner),
        assignee=people.owner,
        creator=people.superior,
        title="送样品",
    )
    with override(actors):
        task_people.hand_over(actor=people.superior, task=task, to=people.colleague, now=NOW)
        assert last_words(people.owner).startswith("Your customer task went to 张业务: 送样品")
        assert last_words(people.colleague).startswith("客户任务转交给你：送样品")
        task_people.hand_over(actor=people.superior, task=task, to=people.owner, now=NOW)
        task.refresh_from_db()
        tasks.set_status(actor=people.superior, task=task, status="cancelled", now=NOW)
    assert last_words(people.owner).startswith("送样品: Cancelled")


@BOTH
def test_a_must_read(people, actors):
    english(people.owner)
    with override(actors):
        document = write(people.superior, must_read=True, audience=only(people.owner, people.colleague))
        assert last_words(people.owner).startswith("Please read: ")
        assert last_words(people.colleague).startswith("请阅读")
        documents.remind(actor=people.superior, document=document)
    assert last_words(people.owner).startswith("Please confirm: ")
    assert last_words(people.colleague).startswith("请确认")
