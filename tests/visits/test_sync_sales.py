"""What a phone sells, takes back, asks and judges offline goes through the same services, and is there once (D8)."""

import pytest

from crm.models import Dictionary
from sales.models import Delivery, Receipt, SalesOrder, SalesReturn
from tests.factories import ProductFactory
from tests.sales.stock_data import D, check_books, load, on_hand, receive, van_for, warehouse
from tests.visits.test_sync import FIX, action, send  # noqa: F401 - the fixture is used by its name
from visits.models import ClientAction, CustomForm, FormAnswer, FormQuestion, Visit
from visits.services.sync import run as sync_run

pytestmark = pytest.mark.django_db


@pytest.fixture
def water(db):
    return ProductFactory(name="纯净水", price=D("2.50"))


@pytest.fixture
def van(people, water):
    place = warehouse()
    receive(people.superior, place, {water: 100}, cost=D(1))
    van = van_for(people.owner)
    load(people.superior, place, van, {water: 20})
    return van


@pytest.fixture
def visit(shop, send):  # noqa: F811
    enter = action("check_in", {"customer": shop.pk, "fix": FIX})
    assert send(enter).json()[0]["status"] == "done"
    return enter["uuid"]


def test_a_van_sale_paid_in_cash_and_a_return_arrive_once(shop, send, van, water, visit):  # noqa: F811
    sold = action(
        "van_sale",
        {
            "visit": visit,
            "lines": [{"product": water.pk, "quantity": "12", "price": "2.50"}],
            "receipt": {"amount": "30", "method": "cash"},
        },
    )
    back = action(
        "return",
        {
            "visit": visit,
            "lines": [
                {
                    "product": water.pk,
                    "quantity": "2",
                    "price": "2.50",
                    "reason": "damaged",
                    "condition": "sellable",
                }
            ],
        },
    )
    first = send(sold, back).json()
    assert [answer["status"] for answer in first] == ["done", "done"], first
    assert send(back, sold).json() == first[::-1]
    delivery, slip = Delivery.objects.get(), SalesReturn.objects.get()
    assert (delivery.amount, slip.amount) == (D("30.00"), D("5.00"))
    assert Receipt.objects.get().amount == D(30)
    assert on_hand(van, water) == 10
    assert {row.visit.uuid.hex for row in (delivery.visit_slip, slip.visit_slip)} == {visit.replace("-", "")}
    check_books()


def test_more_than_the_van_holds_is_refused_and_the_rest_goes_on(send, van, water, visit):  # noqa: F811
    lines = [{"product": water.pk, "quantity": "21"}]
    answers = send(
        action("van_sale", {"visit": visit, "lines": lines}),
        action("summary", {"visit": visit, "text": "没货"}),
    ).json()
    assert [answer["status"] for answer in answers] == ["refused", "done"], answers
    assert not Delivery.objects.exists()
    assert on_hand(van, water) == 20


def test_a_form_and_a_maturity_arrive_once(shop, send, visit):  # noqa: F811
    form = CustomForm.objects.create(name="门店调查")
    question = FormQuestion.objects.create(form=form, label="冰柜几台", kind="number", is_required=True)
    value = Dictionary.objects.create(kind="maturity", name="高意向测试")
    asked = action("form", {"visit": visit, "form": form.pk, "answers": {str(question.pk): "2"}})
    judged = action("maturity", {"visit": visit, "value": value.pk})
    first = send(asked, judged).json()
    assert [answer["status"] for answer in first] == ["done", "done"], first
    assert send(asked, judged).json() == first
    assert FormAnswer.objects.filter(form=form).count() == 1
    shop.refresh_from_db()
    assert shop.maturity_id == value.pk
    assert Visit.objects.count() == 1


def test_a_form_without_its_answer_is_refused_in_words(send, visit):  # noqa: F811
    form = CustomForm.objects.create(name="门店调查")
    FormQuestion.objects.create(form=form, label="冰柜几台", kind="number", is_required=True)
    (answer,) = send(action("form", {"visit": visit, "form": form.pk, "answers": {}})).json()
    assert answer["status"] == "refused"
    assert "冰柜几台" in str(answer)
    assert not FormAnswer.objects.exists()


def test_a_server_killed_between_two_actions_goes_on_where_it_was(shop, send, visit, water, monkeypatch):  # noqa: F811
    lines = [{"product": water.pk, "quantity": "3"}]
    actions = [
        action("order", {"visit": visit, "customer": shop.pk, "lines": lines}),
        action("receipt", {"visit": visit, "customer": shop.pk, "amount": "5", "method": "cash"}),
        action("summary", {"visit": visit, "text": "好"}),
    ]

    class KilledError(BaseException):
        """As a signal would end it: nothing of ours catches it."""

    def die(call):
        raise KilledError

    with monkeypatch.context() as killed:
        killed.setitem(sync_run._HANDLERS, "receipt", die)
        with pytest.raises(KilledError):
            send(*actions)
    assert list(ClientAction.objects.exclude(kind="check_in").values_list("kind", flat=True)) == ["order"]
    answers = send(*actions).json()
    assert [answer["status"] for answer in answers] == ["done"] * 3, answers
    assert send(*actions).json() == answers
    assert SalesOrder.objects.count() == Receipt.objects.count() == 1
