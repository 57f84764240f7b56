"""List, page, form, contacts, sharing and assigning: as owner, superior, outsider, and without the permission."""

import datetime as dt
import io

import pytest
from django.contrib.messages import get_messages
from django.utils import timezone
from openpyxl import load_workbook

from accounts.models import AccessLog
from crm import services
from crm.models import Contact, Customer, CustomerShare
from tests.factories import ContactFactory, CustomerFactory, DictionaryFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop(people):
    return services.create_customer(
        actor=people.owner,
        name="蜗牛烘焙",
        phones="13800138000",
        contact="刘老板",
        latitude=31.82,
        longitude=117.23,
    )


def said(response) -> str:
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


def no_permission(user, *codenames):
    user.role.permissions.remove(*user.role.permissions.filter(codename__in=codenames))


# --- list
def test_the_list_shows_what_one_may_see(people, login, shop):
    foreign = CustomerFactory(owner=people.outsider, name="别家店")
    for user, seen, unseen in (
        (people.owner, shop, foreign),
        (people.superior, shop, foreign),
        (people.outsider, foreign, shop),
    ):
        page = login(user).get("/customers/").content.decode()
        assert seen.name in page
        assert unseen.name not in page
    assert {shop.name, foreign.name} <= {row.name for row in Customer.objects.visible_to(people.finance)}


def test_the_list_needs_the_permission(people, login):
    no_permission(people.owner, "view_customer")
    assert login(people.owner).get("/customers/").status_code == 403


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_costs_the_same_whatever_its_length(people, login, django_assert_num_queries, count):
    region, channel = DictionaryFactory(kind="region"), DictionaryFactory()
    for _ in range(count):
        CustomerFactory(
            owner=people.colleague, region=region, channel=channel, last_visit_on=timezone.localdate()
        )
    client = login(people.superior)  # a department tree is the dearest scope to find out
    with django_assert_num_queries(8):
        assert client.get("/customers/").status_code == 200


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("q=wnhb", {"蜗牛烘焙"}),
        ("q=8000", {"蜗牛烘焙"}),
        ("level=A", {"甲店"}),
        ("owner=none", {"公海店"}),
        ("status=inactive", {"甲店"}),
        ("gap=visit", {"蜗牛烘焙", "公海店"}),
        ("gap=order", {"蜗牛烘焙", "公海店", "甲店"}),
        ("gap=location", {"公海店"}),
        ("gap=to_confirm", {"蜗牛烘焙"}),
        ("level=Z", set()),
        ("owner=no-number", set()),
    ],
)
def test_filters(people, login, shop, query, names):
    today = timezone.localdate()
    CustomerFactory(name="甲店", owner=people.owner, level="A", status="inactive", last_visit_on=today)
    CustomerFactory(name="公海店", owner=None, latitude=None, longitude=None, location_status="none")
    page = login(people.admin).get(f"/customers/?{query}").content.decode()
    assert {name for name in ("蜗牛烘焙", "甲店", "公海店") if f">{name}<" in page} == names


def test_filters_by_dictionary_tag_and_owner(people, login, shop):
    channel, region = DictionaryFactory(), DictionaryFactory(kind="region")
    marked = CustomerFactory(name="标记店", owner=people.colleague, channel=channel, region=region)
    tag = marked.tags.create(name="重点")
    client = login(people.superior)
    owner = people.colleague.pk
    for query in (f"channel={channel.pk}", f"region={region.pk}", f"tag={tag.pk}", f"owner={owner}"):
        page = client.get(f"/customers/?{query}").content.decode()
        assert ">标记店<" in page
        assert ">蜗牛烘焙<" not in page


def test_a_stranger_cannot_be_chosen_in_the_owner_filter(people, login, shop):
    page = login(people.superior).get("/customers/").content.decode()
    assert "张业务" in page
    assert "赵外人" not in page


def test_sorting_and_pages(people, login):
    for name in ("乙", "甲", "丙"):
        CustomerFactory(owner=people.owner, name=f"店{name}", code=f"Z{ord(name)}")
    page = login(people.owner).get("/customers/?sort=-code").content.decode()
    positions = [page.index(name) for name in ("店甲", "店乙", "店丙")]
    assert positions == sorted(positions)


