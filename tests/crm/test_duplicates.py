"""The duplicate check: what it finds, and what it does not tell (B5, domain-rules §8)."""

import pytest
from auditlog.models import LogEntry
from django.core.cache import cache
from django.utils import timezone

from accounts.models import SystemOptions
from crm import services
from crm.models import Customer, Lead, LeadContact
from crm.queries.duplicates import find_duplicates
from crm.views.duplicate_check import CHECKS_A_MINUTE
from tests.factories import CustomerFactory, LeadFactory

SECRET = {
    "name": "老王精品烟酒便利超市",
    "phones": "13700137000",
    "address": "长江中路 8 号",
    "city": "合肥市",
}


@pytest.fixture(autouse=True)
def _fresh_counters():
    cache.clear()


@pytest.fixture
def secret(people):
    """A shop of somebody else, at 31.82, 117.22."""
    return services.create_customer(
        actor=None,
        owner=people.outsider,
        tax_id="91340100MA2TAAAA1B",
        latitude=31.82,
        longitude=117.22,
        **SECRET,
    )


def found(user, **values):
    return [
        (hit.kind, (hit.customer or hit.lead or hit).name, str(hit.reason))
        for hit in find_duplicates(user=user, **values)
    ]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"phones": "+86 137-0013-7000"}, "phone"),
        ({"tax_id": "91340100ma2taaaa1b "}, "tax_id"),
        ({"name": "合肥老王精品烟酒便利超市有限公司"}, "name"),
        ({"name": "老王精品烟酒便民超市", "city": "合肥"}, "similar_city"),
        ({"name": "老王精品便利超市", "latitude": 31.8205, "longitude": 117.2205}, "similar_near"),
    ],
)
def test_each_kind_of_hit(people, secret, values, reason):
    assert found(people.admin, **values) == [("customer", secret.name, reason)]
    assert find_duplicates(user=people.admin, exclude_customer=secret.pk, **values) == []


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"phones": "137"},
        {"name": "老王精品烟酒便民超市", "city": "芜湖"},
        {"name": "老王精品便利超市", "latitude": 31.8300, "longitude": 117.2205},
        {"city": "合肥市", "latitude": 31.82, "longitude": 117.22},
    ],
)
def test_what_is_no_hit(people, secret, values):
    assert find_duplicates(user=people.admin, **values) == []


def test_an_outsider_sees_the_owner_and_a_masked_name_only(people, secret):
    hits = find_duplicates(user=people.owner, phones="13700137000", name="老王精品烟酒便利超市")
    assert [(hit.name, hit.owner, hit.customer, hit.url) for hit in hits] == [("老***市", "赵外人", None, "")]
    near = find_duplicates(user=people.owner, name="老王精品便利超市", latitude=31.8201, longitude=117.22)
    assert near[0].distance_m is None
    assert find_duplicates(user=people.admin, phones="13700137000")[0].url == secret.get_absolute_url()


@pytest.mark.parametrize(
    ("option", "values"),
    [
        ("duplicate_by_phone", {"phones": "13700137000"}),
        ("duplicate_by_tax_id", {"tax_id": "91340100MA2TAAAA1B"}),
        ("duplicate_by_name", {"name": "老王精品烟酒便利超市"}),
        ("duplicate_fuzzy", {"name": "老王精品烟酒便民超市", "city": "合肥"}),
    ],
)
def test_fields_can_be_switched_off(people, secret, option, values):
    assert find_duplicates(user=people.admin, **values)
    SystemOptions.objects.filter(pk=SystemOptions.load().pk).update(**{option: False})
    assert find_duplicates(user=people.admin, **values) == []


def test_scope_and_recycle_bin(people):
    customer = CustomerFactory(owner=people.owner, name="蜗牛烘焙")
    lead = LeadFactory(owner=people.owner, name="蜗牛烘焙")
    binned = LeadFactory(owner=people.owner, name="蜗牛烘焙", deleted_at=timezone.now())
    LeadFactory(owner=people.owner, name="蜗牛烘焙", stage="converted", customer=customer)

    def kinds(**options):
        SystemOptions.objects.filter(pk=SystemOptions.load().pk).update(**options)
        return sorted((hit.kind, hit.place) for hit in find_duplicates(user=people.owner, name="蜗牛烘焙"))

    assert kinds() == [("customer", ""), ("lead", ""), ("lead", "bin")]
    assert kinds(duplicate_recycle_bin=False) == [("customer", ""), ("lead", "")]
    assert kinds(duplicate_scope="customers") == [("customer", "")]
    assert kinds(duplicate_scope="leads") == [
        ("lead", ""),
        ("lead", ""),
    ]  # the converted one tells of its customer
    assert find_duplicates(user=people.owner, name="蜗牛烘焙", exclude_lead=lead.pk)
    assert binned.pk not in {hit.lead.pk for hit in find_duplicates(user=people.owner, name="蜗牛烘焙")}


