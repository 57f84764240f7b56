"""A slip that asks for its customer offers to make one, and goes on with the new one."""

from urllib.parse import quote, urlencode

import pytest
from django.urls import reverse

from crm.models import Customer

pytestmark = pytest.mark.django_db
SLIPS = ["sales:order_create", "sales:quote_create", "sales:return_create"]


def form_address(slip):
    return f"/customers/new/?{urlencode({'next': slip})}"


@pytest.mark.parametrize("name", SLIPS)
def test_a_new_customer_comes_back_to_the_slip(login, people, name):
    client, slip = login(people.owner), f"{reverse(name)}?next=/today/"
    page = client.get(slip).content.decode()
    address = form_address(slip).replace("&", "&amp;")
    assert f'<a class="btn" href="{address}">' in page
    assert f'data-create="{address}"' in page  # where the search finds nobody
    answer = client.post(form_address(slip), {"name": "新开的店"})
    shop = Customer.objects.get()
    assert answer.url == f"{reverse(name)}?{urlencode({'next': '/today/', 'customer': shop.pk})}"
    entry = client.get(answer.url)
    assert entry.status_code == 200
    assert "新开的店" in entry.content.decode()


@pytest.mark.parametrize("name", SLIPS)
def test_who_may_not_make_one_is_not_offered_it(login, people, name):
    people.owner.role.permissions.remove(*people.owner.role.permissions.filter(codename="add_customer"))
    page = login(people.owner).get(reverse(name)).content.decode()
    assert "新增客户" not in page
    assert "data-create" not in page


def test_the_form_leads_back_and_keeps_its_way_after_an_error(login, people):
    client = login(people.owner)
    page = client.get(form_address("/orders/new/"))
    assert page.content.decode().count('href="/orders/new/"') == 2
    refused = client.post(form_address("/orders/new/"), {"name": ""})
    assert refused.status_code == 422
    assert refused.context["back"] == "/orders/new/"


@pytest.mark.parametrize(
    "wrong", ["https://else.example/x", "//else.example/x", "javascript:alert(1)", "orders"]
)
def test_the_form_goes_to_no_page_of_others(login, people, wrong):
    client = login(people.owner)
    address = f"/customers/new/?next={quote(wrong)}"
    assert client.get(address).context["back"] == "/customers/"
    answer = client.post(address, {"name": "新开的店"})
    assert answer.url == Customer.objects.get().get_absolute_url()
