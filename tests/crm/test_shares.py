"""The page of all shares, and shares with a note (A2, B8)."""

import datetime as dt

import pytest
from django.utils import timezone

from comms.models import Notification
from crm import services
from crm.models import CustomerShare
from tests.factories import CustomerFactory

pytestmark = pytest.mark.django_db


def share(customer, user, by, **terms):
    return CustomerShare.objects.create(customer=customer, user=user, created_by=by, **terms)


def page(client, query=""):
    return client.get(f"/customers/shares/?{query}").content.decode()


def test_who_sees_which_shares(people, login):
    mine = CustomerFactory(owner=people.owner, name="李的店")
    share(mine, people.outsider, people.owner)
    for user, seen in (
        (people.owner, True),
        (people.outsider, True),
        (people.superior, True),
        (people.colleague, False),
    ):
        assert ("李的店" in page(login(user))) is seen, user
    assert "李的店" in page(login(people.outsider), "way=in")
    assert "李的店" not in page(login(people.outsider), "way=out")
    assert "李的店" in page(login(people.owner), "way=out&q=赵外人")


def test_an_ended_share_stays_in_the_list_without_a_link(people, login):
    mine = CustomerFactory(owner=people.owner, name="李的店")
    share(mine, people.outsider, people.owner, expires_at=timezone.now() - dt.timedelta(seconds=1))
    outsider = login(people.outsider)
    assert "李的店" in page(outsider, "ended=1")
    assert f"/customers/{mine.pk}/" not in page(outsider, "ended=1")
    assert "李的店" not in page(outsider, "ended=0")
    assert outsider.get(f"/customers/{mine.pk}/").status_code == 404


def test_taking_several_back(people, login):
    mine = [CustomerFactory(owner=people.owner) for _ in range(2)]
    his = CustomerFactory(owner=people.outsider)
    shares = [share(shop, people.colleague, people.owner) for shop in mine]
    foreign = share(his, people.owner, people.outsider)
    pks = [row.pk for row in (*shares, foreign)]
    # With whom it is shared does not end it, nor does he pass it on.
    login(people.colleague).post("/customers/shares/revoke/", {"pk": pks})
    assert CustomerShare.objects.count() == 3
    login(people.owner).post("/customers/shares/revoke/", {"pk": [*pks, "x", "9" * 30]})
    assert list(CustomerShare.objects.all()) == [foreign]
    assert login(people.finance).post("/customers/shares/revoke/", {"pk": pks}).status_code == 403


def test_the_colleague_is_told_with_the_note(people, login):
    shop = CustomerFactory(owner=people.owner, name="李的店")
    login(people.owner).post(
        f"/customers/{shop.pk}/share/", {"user": people.outsider.pk, "note": "帮我看一周"}
    )
    notice = Notification.objects.get()
    assert (notice.recipient, notice.body) == (people.outsider, "帮我看一周")
    assert "李的店" in notice.title
    # The same terms once more tell nobody twice.
    again = login(people.owner).post(f"/customers/{shop.pk}/share/", {"user": people.outsider.pk})
    assert again.status_code == 302
    assert Notification.objects.count() == 1


def test_an_owner_change_ends_the_shares_of_both(people):
    shop = CustomerFactory(owner=people.owner)
    share(shop, people.owner, None)
    share(shop, people.colleague, people.owner)
    kept = share(shop, people.outsider, people.owner)
    services.assign_owner(
        actor=people.superior, customers=[shop.pk], owner=people.colleague, reason="transferred"
    )
    assert list(shop.shares.all()) == [kept]


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_costs_the_same(people, login, django_assert_num_queries, count):
    for _ in range(count):
        share(CustomerFactory(owner=people.owner), people.colleague, people.owner)
    client = login(people.owner)
    with django_assert_num_queries(5):
        assert client.get("/customers/shares/").status_code == 200