def test_export_is_a_permission_of_its_own_and_on_record(people, login, shop):
    assert login(people.owner).get("/customers/?export=xlsx").status_code == 403
    answer = login(people.superior).get("/customers/?export=xlsx&q=wnhb")
    book = load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    rows = list(book.active.values)
    assert [row[1] for row in rows[1:]] == ["蜗牛烘焙"]
    assert AccessLog.objects.filter(actor=people.superior, action="export", rows=1).exists()


def test_buttons_follow_permissions(people, login, shop):
    rep, manager = (
        login(user).get("/customers/").content.decode() for user in (people.owner, people.superior)
    )
    assert "/customers/import/" in manager
    assert "/customers/import/" not in rep
    assert "/customers/assign/" in manager
    assert "/customers/assign/" not in rep


# --- page
def test_the_page_of_a_customer(people, login, shop):
    for user in (people.owner, people.superior, people.finance):
        page = login(user).get(f"/customers/{shop.pk}/")
        assert page.status_code == 200
        assert "tel:+8613800138000" in page.content.decode()
        assert "uri.amap.com" in page.content.decode()
    assert login(people.outsider).get(f"/customers/{shop.pk}/").status_code == 404
    assert login(people.outsider).get(f"/customers/{shop.pk}/history/").status_code == 404


def test_the_page_costs_the_same_whatever_its_length(people, login, shop, django_assert_max_num_queries):
    for _ in range(3):
        services.save_contact(actor=people.owner, customer=shop, name="人", phones="13800138000")
    client = login(people.owner)
    with django_assert_max_num_queries(12):
        client.get(f"/customers/{shop.pk}/")


def test_history_tells_owners_and_changes_in_words(people, login, shop):
    channel = DictionaryFactory(name="夜店")
    services.update_customer(
        actor=people.superior, customer=shop, level="A", channel=channel, name="蜗牛面包"
    )
    services.assign_owner(
        actor=people.superior, customers=[shop.pk], owner=people.colleague, reason="assigned"
    )
    page = login(people.colleague).get(f"/customers/{shop.pk}/history/").content.decode()
    for text in ("夜店", "蜗牛面包", "李业务", "张业务", "王经理"):
        assert text in page


def test_names_are_escaped(people, login):
    shop = CustomerFactory(owner=people.owner, name="<script>x</script>店", last_visit_on=None)
    client = login(people.owner)
    for address in ("/customers/", f"/customers/{shop.pk}/", f"/customers/{shop.pk}/edit/"):
        assert "<script>x" not in client.get(address).content.decode()


# --- form
def test_the_short_form_makes_a_customer(people, login):
    channel = DictionaryFactory()
    data = {"name": "新店", "level": "B", "channel": channel.pk, "phones": "13900139000", "contact": "王姐"}
    answer = login(people.owner).post("/customers/new/", {**data, "latitude": "31.8", "longitude": "117.2"})
    shop = Customer.objects.get()
    assert answer.url == f"/customers/{shop.pk}/"
    assert (shop.code, shop.owner, shop.level, shop.channel) == ("C000001", people.owner, "B", channel)
    assert shop.location_status == "to_confirm"
    assert shop.contacts.get().name == "王姐"


@pytest.mark.parametrize(
    ("bad", "field"),
    [
        ({"name": ""}, "name"),
        ({"latitude": "95", "longitude": "117"}, "longitude"),
        ({"latitude": "0", "longitude": "0"}, "longitude"),
        ({"latitude": "31.8"}, "longitude"),
        ({"latitude": "north"}, "latitude"),
        ({"credit_limit": "-5"}, "credit_limit"),
        ({"code": "TAKEN"}, "code"),
        ({"phones": "1" * 80}, "phones"),
        ({"channel": "999999"}, "channel"),
    ],
)
def test_bad_input_keeps_what_was_typed_and_says_why(people, login, bad, field):
    CustomerFactory(code="TAKEN", owner=people.outsider)
    answer = login(people.owner).post("/customers/new/", {"name": "新店", "address": "长江路1号", **bad})
    assert answer.status_code == 422
    assert answer.context["form"].errors[field]
    assert "长江路1号" in answer.content.decode()
    assert Customer.objects.count() == 1


