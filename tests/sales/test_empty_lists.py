"""A list without rows says where to go on, to whom may go there."""

import pytest

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("address", "next_page"),
    [
        ("/deliveries/", "/orders/"),
        ("/overdue/", "/receivables/"),
        ("/receivables/", "/deliveries/"),
        ("/stock-moves/", "/stock/"),
    ],
)
def test_the_next_step_of_an_empty_list(people, login, address, next_page):
    page = login(people.admin).get(address)
    assert page.context["next_url"] == next_page
    action = page.content.decode().split('class="empty-action"', 1)[1].split("</div>", 1)[0]
    assert f'href="{next_page}"' in action


def test_a_step_that_is_not_allowed_is_not_offered(people, login):
    people.owner.role.permissions.remove(
        *people.owner.role.permissions.filter(codename__in=["view_salesorder"])
    )
    page = login(people.owner).get("/deliveries/")
    assert page.context["next_url"] == ""


def action_of(page):
    return page.content.decode().split('class="empty-action"', 1)[1].split("</div>", 1)[0]


@pytest.mark.parametrize(
    ("address", "next_page"),
    [
        ("/agreements/", "/customers/"),
        ("/routes/", "/today/"),
        ("/photo-wall/", "/today/"),
        ("/bills/", "/deliveries/"),
    ],
)
def test_a_rep_goes_on_from_an_empty_list(people, login, address, next_page):
    client = login(people.owner)
    assert f'class="btn btn-primary" href="{next_page}"' in action_of(client.get(address))
    assert client.get(next_page).status_code == 200
    kept = ("view_visit", "view_agreement", "view_route", "view_bill")
    people.owner.role.permissions.remove(*people.owner.role.permissions.exclude(codename__in=kept))
    assert "empty-action" not in login(people.owner).get(address).content.decode()


@pytest.mark.parametrize(
    ("address", "text"),
    [("/products/", "公司卖的商品"), ("/documents/", "还没有资料"), ("/agreements/", "与经销商")],
)
def test_what_will_stand_there_is_said_to_who_may_not_add(people, login, address, text):
    page = login(people.owner).get(address).content.decode()
    assert text in page.split('class="empty-title"', 1)[1].split("</p>", 1)[0]
    for way in ("/products/new/", "/products/import/", "/documents/new/", "/agreements/new/"):
        assert f'class="btn btn-primary" href="{way}"' not in page


def test_a_manager_goes_on_from_empty_money(people, login):
    client = login(people.superior)
    assert 'href="/orders/"' in action_of(client.get("/finance/"))
    assert 'href="/products/import/"' in action_of(client.get("/products/"))
    margins = action_of(client.get("/margins/"))
    assert 'class="btn btn-primary" href="/deliveries/"' in margins
    assert 'href="/costs/new/"' in margins
    assert "清除" not in margins
    people.superior.role.permissions.remove(
        *people.superior.role.permissions.filter(codename__in=["view_delivery", "add_costentry"])
    )
    margins = action_of(login(people.superior).get("/margins/"))
    assert "href" not in margins


@pytest.mark.parametrize(
    "address",
    [
        "/margins/?since=2020-01-01&until=2020-01-31",
        "/photo-wall/?q=没有",
        "/bills/?q=没有",
        "/routes/?q=没有",
        "/aging/?as_of=2020-01-31",
        "/visit-report/?period=last_month",
        "/customer-tasks/statistics/?kind=served&period=last_month",
    ],
)
def test_an_empty_list_after_filters_takes_them_away(people, login, address):
    page = action_of(login(people.superior).get(address))
    assert f'href="{address.split("?")[0]}"' in page
    assert "清除" in page
