"""Pages of channels and of what came in: who may, what is shown, mapping on real calls, replay."""

import json

import pytest
from django.core.cache import cache

from common.qr import qr_svg
from crm.enums import AssignMode, ChannelKind
from crm.models import CapturedLead, Lead, LeadChannel, RegionOwner
from tests.factories import (
    CapturedLeadFactory,
    DictionaryFactory,
    LeadChannelFactory,
    LeadFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
EVIL = "<script>alert(1)</script>"


@pytest.fixture(autouse=True)
def _fresh_counters():
    cache.clear()


@pytest.fixture
def channel():
    return LeadChannelFactory(name="官网")


@pytest.fixture
def office(people):
    return UserFactory(role="back_office", department=people.sales)


def test_who_may(people, login, channel, office):
    captured = CapturedLeadFactory(channel=channel, state="refused")
    looks = [
        "/leads/channels/",
        f"/leads/channels/{channel.pk}/",
        "/leads/captured/",
        f"/leads/captured/{captured.pk}/",
    ]
    changes = [
        "/leads/channels/new/",
        f"/leads/channels/{channel.pk}/edit/",
        f"/leads/channels/{channel.pk}/mapping/",
        "/leads/channels/regions/",
    ]
    for user, look, change in ((people.owner, 403, 403), (office, 200, 403), (people.superior, 200, 200)):
        assert {login(user).get(url).status_code for url in looks} == {look}
        assert {login(user).get(url).status_code for url in changes} == {change}
    posts = ["secret", "address", "test", "mapping", "mapping/preview"]
    for user in (people.owner, office):
        for name in posts:
            assert login(user).post(f"/leads/channels/{channel.pk}/{name}/").status_code == 403
        assert login(user).post("/leads/captured/replay/", {"pk": captured.pk}).status_code == 403
    channel.refresh_from_db()
    assert login(people.superior).get("/leads/channels/99999/").status_code == 404
    assert login(people.superior).get("/leads/captured/99999/").status_code == 404


def test_secret_is_for_those_who_may_change(people, login, channel, office):
    channel.secret = "very-secret-very-secret"
    channel.save()
    page = f"/leads/channels/{channel.pk}/"
    assert channel.secret in login(people.superior).get(page).content.decode()
    assert channel.secret not in login(office).get(page).content.decode()


def test_a_payload_is_hidden_with_its_lead(people, login, channel):
    hidden = CapturedLeadFactory(channel=channel, state="new", lead=LeadFactory(owner=people.outsider))
    pooled = CapturedLeadFactory(channel=channel, state="new", lead=LeadFactory(owner=None))
    mine = CapturedLeadFactory(channel=channel, state="new", lead=LeadFactory(owner=people.owner))
    client = login(people.superior)
    assert client.get(f"/leads/captured/{hidden.pk}/").status_code == 404
    assert client.get(f"/leads/captured/{pooled.pk}/").status_code == 404
    assert client.get(f"/leads/captured/{mine.pk}/").status_code == 200
    assert login(people.admin).get(f"/leads/captured/{pooled.pk}/").status_code == 200


# --- making and changing
def fields(**change):
    return {
        "name": "百度推广",
        "kind": "baidu",
        "per_minute": "60",
        "assign_mode": "pool",
        "is_active": "on",
    } | change


def test_create_and_edit(people, login):
    client = login(people.superior)
    answer = client.post(
        "/leads/channels/new/",
        fields(assign_mode="evenly", assignees=[people.owner.pk, people.colleague.pk], make_secret="on"),
    )
    channel = LeadChannel.objects.get()
    assert answer["Location"] == f"/leads/channels/{channel.pk}/"
    assert (channel.kind, channel.assign_mode, channel.created_by) == ("baidu", "evenly", people.superior)
    assert len(channel.secret) >= 32
    assert channel.assignees.count() == 2
    client.post(f"/leads/channels/{channel.pk}/edit/", fields(name="百度", assign_mode="region"))
    channel.refresh_from_db()
    assert (channel.name, channel.assign_mode) == ("百度", AssignMode.REGION)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"name": ""}, "必填"),
        ({"per_minute": "0"}, "1"),
        ({"assign_mode": "evenly"}, "人员"),
        ({"kind": "x"}, "x"),
    ],
)
def test_bad_channels(people, login, change, word):
    answer = login(people.superior).post("/leads/channels/new/", fields(**change))
    assert answer.status_code == 422
    assert word in answer.content.decode()
    assert not LeadChannel.objects.exists()