def test_leads_are_found_by_phone_name_and_place_and_masked(people):
    lead = LeadFactory(owner=people.outsider, name="小李精品烟酒便利超市", latitude=31.82, longitude=117.22)
    LeadContact.objects.create(lead=lead, name="李", raw="13900139000", e164="+8613900139000")
    for values in (
        {"phones": "13900139000"},
        {"name": "小李精品烟酒便民超市", "city": "合肥"},
        {"name": "小李精品便利超市", "latitude": 31.8205, "longitude": 117.2205},
    ):
        (hit,) = find_duplicates(user=people.owner, **values)
        assert (hit.kind, hit.name, hit.is_masked, hit.url) == ("lead", "小***市", True, "")
        assert find_duplicates(user=people.admin, **values)[0].lead == lead


def test_the_surest_come_first_and_no_more_than_five(people):
    for _ in range(7):
        CustomerFactory(owner=people.owner, name="蜗牛烘焙")
    last = services.create_customer(actor=people.owner, name="别的店", phones="13800138000")
    hits = find_duplicates(user=people.owner, name="蜗牛烘焙", phones="13800138000")
    assert [str(hit.reason) for hit in hits] == ["phone"] + ["name"] * 4
    assert hits[0].customer == last


# --- as you type
def check(client, **values):
    return client.get("/customers/duplicate-check/", values)


def test_typing_shows_hits_and_never_what_is_hidden(people, login, secret):
    page = check(login(people.owner), phones="13700137000", name="老王精品烟酒便利超市").content.decode()
    assert "老***市" in page
    assert "赵外人" in page
    for hidden in (secret.name, "13700137000", secret.address, secret.code, f"/customers/{secret.pk}/"):
        assert hidden not in page
    assert secret.get_absolute_url() in check(login(people.admin), phones="13700137000").content.decode()
    assert check(login(people.owner), name="从来没有的店").content.decode().strip() == ""


def test_a_customer_of_the_pool_is_masked_with_the_way_to_claim_it(people, login):
    shop = CustomerFactory(owner=None, name="蜗牛烘焙坊")
    page = check(login(people.owner), name="蜗牛烘焙坊").content.decode()
    assert "蜗***坊" in page
    assert "公海" in page
    assert f"/customers/{shop.pk}/" not in page


def test_editing_checks_only_what_changed(people, login, secret):
    mine = services.create_customer(actor=people.owner, name="小店", phones="13700137000")
    client = login(people.owner)
    same = {"customer": mine.pk, "name": "小店", "phones": "13700137000"}
    assert check(client, **same).content.decode().strip() == ""
    assert "老***市" in check(client, **{**same, "name": "老王精品烟酒便利超市"}).content.decode()
    assert "老***市" in check(client, **{**same, "phones": "13700137000、13600136000"}).content.decode()
    assert check(client, customer=secret.pk, name="x").status_code == 404


def test_who_may_not_write_may_not_ask(people, login):
    assert check(login(people.finance), name="x").status_code == 403


@pytest.mark.parametrize("place", [("x", "117"), ("999", "117"), ("nan", "1"), ("31.8", "")])
def test_half_typed_places_do_not_matter(people, login, secret, place):
    answer = check(login(people.admin), name=secret.name, latitude=place[0], longitude=place[1])
    assert secret.name in answer.content.decode()


def test_nobody_tries_out_phones_one_by_one(people, login, secret):
    client = login(people.owner)
    for n in range(CHECKS_A_MINUTE):
        assert "老***市" not in check(client, phones=f"1370013{n:04}").content.decode()
    late = check(client, phones="13700137000").content.decode()
    assert "老***市" not in late
    assert late.strip()
    refused = client.post("/customers/new/", {"name": "新店", "phones": "13700137000"})
    assert "查重过于频繁" in refused.content.decode()
    assert "老***市" in check(login(people.colleague), phones="13700137000").content.decode()


def test_saving_anyway_is_written_down_as_it_was_shown(people, login, secret):
    client = login(people.owner)
    form = {"name": "老王精品烟酒便利超市", "phones": "13700137000"}
    assert client.post("/customers/new/", form).status_code == 200
    assert Customer.objects.count() == 1
    assert client.post("/customers/new/", {**form, "anyway": "1"}).status_code == 302
    mine = Customer.objects.exclude(pk=secret.pk).get()
    entry = LogEntry.objects.get_for_object(mine).filter(changes__has_key="duplicates").get()
    assert entry.actor == people.owner
    assert "老***市" in entry.changes["duplicates"][1]
    assert secret.name not in client.get(f"/customers/{mine.pk}/history/").content.decode().replace(
        mine.name, ""
    )


def test_the_form_asks_while_one_types(people, login):
    page = login(people.owner).get("/customers/new/").content.decode()
    assert 'hx-get="/customers/duplicate-check/"' in page
    assert Lead.objects.count() == 0
