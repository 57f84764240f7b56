"""批示: what stays in the database, lists, banner, to-do, timeline, and that no text runs as a script."""

import pytest
from django.core.cache import cache
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Role
from common.business_calendar import today
from comms.queries.todos import todos_of
from crm.queries.timeline import timeline
from crm.rules.timeline import Wish
from team.models import Instruction, InstructionAnswer
from team.queries.instructions import find_target
from team.services.instructions import (
    answer_instruction,
    mark_read,
    set_done,
)
from tests.factories import (
    CustomerFactory,
    FollowUpFactory,
    LeadFactory,
    SalesOrderFactory,
    VisitFactory,
)
from tests.team.instruction_data import EVIL, day_of, give, targets

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer(people):
    return CustomerFactory(owner=people.owner)


@pytest.fixture
def visit(people, customer):
    return VisitFactory(rep=people.owner, customer=customer, day=today())


# --- what stays
def test_words_outlive_what_they_were_about(people, customer):
    talk = FollowUpFactory(customer=customer, rep=people.owner)
    row = give(people, find_target(user=people.superior, kind="follow_up", pk=talk.pk))
    talk.delete()
    row.refresh_from_db()
    assert (row.follow_up, row.person, row.text) == (None, people.owner, "陈列再加一排")


def test_the_database_keeps_them_whole(people, customer, visit):
    order = SalesOrderFactory(customer=customer, rep=people.owner, ordered_on=today())
    good = {"author": people.superior, "person": people.owner, "day": today(), "text": "好"}
    for wrong in ({"visit": visit, "order": order}, {"text": ""}, {"person": people.superior}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Instruction.objects.create(**{**good, **wrong})
    row = Instruction.objects.create(**good)
    with pytest.raises(IntegrityError), transaction.atomic():
        InstructionAnswer.objects.create(instruction=row, author=people.owner, text="")


def test_a_wide_scope_alone_reads_no_instruction(people, login):
    row = give(people)
    assert login(people.finance).get(f"/instructions/{row.pk}/").status_code == 404
    assert "陈列再加一排" not in login(people.finance).get("/instructions/").content.decode()
    assert login(people.admin).get(f"/instructions/{row.pk}/").status_code == 200


# --- lists
def test_the_list_by_box_state_and_person(people, login):
    mine = give(people, text="给李")
    give(people, day_of(people.colleague), text="给张")
    client = login(people.superior)
    assert "给李" in client.get("/instructions/", {"person": people.owner.pk}).content.decode()
    assert "给张" not in client.get("/instructions/", {"person": people.owner.pk}).content.decode()
    assert "给李" in client.get("/instructions/", {"box": "out"}).content.decode()
    assert "给李" not in client.get("/instructions/", {"box": "in"}).content.decode()
    rep = login(people.owner)
    assert "给张" not in rep.get("/instructions/").content.decode()
    for state in ("unread", "unanswered", "open"):
        assert "给李" in rep.get("/instructions/", {"state": state}).content.decode()
    assert "给李" not in rep.get("/instructions/", {"state": "done"}).content.decode()
    answer_instruction(actor=people.owner, instruction=mine, text="好")
    set_done(actor=people.owner, instruction=mine, done=True)
    assert "给李" in rep.get("/instructions/", {"state": "done"}).content.decode()
    assert "给李" not in rep.get("/instructions/", {"state": "unanswered"}).content.decode()
    assert "给李" in rep.get("/instructions/", {"q": "王经理"}).content.decode()
    assert "给李" not in rep.get("/instructions/", {"q": "没有的"}).content.decode()
    assert "pd-empty" in login(people.outsider).get("/instructions/").content.decode()
    Role.objects.get(code="rep").permissions.filter(codename="view_instruction").delete()
    assert login(people.owner).get("/instructions/").status_code == 403


def test_what_waits_is_a_line_of_the_todo_list(people):
    def waiting():
        cache.clear()
        found = todos_of(people.owner, today=today(), now=timezone.now())
        return next((todo.count for todo in found if todo.key == "instructions"), 0)

    row = give(people)
    give(people, text="二")
    assert waiting() == 2
    mark_read(user=people.owner, instructions=[row])
    assert waiting() == 2
    answer_instruction(actor=people.owner, instruction=row, text="好")
    assert waiting() == 1


def test_the_banner_shows_three_and_says_that_there_are_more(people, login):
    for n in range(4):
        give(people, text=f"第{n}条")
    shown = login(people.owner).get("/instructions/banner/").content.decode()
    assert shown.count("message-exclamation") + shown.count("<b>王经理") >= 3
    assert "第0条" not in shown
    assert "state=unread" in shown


def test_it_stands_on_the_customers_timeline(people, customer, visit):
    order = SalesOrderFactory(customer=customer, rep=people.owner, ordered_on=today())
    give(people, find_target(user=people.superior, kind="visit", pk=visit.pk), text="拜访批示")
    give(people, find_target(user=people.superior, kind="order", pk=order.pk), text="订单批示")
    give(people, text="整天的")

    def said(user):
        events, _cursor = timeline(customer, user, Wish(limit=20, kinds=frozenset({"instruction"})))
        return {event.text for event in events}

    assert said(people.superior) == {"拜访批示", "订单批示"}
    assert said(people.owner) == {"拜访批示", "订单批示"}
    assert said(people.finance) == set()


def test_leads_are_named_too(people, login):
    lead = LeadFactory(owner=people.owner, name="新开的小店")
    talk = FollowUpFactory(customer=None, lead=lead, rep=people.owner)
    row = give(people, find_target(user=people.superior, kind="follow_up", pk=talk.pk))
    assert "新开的小店" in login(people.owner).get(f"/instructions/{row.pk}/").content.decode()


def test_no_text_runs_as_a_script(people, visit, login):
    row = give(people, find_target(user=people.superior, kind="visit", pk=visit.pk), text=EVIL)
    answer_instruction(actor=people.owner, instruction=row, text=EVIL)
    other = give(people, text=EVIL)
    for address in (
        f"/instructions/visits/{visit.pk}/",
        f"/instructions/{row.pk}/",
        "/instructions/",
        "/instructions/banner/",
        f"/instructions/days/{people.owner.pk}/{today()}/",
        f"/customers/{visit.customer_id}/timeline/",
        "/messages/",
    ):
        shown = login(people.owner).get(address).content.decode()
        assert "<script>alert" not in shown, address
        assert "<img src=x" not in shown, address
        Instruction.objects.filter(pk=other.pk).update(read_at=None)
    assert "&lt;script&gt;" in login(people.owner).get(f"/instructions/{row.pk}/").content.decode()


def test_pages_of_lower_apps_load_the_panel(people, customer, login):
    pages = {"visits": "/visits/{}/", "orders": "/orders/{}/", "follow-ups": "/follow-ups/{}/"}
    for panel, (kind, thing) in targets(people, customer).items():
        if thing is not None:
            page = pages[panel.split("/")[2]].format(thing.pk)
            assert f'hx-get="{panel}"' in login(people.superior).get(page).content.decode(), kind
    nobodys = SalesOrderFactory(customer=customer, rep=None)
    assert (
        "/instructions/"
        not in login(people.superior).get(f"/orders/{nobodys.pk}/").content.decode().split("<main")[1]
    )
    for page in ("/", "/today/"):
        assert 'hx-get="/instructions/banner/"' in login(people.owner).get(page).content.decode()


# --- cost
def test_panels_and_pages_cost_the_same_for_one_and_for_three(people, visit, login):
    target = find_target(user=people.superior, kind="visit", pk=visit.pk)
    first = give(people, target)
    answer_instruction(actor=people.owner, instruction=first, text="好")
    addresses = (
        f"/instructions/visits/{visit.pk}/",
        f"/instructions/days/{people.owner.pk}/{today()}/",
        f"/instructions/{first.pk}/",
        "/instructions/banner/",
        "/instructions/",
    )

    def costs(client):
        found = []
        for address in addresses:
            with CaptureQueriesContext(connection) as queries:
                assert client.get(address).status_code == 200
            found.append(len(queries))
        return found

    rep, leader = login(people.owner), login(people.superior)
    costs(rep)  # the first look is written
    once = costs(rep), costs(leader)
    for n in range(2):
        row = give(people, target, text=f"再{n}")
        answer_instruction(actor=people.owner, instruction=row, text="好")
        answer_instruction(actor=people.owner, instruction=first, text="又好")
    assert (costs(rep), costs(leader)) == once
    assert max(*once[0], *once[1]) <= 12, once