def test_usual_region_and_industry_are_filled_in(people, login):
    region = DictionaryFactory(kind="region", name="蜀山区")
    people.owner.usual_region = "蜀山区"
    people.owner.save()
    form = login(people.owner).get("/customers/new/").context["form"]
    assert form["region"].value() == region.pk


def test_personal_settings_offer_what_the_dictionaries_have(people, login):
    DictionaryFactory(kind="region", name="蜀山区")
    DictionaryFactory(kind="region", name="已停用", is_active=False)
    DictionaryFactory(kind="industry", name="烟酒")
    shown = login(people.owner).get("/customers/usual/").content.decode()
    assert '<datalist id="usual-regions">' in shown
    assert 'value="蜀山区"' in shown
    assert 'value="烟酒"' in shown
    assert "已停用" not in shown
    page = login(people.owner).get("/me/").content.decode()
    assert 'list="usual-regions"' in page
    assert 'hx-get="/customers/usual/"' in page


def test_usual_industry_is_filled_in_for_leads_and_what_no_dictionary_has_is_not(people, login):
    industry = DictionaryFactory(kind="industry", name="烟酒")
    people.owner.usual_industry, people.owner.usual_region = "烟酒", "没有的区"
    people.owner.save()
    form = login(people.owner).get("/leads/new/").context["form"]
    assert form["industry"].value() == industry.pk
    assert not form["region"].value()


def test_a_choice_of_another_dictionary_is_refused(people, login):
    region = DictionaryFactory(kind="region")
    answer = login(people.owner).post("/customers/new/", {"name": "新店", "channel": region.pk})
    assert "channel" in answer.context["form"].errors


def test_a_likely_duplicate_is_shown_first_and_can_be_saved_anyway(people, login, shop):
    stranger = CustomerFactory(owner=people.outsider, name="x")
    services.update_customer(actor=None, customer=stranger, name="老王便利店一号", phones="13700137000")
    client = login(people.owner)
    page = client.post("/customers/new/", {"name": "合肥蜗牛烘焙有限公司"}).content.decode()
    assert shop.get_absolute_url() in page
    masked = client.post("/customers/new/", {"name": "别的", "phones": "137-0013-7000"}).content.decode()
    assert "老***号" in masked
    assert "老王便利店一号" not in masked
    assert f"/customers/{stranger.pk}/" not in masked
    assert Customer.objects.count() == 2
    assert client.post("/customers/new/", {"name": "蜗牛烘焙", "anyway": "1"}).status_code == 302
    assert Customer.objects.count() == 3


def test_a_manager_chooses_the_owner_among_his_people(people, login):
    client = login(people.superior)
    refused = client.post("/customers/new/", {"name": "新店", "owner": people.outsider.pk})
    assert "owner" in refused.context["form"].errors
    missing = client.post("/customers/new/", {"name": "新店", "owner": ""})
    assert "owner" in missing.context["form"].errors
    client.post("/customers/new/", {"name": "新店", "owner": people.colleague.pk})
    assert Customer.objects.get().owner == people.colleague


def test_a_rep_cannot_give_a_new_customer_to_somebody_by_hand_made_request(people, login):
    login(people.owner).post("/customers/new/", {"name": "新店", "owner": people.colleague.pk})
    assert Customer.objects.get().owner == people.owner


def test_editing(people, login, shop):
    address = f"/customers/{shop.pk}/edit/"
    page = login(people.owner).get(address).content.decode()
    assert "13800138000" in page
    assert "刘老板" in page
    form = login(people.owner).get(address).context["form"]
    data = {name: "" if form[name].value() is None else form[name].value() for name in form.fields}
    login(people.superior).post(
        address, {**data, "name": "蜗牛面包", "phones": "13900139000", "contact": "刘姐"}
    )
    shop.refresh_from_db()
    assert shop.name == "蜗牛面包"
    assert shop.code == "C000001"
    assert [phone.raw for phone in shop.phones.all()] == ["13900139000"]
    assert shop.contacts.get().name == "刘姐"


