"""What an import compares with whom: the company's options, chains, leads (domain-rules §8)."""

import pytest
from django.utils import timezone

from accounts.models import SystemOptions
from crm.enums import OnDuplicate
from crm.models import LeadContact, Phone
from crm.rules.import_matches import place, same_place
from crm.services import imports
from crm.services.imports import engine
from tests.crm.import_files import counts, csv_file, import_file
from tests.factories import CustomerFactory, LeadFactory


def options(**values):
    row = SystemOptions.load()
    for name, value in values.items():
        setattr(row, name, value)
    row.save()


def checked(path, headers, **chosen):
    mapping = {header: header for header in headers}
    return imports.check_file(path, path.name, imports.Options(mapping=mapping, **chosen))


def outcome(tmp_path, headers, rows, **chosen):
    """Counts of the run; those of the dry run before it must be the same."""
    path = csv_file(tmp_path / "a.csv", headers, rows)
    foreseen = checked(path, headers, **chosen)["counts"]
    done = counts(import_file(path, **chosen))
    assert {name: foreseen[name] for name in ("created", "updated", "skipped", "failed")} == {
        name: done[name] for name in ("created", "updated", "skipped", "failed")
    }
    return done["created"], done["updated"], done["skipped"], done["failed"]


# --- places
HEFEI = ("安徽省", "合肥市", "包河区")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (("", "", "", "屯溪路1号"), ("", "", "", "屯溪路 １ 号"), True),
        (("", "", "", "屯溪路1号"), ("", "", "", "屯溪路2号"), False),
        ((*HEFEI, "屯溪路1号"), ("", "", "", "屯溪路1号"), True),
        ((*HEFEI, "屯溪路1号"), ("", "合肥", "", "安徽省合肥市包河区屯溪路1号"), True),
        ((*HEFEI, "屯溪路1号"), ("", "芜湖市", "", "屯溪路1号"), False),
        ((*HEFEI, ""), ("", "合肥", "包河", "屯溪路1号"), True),
        ((*HEFEI, ""), ("", "合肥市", "蜀山区", "屯溪路1号"), False),
        (("", "", "", ""), (*HEFEI, "屯溪路1号"), True),
        (("", "", "", "", 31.80, 117.29), ("", "", "", "", 31.80, 117.30), False),
        (("", "", "", "", 31.80, 117.29), ("", "", "", "屯溪路1号", 31.8005, 117.29), True),
        (("", "", "", "屯溪路1号", 31.80, 117.29), ("", "", "", "屯溪路1号", 31.9, 117.29), True),
    ],
)
def test_one_place_or_two(one, other, same):
    assert same_place(place(*one), place(*other)) is same
    assert same_place(place(*other), place(*one)) is same


# --- chains
@pytest.mark.django_db
@pytest.mark.parametrize("batch", [2, 100])
def test_a_chain_does_not_collapse_and_comes_back_whole(tmp_path, monkeypatch, batch):
    monkeypatch.setattr(engine, "BATCH_ROWS", batch)
    monkeypatch.setattr("crm.services.imports.check.BATCH_ROWS", batch)
    headers = ["name", "district", "address", "lng", "lat"]
    rows = [
        ["罗森", "徐汇区", "天钥桥路1号", "", ""],
        ["罗森", "徐汇区", "天钥桥路9号", "", ""],
        ["罗森", "黄浦区", "", "", ""],
        ["罗森", "静安区", "", "121.45", "31.23"],
        ["罗森", "静安区", "", "121.46", "31.23"],
    ]
    mapping = dict(zip(headers, ["name", "district", "address", "longitude", "latitude"], strict=True))
    path = csv_file(tmp_path / "a.csv", headers, rows)
    assert import_file(path, mapping=mapping).created == 5
    again = import_file(path, mapping=mapping)
    assert (again.created, again.skipped) == (0, 5)
    # The same street in the district next door is another shop.
    more = csv_file(tmp_path / "b.csv", headers, [["罗森", "黄浦区", "天钥桥路1号", "", ""]])
    assert import_file(more, mapping=mapping).skipped == 1  # that without a street in 黄浦区
    more = csv_file(tmp_path / "c.csv", headers, [["罗森", "浦东新区", "天钥桥路1号", "", ""]])
    assert import_file(more, mapping=mapping).created == 1