def test_nobody_gives_leads_to_strangers(people, login):
    data = fields(assign_mode="evenly", assignees=[people.outsider.pk])
    assert login(people.superior).post("/leads/channels/new/", data).status_code == 422
    assert not LeadChannel.objects.exists()


def test_secret_and_address(people, login, channel):
    client, page = login(people.superior), f"/leads/channels/{channel.pk}/"
    client.post(f"{page}secret/")
    channel.refresh_from_db()
    made, token = channel.secret, channel.token
    assert len(made) >= 32
    assert client.post(f"{page}secret/", {"secret": "short"}).status_code == 422
    client.post(f"{page}secret/", {"drop": "1"})
    client.post(f"{page}address/")
    channel.refresh_from_db()
    assert channel.secret == ""
    assert channel.token != token
    assert client.post(f"/hooks/leads/{token}/", "{}", content_type="application/json").status_code == 404


# --- try it
def test_preview_writes_nothing_and_sending_does(people, login, channel):
    client, url = login(people.superior), f"/leads/channels/{channel.pk}/test/"
    body = json.dumps({"name": "老王超市", "phone": "13800138000"})
    assert "老王超市" in client.post(url, {"body": body}).content.decode()
    assert client.post(url, {"body": "{"}).status_code == 422
    assert not CapturedLead.objects.exists()
    channel.secret = "s" * 20
    channel.save()
    answer = client.post(url, {"body": body, "send": "1"})
    assert answer.context["answer"].status == 201
    assert Lead.objects.get().name == "老王超市"


# --- mapping
def test_mapping_is_made_on_what_came(people, login, channel):
    CapturedLeadFactory(
        channel=channel, body=json.dumps({"clue": {"title": "老王超市", "tel": "13800138000"}})
    )
    client, url = login(people.superior), f"/leads/channels/{channel.pk}/mapping/"
    page = client.get(url).content.decode()
    assert "clue.title" in page
    assert "老王超市" in page
    data = {"path": ["clue.title", "clue.tel"], "field-0": "name", "field-1": "phone"}
    shown = client.post(f"{url}preview/", data).content.decode()
    assert "老王超市" in shown
    assert "<html" not in shown
    assert client.post(url, data).status_code == 302
    channel.refresh_from_db()
    assert channel.mapping == {"name": "clue.title", "phone": "clue.tel"}
    assert client.post(url, {"path": ["clue.tel"], "field-0": "phone"}).status_code == 422
    channel.refresh_from_db()
    assert channel.mapping["name"] == "clue.title"
    client.post(url, {"guess": "1"})
    channel.refresh_from_db()
    assert channel.mapping == {}


def test_a_path_that_does_not_come_any_more_stays_in_the_form(people, login, channel):
    channel.mapping = {"name": "old.place"}
    channel.save()
    CapturedLeadFactory(channel=channel)
    assert (
        "old.place" in login(people.superior).get(f"/leads/channels/{channel.pk}/mapping/").content.decode()
    )


def test_empty_states(people, login):
    client = login(people.superior)
    assert "还没有渠道" in client.get("/leads/channels/").content.decode()
    channel = LeadChannelFactory(kind=ChannelKind.WEB_FORM)
    assert "还没有收到" in client.get(f"/leads/channels/{channel.pk}/mapping/").content.decode()
    assert "iframe" in client.get(f"/leads/channels/{channel.pk}/").content.decode()
    assert client.get("/leads/captured/").status_code == 200
    assert client.get("/leads/channels/regions/").status_code == 200


def test_scripts_in_payloads_are_text(people, login, channel):
    body = json.dumps({EVIL: EVIL, "name": EVIL, "phone": "</textarea><script>"})
    row = CapturedLeadFactory(channel=channel, body=body, state="refused", reason=EVIL, external_id=EVIL)
    client = login(people.admin)
    for url in (
        "/leads/captured/",
        f"/leads/captured/{row.pk}/",
        f"/leads/channels/{channel.pk}/",
        f"/leads/channels/{channel.pk}/mapping/",
    ):
        assert EVIL not in client.get(url).content.decode()
    answer = client.post(f"/leads/channels/{channel.pk}/test/", {"body": body}).content.decode()
    assert EVIL not in answer
    assert "</textarea><script>" not in answer


