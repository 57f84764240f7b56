"""Saved views of lists (A5): whose they are, what they keep, and with which one a list opens."""

import pytest

from accounts.models import SavedView
from accounts.services import clean_view_query
from tests.factories import CustomerFactory

pytestmark = pytest.mark.django_db
NASTY = '"><script>alert(1)</script>'
LIST = "/customers/"


def save(client, **fields):
    return client.post("/views/save/", {"page": LIST, "query": "level=A", "name": "A级", **fields})


def tabs(client, query=""):
    return client.get("/views/", {"page": LIST, "query": query}).content.decode()


def test_a_view_keeps_filters_sorting_and_columns(people, login):
    client = login(people.owner)
    answer = save(client, query="?level=A&sort=-name&cols=name,level&page=3&export=xlsx&near=31,117")
    view = SavedView.objects.get()
    assert (view.user, view.page) == (people.owner, LIST)
    assert view.query == "level=A&sort=-name&cols=name%2Clevel"
    assert answer["Location"] == f"{LIST}?{view.query}"
    assert 'aria-current="page"' in tabs(client, view.query).split("A级")[0].rsplit("<a", 1)[1]
    save(client, query="level=B")
    assert SavedView.objects.get().query == "level=B"


def test_a_private_view_is_nobody_elses(people, login):
    save(login(people.owner), name="我的")
    save(login(people.superior), name="大家的", is_shared="on")
    view = SavedView.objects.get(name="我的")
    assert "大家的" in tabs(login(people.owner))
    for user in (people.superior, people.colleague, people.admin):
        client = login(user)
        assert "我的" not in tabs(client).replace("我的视图", "")
        assert client.post(f"/views/{view.pk}/", {"name": "x"}).status_code == 404
        assert client.post(f"/views/{view.pk}/delete/").status_code == 404
    shared = SavedView.objects.get(name="大家的")
    assert login(people.owner).post(f"/views/{shared.pk}/delete/").status_code == 404
    assert SavedView.objects.count() == 2


def test_sharing_needs_a_permission(people, login):
    client = login(people.owner)
    assert save(client, is_shared="on").status_code == 403
    assert not SavedView.objects.exists()
    save(client)
    view = SavedView.objects.get()
    assert client.post(f"/views/{view.pk}/", {"name": "x", "is_shared": "on"}).status_code == 403
    assert "is_shared" not in tabs(client)


def test_names_are_text(people, login):
    client = login(people.superior)
    save(client, name=NASTY[:30], query=f"q={NASTY}", is_shared="on")
    for user in (people.superior, people.owner):
        page = tabs(login(user))
        assert "<script>" not in page
        assert "&lt;script&gt;" in page


@pytest.mark.parametrize("page", ["", "//evil.example/", "https://evil.example/", "/no-such-page/"])
def test_only_pages_of_ours(people, login, page):
    client = login(people.owner)
    assert client.post("/views/save/", {"page": page, "name": "x"}).status_code == 404
    assert client.get("/views/", {"page": page}).status_code == 404


@pytest.mark.parametrize(
    "fields", [{"name": ""}, {"name": " "}, {"name": "长" * 31}, {"query": "q=" + "x" * 1001}]
)
def test_bad_input_is_refused_and_the_list_stays_as_it_was(people, login, fields):
    answer = save(login(people.owner), **fields)
    assert answer.status_code == 302
    assert answer["Location"].startswith(f"{LIST}?")
    assert not SavedView.objects.exists()


def test_rename_default_delete(people, login):
    CustomerFactory(owner=people.owner, level="A", name="甲店")
    CustomerFactory(owner=people.owner, level="B", name="乙店")
    client = login(people.owner)
    save(client, is_default="on")
    first = SavedView.objects.get()
    assert client.get(LIST)["Location"] == f"{LIST}?level=A"
    assert client.get(f"{LIST}?view=0").status_code == 200
    assert client.get(f"{LIST}?level=B").status_code == 200
    assert login(people.colleague).get(LIST).status_code == 200
    save(client, name="B级", query="level=B", is_default="on")
    first.refresh_from_db()
    assert first.is_default is False
    assert (
        login(people.owner).get(LIST)["Location"] == f"{LIST}?level=B"
    )  # another session knows it from the login
    client.post(f"/views/{first.pk}/", {"name": "重点"})
    first.refresh_from_db()
    assert first.name == "重点"
    client.post(f"/views/{SavedView.objects.get(name='B级').pk}/delete/")
    assert client.get(LIST).status_code == 200
    taken = client.post(f"/views/{first.pk}/", {"name": ""})
    first.refresh_from_db()
    assert (taken.status_code, first.name) == (302, "重点")


def test_two_views_of_one_name(people, login):
    client = login(people.owner)
    save(client, name="甲")
    save(client, name="乙")
    second = SavedView.objects.get(name="乙")
    client.post(f"/views/{second.pk}/", {"name": "甲"})
    second.refresh_from_db()
    assert second.name == "乙"


def test_not_too_many(people, login, monkeypatch):
    monkeypatch.setattr("accounts.services.MAX_VIEWS", 1)
    client = login(people.owner)
    save(client)
    save(client, name="一个太多")
    assert SavedView.objects.count() == 1


@pytest.mark.parametrize("count", [1, 3])
def test_the_tabs_cost_the_same(people, login, django_assert_num_queries, count):
    client = login(people.superior)
    for number in range(count):
        save(client, name=f"视图{number}", is_shared="on")
    client = login(people.owner)
    with django_assert_num_queries(5):
        tabs(client)


def test_what_belongs_to_one_visit_is_not_kept():
    assert clean_view_query("?page=2&q=a%26b&view=0") == "q=a%26b"