@pytest.mark.django_db
def test_a_large_chain_is_found_again_shop_by_shop(tmp_path):
    rows = [["全家", f"人民路{n}号"] for n in range(130)]
    assert outcome(tmp_path, ["name", "address"], rows) == (130, 0, 0, 0)
    assert outcome(tmp_path, ["name", "address"], rows) == (0, 0, 130, 0)


# --- the company's options
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("off", "created"),
    [
        ({}, 0),
        ({"duplicate_by_phone": False}, 1),
        ({"duplicate_by_tax_id": False}, 1),
        ({"duplicate_by_name": False}, 1),
        ({"duplicate_by_name": False, "duplicate_by_phone": False, "duplicate_by_tax_id": False}, 3),
        ({"duplicate_scope": "leads"}, 3),
    ],
)
def test_what_is_not_to_be_compared_is_no_hit(tmp_path, off, created):
    options(**off)
    customer = CustomerFactory(code="K1", name="老王超市", address="屯溪路1号", tax_id="91340100MA2N")
    Phone.objects.create(customer=customer, raw="13812345678", e164="+8613812345678")
    rows = [
        ["", "甲店", "13812345678", "", ""],
        ["", "乙店", "", "91340100MA2N", ""],
        ["", "老王超市", "", "", "屯溪路1号"],
        ["K1", "丙店", "", "", ""],  # a code is always one customer's
    ]
    headers = ["code", "name", "phone", "tax_id", "address"]
    assert outcome(tmp_path, headers, rows) == (created, 0, 4 - created, 0)


# --- leads
@pytest.fixture
def lead():
    made = LeadFactory(name="待开发超市", address="长江路1号", tax_id="91340100LEAD")
    LeadContact.objects.create(lead=made, raw="13987654321", e164="+8613987654321")
    return made


LEAD_ROWS = [
    ["甲店", "13987654321", "", ""],
    ["乙店", "", "91340100LEAD", ""],
    ["待开发超市", "", "", "长江路1号"],
    ["待开发超市", "", "", "长江路2号"],
]
LEAD_HEADERS = ["name", "phone", "tax_id", "address"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("policy", "result"),
    [
        (OnDuplicate.SKIP, (1, 0, 3, 0)),
        (OnDuplicate.UPDATE, (4, 0, 0, 0)),
        (OnDuplicate.CREATE, (4, 0, 0, 0)),
    ],
)
def test_a_lead_is_told_and_never_changed(tmp_path, lead, policy, result):
    before = lead.updated_at
    path = csv_file(tmp_path / "b.csv", LEAD_HEADERS, LEAD_ROWS)
    shown = checked(path, LEAD_HEADERS, on_duplicate=policy)["shown"]
    told = shown["skipped"] if policy == OnDuplicate.SKIP else shown["warnings"][:3]
    assert [row["number"] for row in told] == [2, 3, 4]
    assert all("潜客“待开发超市”" in row["reason"] for row in told)
    assert outcome(tmp_path, LEAD_HEADERS, LEAD_ROWS, on_duplicate=policy) == result
    lead.refresh_from_db()
    assert (lead.updated_at, lead.stage, lead.customer_id) == (before, "new", None)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("values", "facts", "created"),
    [
        ({"duplicate_scope": "customers"}, {}, 4),
        ({"duplicate_scope": "leads"}, {}, 1),
        ({}, {"deleted_at": timezone.now()}, 1),
        ({"duplicate_recycle_bin": False}, {"deleted_at": timezone.now()}, 4),
    ],
)
def test_which_leads_are_compared(tmp_path, lead, values, facts, created):
    options(**values)
    type(lead).objects.filter(pk=lead.pk).update(**facts)
    assert outcome(tmp_path, LEAD_HEADERS, LEAD_ROWS)[0] == created


