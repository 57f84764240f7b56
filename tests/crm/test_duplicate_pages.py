"""The finder of duplicates in the existing file, the merge page and the list of merges (B5)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm import services
from crm.models import Customer, Merge, NotDuplicate
from crm.queries.duplicate_groups import alike_pairs, exact_keys
from crm.rules.duplicates import Fields, Subject, compare
from crm.services.merges import merge_customers, undo_merge
from tests.crm.merge_data import make_pair
from tests.factories import CustomerFactory


@pytest.fixture
def twins(people):
    """Two shops of the owner with one phone and one name, and a third of the outsider with the same."""
    make = services.create_customer
    same = {"name": "蜗牛烘焙", "phones": "13800138000", "tax_id": "91340100MA2TAAAA1B", "city": "合肥市"}
    return [make(actor=None, owner=owner, **same) for owner in (people.owner, people.owner, people.outsider)]


def names(page):
    return [[member.pk for member in group.members] for group in page.context["groups"]]


@pytest.mark.parametrize("kind", ["phone", "tax_id", "name"])
def test_groups_of_exact_kinds_within_ones_scope(people, login, twins, kind):
    ids = [twin.pk for twin in twins]
    CustomerFactory(owner=people.owner, name="别的店")
    assert names(login(people.superior).get(f"/customers/duplicates/?kind={kind}")) == [ids[:2]]
    page = login(people.admin).get(f"/customers/duplicates/?kind={kind}")
    assert names(page) == [ids]
    assert "13800138000" in page.content.decode()


def test_similar_names_city_by_city(people, login):
    make = services.create_customer
    pair = [
        make(actor=None, owner=people.owner, name=name, city="合肥市")
        for name in ("老王精品烟酒便利超市", "老王精品烟酒便民超市", "完全不同的一家店铺")
    ]
    near = [
        make(actor=None, owner=people.owner, name=name, city="芜湖市", latitude=31.33, longitude=118.38)
        for name in ("小李便利店", "小李便民店")
    ]
    make(actor=None, owner=people.outsider, name="老王精品烟酒便宜超市", city="合肥市")
    client = login(people.superior)
    assert names(client.get("/customers/duplicates/?kind=similar")) == [[pair[0].pk, pair[1].pk]]
    assert names(client.get("/customers/duplicates/?kind=similar&city=芜湖市")) == [[c.pk for c in near]]
    client.post("/customers/duplicates/dismiss/", {"pk": [c.pk for c in near]})
    assert names(client.get("/customers/duplicates/?kind=similar&city=芜湖市")) == []


def test_dismissed_pairs_do_not_come_back(people, login, twins):
    client = login(people.admin)
    ids = [twin.pk for twin in twins]
    answer = client.post(
        "/customers/duplicates/dismiss/", {"pk": ids[:2], "next": "/customers/duplicates/?kind=name"}
    )
    assert answer["Location"] == "/customers/duplicates/?kind=name"
    # One pair of three is settled: the group is still there, until all are.
    assert names(client.get("/customers/duplicates/?kind=name")) == [ids]
    answer = client.post("/customers/duplicates/dismiss/", {"pk": ids, "next": "//elsewhere.example/"})
    assert answer["Location"] == "/customers/duplicates/"
    assert NotDuplicate.objects.count() == 3
    for kind in ("name", "phone", "tax_id"):
        assert names(client.get(f"/customers/duplicates/?kind={kind}")) == []


def test_the_finder_is_for_those_who_merge(people, login, twins):
    client = login(people.owner)
    for address in ("/customers/duplicates/", "/customers/merges/", "/customers/merge/?pk=1&pk=2"):
        assert client.get(address).status_code == 403
    assert client.post("/customers/duplicates/dismiss/", {"pk": [1, 2]}).status_code == 403


@pytest.mark.parametrize("kind", ["phone", "tax_id", "name", "similar"])
def test_the_finder_takes_as_many_queries_for_three_groups_as_for_one(
    people, login, django_assert_num_queries, kind
):
    def twin(name, number):
        for text in (
            f"{name}精品烟酒便利超市",
            f"{name}精品烟酒便民超市" if kind == "similar" else f"{name}精品烟酒便利超市",
        ):
            services.create_customer(
                actor=None,
                owner=people.owner,
                name=text,
                phones=f"1380013800{number}",
                tax_id=f"T{number}",
                city="合肥",
            )

    client = login(people.admin)
    twin("老王", 1)
    address = f"/customers/duplicates/?kind={kind}"
    client.get(address)
    for number, name in ((2, "小李"), (3, "阿张")):
        with django_assert_num_queries(QUERIES[kind]):
            page = client.get(address)
        twin(name, number)
    with django_assert_num_queries(QUERIES[kind]):
        page = client.get(address)
    assert len(page.context["groups"]) == 3


QUERIES = {"phone": 9, "tax_id": 9, "name": 9, "similar": 8}


# --- merge page
def test_both_are_shown_side_by_side_and_merged(people, login):
    pair = make_pair(people)
    client = login(people.superior)
    chosen = client.post("/customers/merge/", {"pk": [pair.keep.pk, pair.merge.pk], "next": "/"})
    assert chosen["Location"] == f"/customers/merge/?pk={pair.keep.pk}&pk={pair.merge.pk}"
    page = client.get(chosen["Location"])
    text = page.content.decode()
    assert {choice.name: choice.chosen for choice in page.context["choices"]} == {
        "name": "keep",
        "address": "keep",
        "location": "merge",
        "notes": "both",
    }
    assert "长江路 1 号" in text
    turned = client.get(f"{chosen['Location']}&keep={pair.merge.pk}")
    assert turned.context["kept"] == pair.merge
    answer = client.post(
        "/customers/merge/",
        {"keep": pair.keep.pk, "merge": pair.merge.pk, "address": "merge", "notes": "both"},
    )
    assert answer["Location"] == pair.keep.get_absolute_url()
    pair.keep.refresh_from_db()
    assert pair.keep.address == "长江路 1 号"
    assert not Customer.objects.filter(pk=pair.merge.pk).exists()


def test_two_customers_are_needed(people, login, twins):
    client = login(people.admin)
    for query in ("", f"?pk={twins[0].pk}", "?pk=1&pk=2&pk=3", f"?pk={twins[0].pk}&pk={twins[0].pk}"):
        assert client.get(f"/customers/merge/{query}")["Location"] == "/customers/duplicates/"
    same = client.post("/customers/merge/", {"keep": twins[0].pk, "merge": twins[0].pk})
    assert same["Location"] == "/customers/duplicates/"
    assert client.post("/customers/merge/", {"keep": "x", "merge": "1"}).status_code == 404
    assert client.get(f"/customers/merge/?pk={twins[0].pk}&pk=987654").status_code == 404


def test_a_customer_out_of_sight_is_404_and_one_that_is_only_shown_403(people, login, twins):
    client = login(people.superior)
    both = {"keep": twins[0].pk, "merge": twins[2].pk}
    assert client.post("/customers/merge/", both).status_code == 404
    services.share_customer(actor=people.outsider, customer=twins[2], user=people.superior, can_write=False)
    assert client.post("/customers/merge/", both).status_code == 403
    assert client.get(f"/customers/merge/?pk={twins[0].pk}&pk={twins[2].pk}").status_code == 403
    assert Merge.objects.count() == 0


def test_a_refusal_keeps_what_was_chosen(people, login, twins):
    Customer.objects.filter(pk=twins[0].pk).update(notes="长" * 1500)
    Customer.objects.filter(pk=twins[1].pk).update(notes="短" * 1500)
    answer = login(people.admin).post(
        "/customers/merge/", {"keep": twins[0].pk, "merge": twins[1].pk, "notes": "both"}
    )
    assert answer.status_code == 422
    assert {c.name: c.chosen for c in answer.context["choices"]}["notes"] == "both"
    assert Customer.objects.filter(pk=twins[1].pk).exists()


# --- list of merges
def test_a_merge_is_undone_from_the_list(people, login, twins):
    record = merge_customers(actor=people.admin, keep=twins[0].pk, merge=twins[1].pk)
    client = login(people.superior)
    assert f"/customers/merges/{record.pk}/undo/" in client.get("/customers/merges/").content.decode()
    assert client.post(f"/customers/merges/{record.pk}/undo/")["Location"] == twins[1].get_absolute_url()
    page = client.get("/customers/merges/").content.decode()
    assert f"/customers/merges/{record.pk}/undo/" not in page
    client.post(f"/customers/merges/{record.pk}/undo/")  # refused with a message, not an error
    assert Customer.objects.filter(pk=twins[1].pk).count() == 1


def test_an_old_link_leads_to_the_kept_customer(people, login, twins):
    mine, gone, foreign = twins
    record = merge_customers(actor=people.admin, keep=mine.pk, merge=gone.pk)
    assert login(people.owner).get(gone.get_absolute_url())["Location"] == mine.get_absolute_url()
    assert login(people.outsider).get(gone.get_absolute_url()).status_code == 404
    # Merged once more, into somebody else's: then the way ends for the first owner.
    again = merge_customers(actor=people.admin, keep=foreign.pk, merge=mine.pk)
    assert login(people.outsider).get(gone.get_absolute_url())["Location"] == foreign.get_absolute_url()
    assert login(people.owner).get(gone.get_absolute_url()).status_code == 404
    undo_merge(actor=people.admin, merge=again)
    undo_merge(actor=people.admin, merge=record)
    assert login(people.owner).get(gone.get_absolute_url()).status_code == 200
    assert login(people.owner).get("/customers/987654/").status_code == 404


def test_merges_of_others_are_not_in_the_list(people, login, twins):
    other = CustomerFactory(owner=people.outsider)
    record = merge_customers(actor=people.admin, keep=twins[2].pk, merge=other.pk)
    client = login(people.superior)
    assert twins[2].code not in client.get("/customers/merges/").content.decode()
    assert client.post(f"/customers/merges/{record.pk}/undo/").status_code == 404


def test_the_list_of_merges_takes_as_many_queries_for_three_as_for_one(
    people, login, django_assert_num_queries
):
    keep = CustomerFactory(owner=people.owner)
    client = login(people.admin)
    client.get("/customers/merges/")
    for _ in range(3):
        other = CustomerFactory(owner=people.owner)
        merge_customers(actor=people.admin, keep=keep.pk, merge=other.pk)
        with django_assert_num_queries(5):
            client.get("/customers/merges/")


# --- the blocks compare enough
_KEY = st.builds(
    lambda base, cut, new: base[:cut] + new + base[cut + len(new) :],
    st.sampled_from(["甲乙丙丁戊己", "甲乙丙丁戊己庚辛壬", "子丑寅卯辰巳午"]),
    st.integers(0, 8),
    st.text(alphabet="甲乙丙天地", max_size=1),
)
_SHOPS = st.builds(
    Subject,
    name_key=_KEY,
    city=st.sampled_from(["", "合肥"]),
    latitude=st.floats(31.8, 31.81),
    longitude=st.floats(117.2, 117.21),
)


@given(st.lists(_SHOPS, max_size=12))
def test_no_similar_pair_is_missed_by_comparing_blocks(shops):
    fuzzy = Fields(name=False, phone=False, tax_id=False)
    subjects = dict(enumerate(shops))
    expected = {
        (one, other)
        for one in subjects
        for other in subjects
        if one < other
        and subjects[one].name_key != subjects[other].name_key
        and compare(subjects[one], subjects[other], fuzzy)
    }
    assert set(alike_pairs(subjects)) == expected


def test_keys_are_ordered_by_size(people, twins):
    for _ in range(4):
        CustomerFactory(owner=people.owner, name="大超市")
    assert [row["size"] for row in exact_keys(people.admin, "name")] == [4, 3]