def test_who_may_edit(people, login, shop):
    address = f"/customers/{shop.pk}/edit/"
    assert login(people.outsider).get(address).status_code == 404
    assert login(people.colleague).get(address).status_code == 404
    assert login(people.finance).get(address).status_code == 403
    assert login(people.superior).get(address).status_code == 200
    no_permission(people.owner, "change_customer", "add_customer")
    assert login(people.owner).get(address).status_code == 403
    assert login(people.owner).get("/customers/new/").status_code == 403


def test_only_a_manager_confirms_a_location(people, login, shop):
    address = f"/customers/{shop.pk}/confirm-location/"
    assert login(people.owner).post(address).status_code == 403
    assert login(people.superior).get(address).status_code == 405
    assert login(people.superior).post(address).status_code == 302
    shop.refresh_from_db()
    assert shop.location_status == "confirmed"
    again = login(people.superior).post(address, follow=True)
    assert "pd-toast-error" in again.content.decode()


# --- contacts
def test_contacts_are_added_changed_and_removed(people, login, shop):
    client = login(people.owner)
    base = f"/customers/{shop.pk}/contacts/"
    client.post(
        f"{base}new/", {"name": "老板娘", "phones": "13700137000 / 0551-62345678", "is_primary": "on"}
    )
    added = Contact.objects.get(name="老板娘")
    assert added.phones.count() == 2
    assert shop.contacts.get(is_primary=True) == added
    assert client.post(f"{base}{added.pk}/", {"name": "", "phones": ""}).status_code == 422
    client.post(f"{base}{added.pk}/", {"name": "老板娘", "phones": "13700137001", "is_primary": "on"})
    assert [phone.raw for phone in added.phones.all()] == ["13700137001"]
    client.post(f"{base}{added.pk}/delete/")
    assert not Contact.objects.filter(pk=added.pk).exists()
    assert shop.contacts.get().is_primary


def test_a_contact_belongs_to_the_customer_in_the_address(people, login, shop):
    foreign = ContactFactory(customer=CustomerFactory(owner=people.outsider))
    client = login(people.owner)
    assert client.get(f"/customers/{shop.pk}/contacts/{foreign.pk}/").status_code == 404
    assert client.post(f"/customers/{shop.pk}/contacts/{foreign.pk}/delete/").status_code == 404
    assert client.post(f"/customers/{foreign.customer_id}/contacts/new/", {"name": "x"}).status_code == 404
    assert login(people.finance).post(f"/customers/{shop.pk}/contacts/new/", {"name": "x"}).status_code == 403


# --- sharing
def test_sharing_until_a_mistyped_year_is_refused(people, login, shop):
    data = {"user": people.colleague.pk, "until": "9999-12-31"}
    refused = login(people.owner).post(f"/customers/{shop.pk}/share/", data)
    assert "年份应在 2000 到 2100 之间" in refused.content.decode()
    assert not shop.shares.exists()


def test_sharing_to_look_and_to_change(people, login, shop):
    owner, colleague = login(people.owner), login(people.colleague)
    page, edit = f"/customers/{shop.pk}/", f"/customers/{shop.pk}/edit/"
    owner.post(f"{page}share/", {"user": people.colleague.pk})
    assert colleague.get(page).status_code == 200
    assert colleague.get(edit).status_code == 403
    assert colleague.get(f"{page}share/").status_code == 403
    assert colleague.post(f"{page}contacts/new/", {"name": "x"}).status_code == 403
    owner.post(f"{page}share/", {"user": people.colleague.pk, "can_write": "on"})
    assert colleague.get(edit).status_code == 200
    # He may change it, but it is not his to pass on or to give away.
    assert colleague.get(f"{page}share/").status_code == 403
    assert CustomerShare.objects.count() == 1
    owner.post(f"{page}share/{CustomerShare.objects.get().pk}/revoke/")
    assert colleague.get(page).status_code == 404


