"""Defects of other programs of this kind that no other test here stands against: lists that show or weigh too much."""

import pytest
from django.utils import timezone

from tests.factories import ContactFactory, CustomerFactory, FollowUpFactory, LeadFactory

pytestmark = pytest.mark.django_db
QUERIES = ["", "?scene=", "?scene=all", "?scope=all", "?owner=", "?owner=x", "?user=", "?view=0"]


@pytest.mark.parametrize("query", QUERIES)
def test_no_parameter_shows_rows_of_others_in_the_other_lists(people, login, query):
    """A missing scene parameter shows all rows."""
    mine, theirs = (CustomerFactory(owner=owner, name=name) for owner, name in _shops(people))
    ContactFactory(customer=theirs, name="别人的联系人")
    FollowUpFactory(customer=mine, rep=people.owner, text="我的跟进")
    FollowUpFactory(customer=theirs, rep=people.outsider, text="别人的跟进")
    LeadFactory(owner=people.outsider, name="别人的废弃潜客", deleted_at=timezone.now())
    client = login(people.owner)
    for address in ("/contacts/", "/follow-ups/", "/leads/bin/", "/leads/bulk/", "/customers/bulk/"):
        answer = client.get(f"{address}{query}")
        assert answer.status_code == 200, address
        assert "别人的" not in answer.content.decode(), address


def _shops(people):
    return (people.owner, "我的店"), (people.outsider, "别人的店")


@pytest.mark.parametrize("address", ["/customers/", "/pool/"])
def test_a_page_of_fifty_customers_stays_light(people, login, address):
    """A peer's page weighed 531 kB."""
    owner = people.owner if address == "/customers/" else None
    for number in range(51):
        CustomerFactory(owner=owner, name=f"便利店{number}")
    assert len(login(people.owner).get(address).content) < 250_000


def test_all_of_a_filter_is_what_the_person_sees(people, login):
    """A bulk assignment that asks for all rows without the scope takes those of everybody."""
    mine, theirs = LeadFactory(owner=people.owner), LeadFactory(owner=people.outsider)
    for query in ("", "scene=all", "owner="):
        fields = {"all": "1", "query": query, "owner": people.colleague.pk}
        login(people.superior).post("/leads/assign/", fields)
        theirs.refresh_from_db()
        assert theirs.owner == people.outsider
    mine.refresh_from_db()
    assert mine.owner == people.colleague
