"""Pages of quotations and agreements: who sees what, query counts, the customer's page."""

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone

from sales.services import agreements as agreement_services
from tests.factories import CustomerFactory
from tests.sales.quote_data import write_quote

pytestmark = pytest.mark.django_db


def today():
    return timezone.localdate()


@pytest.fixture
def addresses(quote, agreement, shop):
    return {
        "quote": quote.get_absolute_url(),
        "paper": reverse("sales:quote_paper", args=[quote.pk]),
        "pdf": reverse("sales:quote_pdf", args=[quote.pk]),
        "agreement": agreement.get_absolute_url(),
        "file": reverse("sales:agreement_file", args=[agreement.files.get().pk]),
        "panel": reverse("sales:customer_offers", args=[shop.pk]),
    }


@pytest.mark.parametrize(
    ("who", "status"),
    [("owner", 200), ("superior", 200), ("finance", 200), ("colleague", 404), ("outsider", 404)],
)
def test_pages_follow_the_data_scope(login, people, addresses, who, status):
    client = login(getattr(people, who))
    found = {}
    for name, address in addresses.items():
        response = client.get(address)
        found[name] = response.status_code
        if response.streaming:
            b"".join(response.streaming_content)  # read to its end, the file is closed
    assert found == dict.fromkeys(addresses, status)


def test_pages_need_the_permission_and_a_login(login, client, people, addresses):
    people.admin.role.permissions.clear()
    admin = login(people.admin)
    for address in [*addresses.values(), reverse("sales:quote_list"), reverse("sales:agreement_list")]:
        assert admin.get(address).status_code == 403
        assert client.get(address).status_code == 302


@pytest.mark.parametrize("name", ["sales:quote_list", "sales:agreement_list"])
def test_lists_follow_the_data_scope(login, people, quote, agreement, name):
    link = (quote if "quote" in name else agreement).get_absolute_url()
    for who, sees in (("owner", True), ("superior", True), ("outsider", False), ("colleague", False)):
        page = login(getattr(people, who)).get(reverse(name)).content.decode()
        assert (link in page) is sees


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(("name", "queries"), [("sales:quote_list", 8), ("sales:agreement_list", 8)])
def test_lists_ask_the_same_number_of_queries(
    login, people, water, django_assert_num_queries, name, queries, count
):
    for number in range(count):
        customer = CustomerFactory(owner=people.owner)
        write_quote(people.owner, customer, (water, number + 1))
        agreement_services.create_agreement(
            actor=people.superior,
            customer=customer,
            values=agreement_services.AgreementInput("协议", today(), today()),
        )
    client = login(people.superior)
    client.get(reverse(name))
    with django_assert_num_queries(queries):
        client.get(reverse(name))


def test_panel_and_timeline(login, people, shop, quote, agreement):
    client = login(people.owner)
    panel = client.get(reverse("sales:customer_offers", args=[shop.pk])).content.decode()
    assert str(quote) in panel
    assert agreement.number in panel
    timeline = client.get(reverse("crm:customer_timeline", args=[shop.pk])).content.decode()
    assert quote.number in timeline
    assert agreement.number in timeline
    only = client.get(reverse("crm:customer_timeline", args=[shop.pk]) + "?kind=quote").content.decode()
    assert quote.number in only
    assert agreement.number not in only
    people.owner.role.permissions.remove(Permission.objects.get(codename="view_agreement"))
    client = login(people.owner)
    assert (
        agreement.number not in client.get(reverse("sales:customer_offers", args=[shop.pk])).content.decode()
    )
