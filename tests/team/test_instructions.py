"""批示: who may give, read, answer, close and take back; that the person hears it at once; that no text runs as a script."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from accounts.models import Role
from common.business_calendar import today
from comms.enums import NoticeKind
from comms.models import Notification
from team.models import Instruction, InstructionAnswer
from team.queries.instructions import find_target, may_instruct
from team.services.instructions import (
    answer_instruction,
    mark_read,
    set_done,
    withdraw_instruction,
)
from tests.factories import (
    CustomerFactory,
    SalesOrderFactory,
    UserFactory,
    VisitFactory,
)
from tests.team.instruction_data import day_of, give, targets

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer(people):
    return CustomerFactory(owner=people.owner)


@pytest.fixture
def visit(people, customer):
    return VisitFactory(rep=people.owner, customer=customer, day=today())


# --- giving
def test_the_person_hears_of_it_at_once(people, login):
    row = give(people)
    notice = Notification.objects.get(recipient=people.owner)
    assert (notice.kind, notice.body, notice.url) == (
        NoticeKind.INSTRUCTION,
        "陈列再加一排",
        f"/instructions/{row.pk}/",
    )
    assert "王经理" in notice.title
    assert login(people.owner).get("/messages/unread/").json()["notices"] == 1
    assert "陈列再加一排" in login(people.owner).get("/instructions/banner/").content.decode()
    assert login(people.superior).get("/instructions/banner/").content.strip() == b""


def test_answers_by_e_mail_come_back_to_the_leader(people):
    people.superior.email = "wang@example.com"
    people.superior.save()
    give(people)
    assert Notification.objects.get(recipient=people.owner).reply_to == "wang@example.com"


def test_each_is_told_in_his_own_language(people):
    people.owner.language, people.superior.language = "en", ""
    people.owner.save()
    row = give(people)
    answer_instruction(actor=people.owner, instruction=row, text="ok")
    assert Notification.objects.get(recipient=people.owner).title.startswith("Instruction from")
    assert "批示" in Notification.objects.get(recipient=people.superior).title


def test_a_panel_for_each_kind_of_work(people, customer, login):
    client = login(people.superior)
    for address, (kind, thing) in targets(people, customer).items():
        assert client.get(address).status_code == 200
        answer = client.post(address, {"text": f"看 {kind}"}, headers={"HX-Request": "true"})
        assert answer.status_code == 200
        assert f"看 {kind}" in answer.content.decode()
        row = Instruction.objects.latest("pk")
        assert (row.author, row.person, row.day) == (people.superior, people.owner, today())
        assert [getattr(row, name) for name in ("visit", "order", "follow_up")].count(None) == (
            2 if thing else 3
        )
        if thing:
            assert getattr(row, kind) == thing
        assert f"看 {kind}" in login(people.owner).get(address).content.decode()
    # The day shows what was said about its parts as well.
    whole = login(people.owner).get(f"/instructions/days/{people.owner.pk}/{today()}/").content.decode()
    assert whole.count('<article class="sv-line') == 4


def test_without_htmx_one_comes_back_to_the_page(people, visit, login):
    answer = login(people.superior).post(f"/instructions/visits/{visit.pk}/", {"text": "好"})
    assert (answer.status_code, answer.url) == (302, f"/visits/{visit.pk}/")
    answer = login(people.superior).post(f"/instructions/days/{people.owner.pk}/{today()}/", {"text": "好"})
    assert answer.url == f"/supervision/{people.owner.pk}/{today()}/"


def test_outsiders_find_nothing_and_readers_may_not_write(people, customer, login):
    for address in targets(people, customer):
        assert login(people.outsider).get(address).status_code == 404
        assert login(people.outsider).post(address, {"text": "嗯"}).status_code == 404
        assert login(people.owner).post(address, {"text": "自己"}).status_code == 403
    # Finance sees the whole company's orders, and leads nobody.
    order = SalesOrderFactory(customer=customer, rep=people.owner, ordered_on=today())
    finance = login(people.finance)
    assert finance.get(f"/instructions/orders/{order.pk}/").status_code == 200
    assert finance.post(f"/instructions/orders/{order.pk}/", {"text": "嗯"}).status_code == 403
    assert not Instruction.objects.exists()
    Role.objects.get(code="finance").permissions.filter(codename="view_instruction").delete()
    assert login(people.finance).get(f"/instructions/orders/{order.pk}/").status_code == 403


def test_a_panel_of_what_one_may_not_open_is_not_there(people, visit, login):
    Role.objects.get(code="manager").permissions.filter(codename="view_visit").delete()
    assert login(people.superior).get(f"/instructions/visits/{visit.pk}/").status_code == 404


def test_nobody_instructs_himself_his_superior_or_who_left(people):
    above = UserFactory(username="above", role="manager", department=people.sales)
    people.superior.superior = above
    people.superior.save()
    assert may_instruct(people.superior, people.owner)
    assert may_instruct(above, people.superior)
    assert not may_instruct(people.superior, above)  # in his department, and above him
    assert not may_instruct(people.superior, people.superior)
    assert not may_instruct(people.superior, people.outsider)
    assert not may_instruct(people.owner, people.colleague)
    people.owner.is_active = False
    people.owner.save()
    assert not may_instruct(people.superior, people.owner)
    with pytest.raises(PermissionDenied):
        give(people)


def test_a_ring_of_superiors_ends(people):
    people.owner.superior, people.superior.superior = people.superior, people.owner
    people.owner.save()
    people.superior.save()
    assert not may_instruct(people.superior, people.owner)  # each is above the other


@pytest.mark.parametrize(("text", "said"), [("  ", "text"), ("字" * 1001, "text")])
def test_nothing_and_too_much_are_refused(people, visit, login, text, said):
    with pytest.raises(ValidationError) as error:
        give(people, text=text)
    assert said in error.value.message_dict
    address = f"/instructions/visits/{visit.pk}/"
    answer = login(people.superior).post(address, {"text": text})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert text.strip() in answer.content.decode()
    # htmx would swap nothing in at 422
    assert (
        login(people.superior).post(address, {"text": text}, headers={"HX-Request": "true"}).status_code
        == 200
    )
    assert not Instruction.objects.exists()


def test_no_instruction_on_a_day_to_come(people, login):
    tomorrow = today() + dt.timedelta(days=1)
    with pytest.raises(ValidationError):
        give(people, day_of(people.owner, tomorrow))
    assert login(people.superior).get(f"/instructions/days/{people.owner.pk}/{tomorrow}/").status_code == 404
    assert login(people.superior).get(f"/instructions/days/{people.owner.pk}/morgen/").status_code == 404


# --- reading, answering, closing
def test_read_by_being_seen_by_the_person_alone(people, visit, login):
    row = give(people, find_target(user=people.superior, kind="visit", pk=visit.pk))
    address = f"/instructions/visits/{visit.pk}/"
    login(people.superior).get(address)
    login(people.admin).get(f"/instructions/{row.pk}/")
    row.refresh_from_db()
    assert row.read_at is None
    assert "is-new" in login(people.owner).get(address).content.decode()
    row.refresh_from_db()
    assert row.read_at is not None
    assert Notification.objects.get(recipient=people.owner).read_at is not None
    assert "is-new" not in login(people.owner).get(address).content.decode()


def test_the_first_look_stays(people):
    early, late = timezone.now() - dt.timedelta(hours=2), timezone.now()
    row = give(people)
    assert mark_read(user=people.owner, instructions=[row], now=early) == 1
    assert mark_read(user=people.owner, instructions=[Instruction.objects.get()], now=late) == 0
    assert Instruction.objects.get().read_at == early


def test_question_and_answer(people, login):
    row = give(people)
    page = login(people.owner).post(f"/instructions/{row.pk}/answer/", {"text": "明天就加"})
    assert page.url == f"/instructions/{row.pk}/"
    row.refresh_from_db()
    assert row.answered_at is not None
    assert row.read_at is not None
    told = Notification.objects.get(recipient=people.superior)
    assert (told.kind, told.body) == (NoticeKind.INSTRUCTION, "明天就加")
    # The leader asks on: the person owes an answer again, and hears of it.
    login(people.superior).post(f"/instructions/{row.pk}/answer/", {"text": "拍照给我"})
    row.refresh_from_db()
    assert row.answered_at is None
    assert Notification.objects.filter(recipient=people.owner, body="拍照给我").count() == 1
    shown = login(people.owner).get(f"/instructions/{row.pk}/").content.decode()
    assert shown.index("明天就加") < shown.index("拍照给我")
    assert not Notification.objects.filter(recipient=people.owner, read_at=None).exists()


def test_only_the_two_may_write_and_close(people, login):
    row = give(people)
    for person, status in ((people.admin, 403), (people.colleague, 404), (people.outsider, 404)):
        for part, data in (("answer", {"text": "我也说"}), ("done", {}), ("withdraw", {})):
            assert login(person).post(f"/instructions/{row.pk}/{part}/", data).status_code == status
        assert login(person).get(f"/instructions/{row.pk}/").status_code == (200 if status == 403 else 404)
    assert login(people.owner).post(f"/instructions/{row.pk}/withdraw/").status_code == 403
    assert not InstructionAnswer.objects.exists()
    assert login(people.owner).get(f"/instructions/{row.pk}/answer/").status_code == 405


def test_done_and_taken_up_again(people, login):
    row = give(people)
    login(people.owner).post(f"/instructions/{row.pk}/done/")
    row.refresh_from_db()
    assert (row.done_by, row.read_at is not None) == (people.owner, True)
    with pytest.raises(ValidationError):
        answer_instruction(actor=people.owner, instruction=row, text="晚了")
    with pytest.raises(ValidationError):
        set_done(actor=people.superior, instruction=row, done=True)
    refused = login(people.owner).post(f"/instructions/{row.pk}/answer/", {"text": "晚了"})
    assert refused.status_code == 422
    login(people.superior).post(f"/instructions/{row.pk}/done/", {"back": "1"})
    row.refresh_from_db()
    assert (row.done_at, row.done_by) == (None, None)


def test_taken_back_until_it_was_read(people, login):
    row = give(people)
    answer = login(people.superior).post(f"/instructions/{row.pk}/withdraw/")
    assert answer.url == "/instructions/"
    assert not Instruction.objects.exists()
    assert not Notification.objects.filter(recipient=people.owner).exists()
    row = give(people)
    mark_read(user=people.owner, instructions=[row])
    with pytest.raises(ValidationError):
        withdraw_instruction(actor=people.superior, instruction=row)
    assert Instruction.objects.filter(pk=row.pk).exists()


def test_from_a_panel_the_one_line_comes_back(people, login):
    row = give(people)
    htmx = {"HX-Request": "true"}
    answer = login(people.owner).post(
        f"/instructions/{row.pk}/answer/", {"text": "好的", "whole": "1"}, headers=htmx
    )
    assert answer.content.decode().strip().startswith("<article")
    assert "sv-about" in answer.content.decode()
    empty = login(people.owner).post(f"/instructions/{row.pk}/answer/", {"text": " "}, headers=htmx)
    assert (empty.status_code, 'role="alert"' in empty.content.decode()) == (200, True)
    other = give(people, text="撤回我")
    gone = login(people.superior).post(f"/instructions/{other.pk}/withdraw/", headers=htmx)
    assert (gone.status_code, gone.content) == (200, b"")