# --- the log
def test_filters_and_replay(people, login, channel):
    good = CapturedLeadFactory(channel=channel, state="refused", status=422, reason="缺少")
    bad = CapturedLeadFactory(channel=channel, state="refused", body="{")
    CapturedLeadFactory(state="known")
    client = login(people.admin)
    page = client.get("/leads/captured/", {"channel": channel.pk, "state": "refused"})
    assert page.context["page"].paginator.count == 2
    assert client.get("/leads/captured/", {"since": "2999-01-01"}).context["page"].paginator.count == 0
    assert client.get("/leads/captured/", {"until": "2999-01-01"}).context["page"].paginator.count == 3
    answer = client.post("/leads/captured/replay/", {"pk": [good.pk, bad.pk, "x", "9" * 30]}, follow=True)
    assert "新增 1" in answer.content.decode()
    bad.refresh_from_db()
    assert (bad.state, bad.status) == ("refused", 400)
    assert Lead.objects.count() == 1


def test_replay_of_a_forged_call_is_asked_for_by_its_own_page(people, login, channel):
    row = CapturedLeadFactory(channel=channel, state="refused", status=401)
    client = login(people.admin)
    client.post("/leads/captured/replay/", {"pk": row.pk, "unsigned": "1"})
    assert not Lead.objects.exists()
    answer = client.post("/leads/captured/replay/", {"pk": row.pk, "unsigned": "1", "back": "detail"})
    assert answer["Location"] == f"/leads/captured/{row.pk}/"
    assert Lead.objects.count() == 1


@pytest.mark.parametrize("count", [1, 3])
def test_the_lists_ask_the_database_no_more_for_more_rows(
    people, login, channel, count, django_assert_num_queries
):
    for _ in range(count):
        CapturedLeadFactory(state="new", lead=LeadFactory(owner=people.owner))
    client = login(people.admin)
    client.get("/leads/captured/")
    with django_assert_num_queries(6):
        client.get("/leads/captured/?view=0")
    with django_assert_num_queries(4):
        client.get("/leads/channels/")


def test_region_people(people, login):
    region, other = (DictionaryFactory(kind="region", name=name) for name in ("包河区", "蜀山区"))
    RegionOwner.objects.create(region=region, user=people.outsider)
    client = login(people.superior)
    client.post("/leads/channels/regions/", {f"region-{region.pk}": [people.owner.pk]})
    assert set(RegionOwner.objects.values_list("region", "user")) == {
        (region.pk, people.outsider.pk),  # not his to take away
        (region.pk, people.owner.pk),
    }
    assert (
        client.post("/leads/channels/regions/", {f"region-{other.pk}": [people.outsider.pk]}).status_code
        == 422
    )
    client.post("/leads/channels/regions/", {})
    assert RegionOwner.objects.get().user == people.outsider


def test_qr_code_of_the_form(people, login, channel, office):
    channel.kind = ChannelKind.EXHIBITION
    channel.save()
    client, page = login(office), f"/leads/channels/{channel.pk}/"
    assert f'src="{page}qr.svg"' in client.get(page).content.decode()
    answer = client.get(f"{page}qr.svg")
    assert answer["Content-Type"] == "image/svg+xml"
    assert answer.content == qr_svg(f"http://testserver/forms/leads/{channel.token}/")
    assert "attachment" in client.get(f"{page}qr.svg?download=1")["Content-Disposition"]
    before = answer.content
    login(people.superior).post(f"{page}address/")
    assert client.get(f"{page}qr.svg").content != before
    assert login(people.owner).get(f"{page}qr.svg").status_code == 403


def test_no_qr_code_without_a_form(people, login, channel):
    channel.kind = ChannelKind.BAIDU
    channel.save()
    page = f"/leads/channels/{channel.pk}/"
    assert "qr.svg" not in login(people.superior).get(page).content.decode()
    assert login(people.superior).get(f"{page}qr.svg").status_code == 404


def test_a_mapping_that_says_nothing_is_refused_and_forgets_nothing(people, login):
    channel = LeadChannelFactory(mapping={"name": "clue.title"})
    client, url = login(people.superior), f"/leads/channels/{channel.pk}/mapping/"
    for said in (
        {},
        {"path": ["clue.title"], "field-0": ""},
        {"path": ["clue.title"], "field-0": "nonsense"},
    ):
        answer = client.post(url, said)
        assert (answer.status_code, "选择对应的值" in answer.content.decode()) == (422, True), said
    channel.refresh_from_db()
    assert channel.mapping == {"name": "clue.title"}
    assert client.post(url, {"guess": "1"}).status_code == 302
    channel.refresh_from_db()
    assert channel.mapping == {}
