"""What agreements, promises, finance and the stock tell is in the language of who is told."""

from decimal import Decimal

import pytest
from django.utils.translation import override

from common.business_calendar import today
from sales.models import CollectionNote
from sales.services import collection, finance_inbox
from sales.services.stock_check import _tell_admins
from tests.factories import BillFactory, UserFactory
from tests.readers import english, last_words

pytestmark = pytest.mark.django_db
BOTH = pytest.mark.parametrize("actors", ["en", "zh-hans"])


@BOTH
def test_a_promise(people, shop, actors):
    english(people.owner)
    BillFactory(customer=shop, due_on=today(), amount=Decimal(70))
    for person in (people.owner, people.colleague):
        CollectionNote.objects.create(
            customer=shop, rep=person, text="月底付", promised_on=today(), promised_amount=Decimal(50)
        )
    with override(actors):
        assert collection.remind_promises() == 2
    told = last_words(people.owner)
    assert f"{shop.name} promised to pay by " in told
    assert "Promised ¥50.00, paid since ¥0.00, still owed ¥70.00." in told
    assert "romised" not in last_words(people.colleague)


@pytest.mark.parametrize(("reader", "words"), [("en", "Finance sent {} back"), ("", "财务退回了 {}")])
@BOTH
def test_a_slip_that_finance_sends_back(people, money, actors, reader, words):
    if reader:
        english(people.owner)
    with override(actors):
        finance_inbox.send_back(actor=people.finance, slip=money["slip"], remark="日期不对")
    assert last_words(people.owner).startswith(words.format(money["slip"].number))


@BOTH
def test_the_stock(people, actors):
    other = UserFactory(role="admin")
    english(people.admin)
    with override(actors):
        _tell_admins(3)
    assert last_words(people.admin).startswith("Stock differs from its moves: 3 balances.")
    assert "库存" in last_words(other)