@pytest.mark.django_db
def test_a_customer_goes_before_the_lead_it_came_from(tmp_path, lead):
    customer = CustomerFactory(code="K1", name="待开发超市", address="长江路1号")
    assert outcome(tmp_path, LEAD_HEADERS, LEAD_ROWS[2:3], on_duplicate=OnDuplicate.UPDATE) == (0, 1, 0, 0)
    type(lead).objects.filter(pk=lead.pk).update(stage="converted", customer=customer)
    # Its phone is the lead's only; the lead itself is compared through its customer.
    assert outcome(tmp_path, LEAD_HEADERS, LEAD_ROWS[:1]) == (1, 0, 0, 0)


@pytest.mark.django_db
def test_a_lead_of_somebody_else_is_not_named(tmp_path, lead, people):
    type(lead).objects.filter(pk=lead.pk).update(owner=people.outsider, received_on="2026-01-01")
    path = csv_file(tmp_path / "a.csv", LEAD_HEADERS, LEAD_ROWS[:1])
    shown = checked(path, LEAD_HEADERS, actor=people.superior, owner_id=people.owner.pk)["shown"]
    assert "他人的潜客" in shown["skipped"][0]["reason"]
    assert "待开发" not in shown["skipped"][0]["reason"]


# --- similar names
@pytest.fixture
def neighbours(people):
    CustomerFactory(code="S1", name="合肥老王超市屯溪路店", city="合肥市", owner=people.owner)
    CustomerFactory(code="S2", name="小李烟酒店", city="芜湖市", latitude=31.35, longitude=118.38, owner=None)


SIMILAR_HEADERS = ["name", "city", "lng", "lat"]
SIMILAR_ROWS = [
    ["老王超市屯溪路店面", "合肥", "", ""],  # one sign more
    ["老王超市屯溪路店", "芜湖", "", ""],  # in another city
    ["小李烟酒行", "", "118.3801", "31.3501"],  # next door
    ["小李烟酒行", "", "118.3901", "31.3501"],  # a kilometre away
    ["完全不同的店", "合肥", "", ""],
]


def remarks(tmp_path, **chosen):
    path = csv_file(tmp_path / "s.csv", SIMILAR_HEADERS, SIMILAR_ROWS)
    mapping = dict(zip(SIMILAR_HEADERS, ["name", "city", "longitude", "latitude"], strict=True))
    result = imports.check_file(path, path.name, imports.Options(mapping=mapping, **chosen))
    assert result["counts"]["created"] + result["counts"]["failed"] == 5
    return {row["number"]: row["reason"] for row in result["shown"].get("warnings", [])}


@pytest.mark.django_db
def test_similar_names_are_remarks(tmp_path, neighbours):
    told = remarks(tmp_path)
    assert "与“合肥老王超市屯溪路店”" in told[2]
    assert "与“小李烟酒店”" in told[4]
    assert "相似" not in told.get(3, "") + told.get(5, "") + told.get(6, "")
    options(duplicate_fuzzy=False)
    assert not any("相似" in text for text in remarks(tmp_path).values())


@pytest.mark.django_db
def test_a_similar_name_out_of_sight_is_not_told(tmp_path, neighbours, people):
    told = remarks(tmp_path, actor=people.outsider, owner_id=people.outsider.pk)
    assert told[2] == "与他人的某个客户相似。"


@pytest.mark.django_db
def test_similar_leads_too(tmp_path):
    LeadFactory(name="老王超市屯溪路店", city="合肥市")
    assert "潜客“老王超市屯溪路店”" in remarks(tmp_path)[2]
    options(duplicate_scope="customers")
    assert not any("相似" in text for text in remarks(tmp_path).values())


@pytest.mark.django_db
def test_too_many_customers_are_said_and_bounded(tmp_path, neighbours, monkeypatch):
    monkeypatch.setattr("crm.services.imports.similar.MOST", 1)
    path = csv_file(tmp_path / "s.csv", SIMILAR_HEADERS[:2], [row[:2] for row in SIMILAR_ROWS])
    result = imports.check_file(path, path.name, imports.Options(mapping={"name": "name", "city": "city"}))
    assert result["similar_complete"] is False
