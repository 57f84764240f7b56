"""Finding customers: names, initials, phone tails, codes; the picker's scope and limit."""

import pytest

from crm import services
from crm.models import Customer
from tests.factories import CustomerFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def bakery(people):
    return services.create_customer(
        actor=people.owner,
        name="蜗牛烘焙",
        code="HF-007",
        phones="138 0013 8899、0551-62345678",
        contact="刘老板",
    )


@pytest.fixture
def others(people):
    return [
        services.create_customer(actor=people.owner, name="乙丙甲乙批发", phones="13900139000"),
        services.create_customer(actor=people.owner, name="100%纯净水_店"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "蜗牛",
        "烘焙",
        "牛烘",
        "wnhb",
        "WNHB",
        "ｗｎ",
        "8899",
        "13800138899",
        "138 0013 8899",
        "62345678",
        "hf-007",
        "007",
        "刘老板",
        "蜗牛 8899",
        " 焙  wn ",
        "焙",
    ],
)
def test_a_customer_is_found_by_any_part(bakery, others, text):
    assert list(Customer.objects.search(text)) == [bakery]


@pytest.mark.parametrize("text", ["蜗牛 9000", "牛蜗", "8898", "wnhp", "牛%焙", "蜗_烘"])
def test_what_is_not_there_is_not_found(bakery, others, text):
    assert not Customer.objects.search(text).exists()


def test_grams_alone_are_not_enough(others):
    # 甲乙丙 has only grams that 乙丙甲乙 has too; LIKE must tell them apart.
    assert not Customer.objects.search("甲乙丙").exists()


def test_signs_of_like_are_plain_signs(others):
    assert list(Customer.objects.search("0%纯")) == [others[1]]
    assert list(Customer.objects.search("_")) == [others[1]]


def test_an_empty_search_finds_all(bakery, others):
    assert Customer.objects.search("  ").count() == 3


def test_the_picker_shows_what_its_user_may_see(people, login, bakery):
    CustomerFactory(owner=people.outsider, name="蜗牛别家")
    answer = login(people.owner).get("/customers/options/", {"q": "蜗牛"})
    assert answer.json() == [
        {"id": bakery.pk, "code": "HF-007", "name": "蜗牛烘焙", "address": "", "lat": None, "lng": None}
    ]
    assert len(login(people.admin).get("/customers/options/", {"q": ""}).json()) == 2


def test_the_picker_narrows_by_owner_location_and_number(
    people, login, bakery, django_assert_max_num_queries
):
    located = [CustomerFactory(owner=people.colleague) for _ in range(22)]
    CustomerFactory(owner=people.colleague, status="inactive")
    client = login(people.superior)
    with django_assert_max_num_queries(10):
        rows = client.get("/customers/options/", {"owner": people.colleague.pk}).json()
    assert [row["id"] for row in rows] == [c.pk for c in reversed(located)][:20]
    assert client.get("/customers/options/", {"owner": people.owner.pk, "located": "1"}).json() == []
    assert len(client.get("/customers/options/", {"owner": "x' OR 1"}).json()) == 20


def test_the_picker_needs_the_permission(people, login):
    people.owner.role.permissions.clear()
    assert login(people.owner).get("/customers/options/").status_code == 403


def test_a_name_is_found_without_its_signs(people):
    customer = services.create_customer(actor=people.owner, name="老王-超市（黄山路店）")
    for text in ("老王超市", "王超", "超市黄山路"):
        assert list(Customer.objects.search(text)) == [customer]


def test_candidates_for_a_similar_name(people):
    names = ["老王便利店", "老汪便利店", "小李便利店", "合肥市老王便利店有限公司", "老王生鲜便利店", "老王"]
    for name in names:
        services.create_customer(actor=people.owner, name=name, city="合肥市" if "汪" in name else "")
    found = Customer.objects.sharing_grams("老王便利店")
    assert [customer.name for customer in found] == [names[0], names[1], names[3], names[4]]
    assert [c.name for c in Customer.objects.filter(city="合肥市").sharing_grams("老王便利店")] == [names[1]]
    assert len(Customer.objects.sharing_grams("老王便利店", limit=2)) == 2
    assert not Customer.objects.sharing_grams("")