def test_a_share_ends_by_itself(people, login, shop):
    today = timezone.localdate()
    client = login(people.owner)
    client.post(f"/customers/{shop.pk}/share/", {"user": people.outsider.pk, "until": today.isoformat()})
    assert login(people.outsider).get(f"/customers/{shop.pk}/").status_code == 200
    CustomerShare.objects.update(expires_at=timezone.now() - dt.timedelta(seconds=1))
    assert login(people.outsider).get(f"/customers/{shop.pk}/").status_code == 404
    yesterday = (today - dt.timedelta(days=1)).isoformat()
    answer = client.post(f"/customers/{shop.pk}/share/", {"user": people.outsider.pk, "until": yesterday})
    assert answer.context["form"].errors["until"]


def test_a_share_of_another_customer_is_not_revoked(people, login, shop):
    other = CustomerFactory(owner=people.outsider)
    share = CustomerShare.objects.create(customer=other, user=people.colleague)
    assert login(people.owner).post(f"/customers/{shop.pk}/share/{share.pk}/revoke/").status_code == 404
    assert CustomerShare.objects.filter(pk=share.pk).exists()


# --- assigning
def test_assigning_from_the_list(people, login, shop):
    foreign = CustomerFactory(owner=people.outsider, name="别家店")
    client = login(people.superior)
    asked = client.post("/customers/assign/", {"pk": [shop.pk, foreign.pk]}).content.decode()
    assert "蜗牛烘焙" in asked
    assert "别家店" not in asked
    done = client.post("/customers/assign/", {"pk": [shop.pk, foreign.pk], "owner": people.colleague.pk})
    assert done.status_code == 302
    assert "1" in said(done)
    shop.refresh_from_db()
    foreign.refresh_from_db()
    assert (shop.owner, foreign.owner) == (people.colleague, people.outsider)


def test_assigning_is_refused(people, login, shop):
    assert login(people.owner).post("/customers/assign/", {"pk": shop.pk}).status_code == 403
    client = login(people.superior)
    stranger = client.post("/customers/assign/", {"pk": shop.pk, "owner": people.outsider.pk})
    assert stranger.context["form"].errors["owner"]
    assert client.post("/customers/assign/", {"pk": "x"}).status_code == 302
    shop.refresh_from_db()
    assert shop.owner == people.owner


def test_the_old_owner_keeps_nothing(people, login, shop):
    services.assign_owner(
        actor=people.superior, customers=[shop.pk], owner=people.colleague, reason="assigned"
    )
    assert login(people.owner).get(f"/customers/{shop.pk}/").status_code == 404


def test_dictionaries_have_defaults_and_an_admin(people, login):
    from crm.models import Dictionary

    assert Dictionary.objects.filter(kind="channel", name="便利店").exists()
    assert not Dictionary.objects.filter(kind="region").exists()
    boss = UserFactory(is_staff=True, is_superuser=True)
    for model in ("customer", "dictionary", "tag"):
        assert login(boss).get(f"/admin/crm/{model}/").status_code == 200
    shop = CustomerFactory()
    assert login(boss).get(f"/admin/crm/customer/{shop.pk}/change/").status_code == 200


def test_the_search_box_gets_only_the_results(people, login, shop):
    headers = {"HX-Request": "true", "HX-Target": "results"}
    page = login(people.owner).get("/customers/?q=wnhb", headers=headers).content.decode()
    assert ">蜗牛烘焙<" in page
    assert "<html" not in page


def test_a_far_page_has_the_rows_that_belong_there(people, login, monkeypatch):
    monkeypatch.setattr("crm.views.paging.DEEP", 50)
    for number in range(53):
        CustomerFactory(owner=people.owner, code=f"D{number:03}")
    answer = login(people.owner).get("/customers/?sort=code&page=2")
    assert [row.code for row in answer.context["page"]] == ["D050", "D051", "D052"]
    assert "李业务" in answer.content.decode()
