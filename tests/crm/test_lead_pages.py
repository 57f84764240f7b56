"""The lead screens: who sees and does what, bad input, and what an outsider never learns."""

import datetime as dt
import io

import pytest
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from accounts.models import SystemOptions
from crm.enums import LeadEventKind
from crm.models import Customer, Lead, LeadContact, LeadEvent, Phone
from crm.views import duplicate_check
from tests.factories import CustomerFactory, LeadFactory, UserFactory

pytestmark = pytest.mark.django_db
PAGES = ("lead_list", "lead_create", "lead_pool", "lead_bin", "lead_funnel")


def with_phone(lead, phone="13800138000", name="王芳"):
    LeadContact.objects.create(lead=lead, name=name, raw=phone, e164=f"+86{phone}")
    return lead


# --- who may
@pytest.mark.parametrize("page", PAGES)
def test_pages_open_for_a_rep_and_not_for_finance(people, login, page):
    assert login(people.owner).get(reverse(f"crm:{page}")).status_code == 200
    assert login(people.finance).get(reverse(f"crm:{page}")).status_code == 403


@pytest.mark.parametrize("page", ["lead_detail", "lead_edit", "lead_convert"])
def test_owner_and_superior_see_a_lead_others_get_404(people, login, page):
    url = reverse(f"crm:{page}", args=[with_phone(LeadFactory(owner=people.owner)).pk])
    for user, status in (
        (people.owner, 200),
        (people.superior, 200),
        (people.colleague, 404),
        (people.outsider, 404),
        (people.finance, 403),
    ):
        assert login(user).get(url).status_code == status, user


def test_a_lead_in_the_bin_is_gone_from_its_page(people, login):
    lead = LeadFactory(owner=people.owner, deleted_at=timezone.now())
    assert login(people.owner).get(lead.get_absolute_url()).status_code == 404


def test_rights_that_a_rep_lacks(people, login):
    lead = LeadFactory(owner=people.owner)
    client = login(people.owner)
    for page in ("lead_assign", "lead_pool_assign", "lead_purge"):
        assert client.post(reverse(f"crm:{page}"), {"pk": lead.pk}).status_code == 403
    assert client.get(reverse("crm:lead_list"), {"export": "xlsx"}).status_code == 403


def test_get_changes_nothing(people, login):
    lead = LeadFactory(owner=people.owner)
    client = login(people.superior)
    for page in ("lead_assign", "lead_stages", "lead_release", "lead_delete", "lead_restore", "lead_purge"):
        assert client.get(reverse(f"crm:{page}")).status_code == 405
    for page in ("lead_stage", "lead_claim"):
        assert client.get(reverse(f"crm:{page}", args=[lead.pk])).status_code == 405


# --- the list
@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(
    ("page", "user", "queries"),
    [("lead_list", "superior", 8), ("lead_pool", "owner", 8), ("lead_bin", "superior", 6)],
)
def test_lists_cost_the_same_for_one_and_three(
    people, login, django_assert_num_queries, page, user, queries, count
):
    SystemOptions.load()
    for _ in range(count):
        with_phone(LeadFactory(owner=people.owner))
        LeadFactory(owner=None, last_owner=people.owner)
        LeadFactory(owner=people.owner, deleted_at=timezone.now())
    client = login(getattr(people, user))
    with django_assert_num_queries(queries):
        response = client.get(reverse(f"crm:{page}"))
    assert response.context["page"].paginator.count == count


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"新", "谈", "丢", "远"}),
        ("stage=open", {"新", "谈", "远"}),
        ("stage=lost", {"丢"}),
        ("q=138001", {"新"}),
        ("q=wangf", set()),
        ("q=王芳", {"新"}),
        ("quiet=7", {"远"}),
        ("due=overdue", {"谈"}),
        ("reached=negotiating", {"谈"}),
        ("reached=contacted", {"谈", "丢"}),
        ("channel=none", {"新", "谈", "丢", "远"}),
        ("stage=nonsense", set()),
        ("created_from=not-a-day", set()),
        ("created_to=9999-12-31", set()),
    ],
)
def test_filters(people, login, query, expected):
    now = timezone.now()
    new = with_phone(LeadFactory(name="新店", owner=people.owner))
    Lead.objects.filter(pk=new.pk).update(search_text="新店\n王芳\n13800138000")
    LeadFactory(
        name="谈店", owner=people.owner, stage="negotiating", next_contact_at=now - dt.timedelta(hours=1)
    )
    lost = LeadFactory(name="丢店", owner=people.owner, stage="lost", lost_reason="x")
    LeadEvent.objects.create(lead=lost, kind=LeadEventKind.STAGE, from_stage="new", to_stage="contacted")
    LeadFactory(
        name="远店",
        owner=people.owner,
        created_at=now - dt.timedelta(days=20),
        last_follow_up_on=timezone.localdate() - dt.timedelta(days=8),
    )
    page = login(people.owner).get(f"/leads/?{query}").context["page"]
    assert {lead.name[0] for lead in page.object_list} == expected


def test_export_is_a_right_of_its_own_and_is_on_record(people, login):
    with_phone(LeadFactory(name="=1+1店", owner=people.owner))
    LeadFactory(name="外人的店", owner=people.outsider)
    response = login(people.superior).get("/leads/", {"export": "xlsx"})
    sheet = load_workbook(io.BytesIO(response.getvalue())).active
    cells = {str(cell) for row in sheet.iter_rows(values_only=True) for cell in row}
    assert "13800138000" in cells
    assert not any("外人" in cell for cell in cells)
    assert people.superior.access_log.filter(action="export", rows=1).exists()


# --- what stays hidden
def test_an_outsider_learns_no_phone_from_the_pool(people, login):
    lead = with_phone(
        LeadFactory(name="公海小店", owner=None, address="长江路1号", notes="老板手机13800138000")
    )
    Lead.objects.filter(pk=lead.pk).update(search_text="公海小店\n王芳\n13800138000")
    client = login(people.outsider)
    for query in ("", "?cols=name,phone,contact,address,notes", "?sort=phone", "?export=xlsx"):
        response = client.get(f"/leads/pool/{query}")
        assert response.status_code == (403 if "export" in query else 200)
        for secret in ("13800138000", "王芳", "长江路"):
            assert secret not in response.content.decode()
    # The search does not answer "whose number is this?" either.
    assert client.get("/leads/pool/", {"q": "13800138000"}).context["page"].paginator.count == 0
    assert client.get("/leads/pool/", {"q": "王芳"}).context["page"].paginator.count == 0
    assert client.get("/leads/pool/", {"q": "公海"}).context["page"].paginator.count == 1
    assert client.get(lead.get_absolute_url()).status_code == 404
    assert client.get("/leads/", {"q": "1380013"}).context["page"].paginator.count == 0
    # In the pool there is no follow-up to make.
    assert "/follow-ups/new/" not in client.get("/leads/pool/").content.decode()


def test_the_duplicate_hit_of_a_foreign_lead_is_masked(people, login):
    with_phone(LeadFactory(name="蜗牛烘焙工坊", owner=people.outsider))
    response = login(people.owner).post("/leads/new/", {"name": "别的店", "phones": "13800138000"})
    assert response.context["duplicates"]
    assert "蜗牛烘焙工坊" not in response.content.decode()
    assert Lead.objects.count() == 1


# --- quick add and edit
def test_quick_add(people, login):
    data = {
        "name": "路口便利店",
        "contact": "王芳",
        "phones": "13800138000",
        "address": "长江路1号",
        "latitude": "31.85",
        "longitude": "117.2",
    }
    response = login(people.owner).post("/leads/new/", data)
    lead = Lead.objects.get()
    assert response.url == lead.get_absolute_url()
    assert (lead.owner, lead.latitude, lead.contacts.get().name) == (people.owner, 31.85, "王芳")


def test_a_duplicate_is_shown_first_and_can_be_saved_anyway(people, login):
    with_phone(LeadFactory(owner=people.owner, name="已有店"))
    client = login(people.owner)
    data = {"name": "新开店", "phones": "13800138000"}
    response = client.post("/leads/new/", data)
    assert response.status_code == 200
    assert "已有店" in response.content.decode()
    client.post("/leads/new/", {**data, "anyway": "1"})
    assert Lead.objects.count() == 2


@pytest.mark.parametrize("anyway", [{}, {"anyway": "1"}])
def test_saving_asks_no_oftener_than_typing(people, login, monkeypatch, anyway):
    monkeypatch.setattr(duplicate_check, "wait_seconds", lambda *_args, **_limits: 30)
    lead = LeadFactory(owner=people.owner, name="第一家")
    client = login(people.owner)
    answer = client.post("/leads/new/", {"name": "第二家", "phones": "13800138000", **anyway})
    assert answer.status_code == 422
    assert 'value="第二家"' in answer.content.decode()
    assert Lead.objects.count() == 1
    url = reverse("crm:lead_convert", args=[lead.pk])
    assert client.post(url, {"name": "猜一个名字", **anyway}).url == lead.get_absolute_url()
    assert not Customer.objects.exists()
    # What is no question costs none.
    assert (
        client.post(
            f"/leads/{lead.pk}/edit/", {"name": "第一家", "city": lead.city, "notes": "改"}
        ).status_code
        == 302
    )


def test_the_form_asks_while_typing_but_not_about_itself(people, login):
    lead = with_phone(LeadFactory(owner=people.owner, name="蜗牛烘焙工坊"))
    client = login(people.owner)
    page = client.get(f"/leads/{lead.pk}/edit/").content.decode()
    assert 'hx-get="/customers/duplicate-check/"' in page
    assert f"""hx-vals='{{"lead": {lead.pk}}}'""" in page
    asked = {"name": "蜗牛烘焙工坊", "phones": "13800138000"}
    assert "蜗牛烘焙工坊" in client.get("/customers/duplicate-check/", asked).content.decode()
    answer = client.get("/customers/duplicate-check/", {**asked, "lead": lead.pk})
    assert "data-hit" not in answer.content.decode()


@pytest.mark.parametrize(
    "bad", [{"name": ""}, {"latitude": "31.8"}, {"latitude": "abc", "longitude": "117"}, {"phones": "1" * 61}]
)
def test_bad_input_keeps_what_was_typed(people, login, bad):
    response = login(people.owner).post("/leads/new/", {"name": "好店", "notes": "别丢了", **bad})
    assert response.status_code == 422
    assert "别丢了" in response.content.decode()
    assert not Lead.objects.exists()


def test_a_manager_gives_a_new_lead_to_his_people_or_the_pool_only(people, login):
    client = login(people.superior)
    client.post("/leads/new/", {"name": "甲店", "owner": people.owner.pk})
    response = client.post("/leads/new/", {"name": "乙店", "owner": ""})
    assert response.url == reverse("crm:lead_pool")
    assert client.post("/leads/new/", {"name": "丙店", "owner": people.outsider.pk}).status_code == 422
    assert set(Lead.objects.values_list("name", "owner")) == {("甲店", people.owner.pk), ("乙店", None)}


def test_a_reps_owner_field_is_not_taken_from_the_post(people, login):
    login(people.owner).post("/leads/new/", {"name": "甲店", "owner": people.outsider.pk})
    assert Lead.objects.get().owner == people.owner


def test_edit(people, login):
    lead = with_phone(LeadFactory(owner=people.owner, name="旧名"))
    data = {"name": "新名", "contact": "王芳", "phones": "13900139000"}
    response = login(people.owner).post(f"/leads/{lead.pk}/edit/", data)
    assert response.url == lead.get_absolute_url()
    lead.refresh_from_db()
    assert (lead.name, lead.contacts.get().raw) == ("新名", "13900139000")


def test_a_second_person_is_typed_kept_and_shown(people, login):
    client = login(people.owner)
    data = {
        "name": "路口便利店",
        "contact": "王芳",
        "contact2": "李雷",
        "job2": "采购",
        "phones2": "13900139000",
    }
    refused = client.post("/leads/new/", {**data, "contact2": "王芳"})
    assert refused.status_code == 422
    assert "13900139000" in refused.content.decode()
    client.post("/leads/new/", data)
    lead = Lead.objects.get()
    form = client.get(f"/leads/{lead.pk}/edit/").content.decode()
    assert 'value="李雷"' in form
    assert "李雷" in client.get(lead.get_absolute_url()).content.decode()
    client.post(f"/leads/{lead.pk}/edit/", {**data, "name": "街角便利店"})
    assert list(lead.contacts.values_list("name", "raw")) == [("王芳", ""), ("李雷", "13900139000")]


# --- one lead
def test_detail_costs_the_same_however_much_happened(people, login, django_assert_num_queries):
    SystemOptions.load()
    client = login(people.owner)
    for count in (1, 3):
        lead = LeadFactory(owner=people.owner)
        for _ in range(count):
            with_phone(lead)
            LeadEvent.objects.create(lead=lead, kind="stage", from_user=people.owner, by=people.superior)
        with django_assert_num_queries(7):
            client.get(lead.get_absolute_url())


def test_stage_by_a_tap_and_lost_with_a_reason(people, login):
    lead = LeadFactory(owner=people.owner)
    client = login(people.owner)
    url = reverse("crm:lead_stage", args=[lead.pk])
    for data, stage in (
        ({"stage": "interested"}, "interested"),
        ({"stage": "lost"}, "interested"),
        ({"stage": "converted"}, "interested"),
        ({}, "interested"),
        ({"stage": "lost", "lost_reason": "空号"}, "lost"),
    ):
        assert client.post(url, data).status_code == 302
        lead.refresh_from_db()
        assert lead.stage == stage
    assert login(people.outsider).post(url, {"stage": "new"}).status_code == 404


def test_claiming_from_the_pool(people, login):
    lead = LeadFactory(owner=None)
    url = reverse("crm:lead_claim", args=[lead.pk])
    response = login(people.owner).post(url, follow=True)
    assert response.redirect_chain[-1][0] == lead.get_absolute_url()
    response = login(people.outsider).post(url, follow=True)
    assert response.redirect_chain[-1][0] == reverse("crm:lead_pool")
    lead.refresh_from_db()
    assert lead.owner == people.owner
    assert login(people.finance).post(url).status_code == 403


# --- selections
def test_bulk_assign_asks_then_assigns_and_reports(people, login):
    mine, foreign = (
        LeadFactory(owner=people.owner, name="甲店"),
        LeadFactory(owner=people.outsider, name="乙店"),
    )
    client = login(people.superior)
    url = reverse("crm:lead_assign")
    asked = client.post(url, {"pk": [mine.pk, foreign.pk]}).content.decode()
    assert "甲店" in asked
    assert "乙店" not in asked
    assert client.post(url, {"pk": [mine.pk], "owner": people.outsider.pk}).status_code == 422
    response = client.post(url, {"pk": [mine.pk, foreign.pk], "owner": people.colleague.pk}, follow=True)
    assert len(list(response.context["messages"])) == 1  # of the other one he is not even told
    mine.refresh_from_db()
    foreign.refresh_from_db()
    assert (mine.owner, foreign.owner) == (people.colleague, people.outsider)


def test_bulk_release_delete_restore_purge_and_stages(people, login):
    leads = [LeadFactory(owner=people.owner) for _ in range(3)]
    keys = {"pk": [lead.pk for lead in leads]}
    client = login(people.superior)
    client.post(reverse("crm:lead_stages"), {**keys, "stage": "lost"})
    assert Lead.objects.filter(stage="lost").count() == 0
    client.post(reverse("crm:lead_stages"), {**keys, "stage": "lost", "lost_reason": "空号"})
    assert Lead.objects.filter(stage="lost", lost_reason="空号").count() == 3
    client.post(reverse("crm:lead_delete"), keys)
    assert Lead.objects.deleted().count() == 3
    client.post(reverse("crm:lead_restore"), {"pk": leads[0].pk})
    client.post(reverse("crm:lead_purge"), keys)
    assert list(Lead.objects.all()) == [leads[0]]
    client.post(reverse("crm:lead_release"), keys)
    assert Lead.objects.in_pool().count() == 1


@pytest.mark.parametrize("pk", ["", "abc", "-1", "9" * 30])
def test_nonsense_keys_are_no_leads(people, login, pk):
    client = login(people.superior)
    for page in ("lead_assign", "lead_stages", "lead_release", "lead_delete", "lead_restore", "lead_purge"):
        assert client.post(reverse(f"crm:{page}"), {"pk": pk}).status_code == 302


# --- converting
def test_convert(people, login):
    lead = with_phone(LeadFactory(owner=people.owner, name="甲店"))
    client = login(people.owner)
    url = reverse("crm:lead_convert", args=[lead.pk])
    assert "13800138000" in client.get(url).content.decode()
    response = client.post(url, {"name": "甲店有限公司", "level": "A"})
    customer = Customer.objects.get()
    assert response.url == customer.get_absolute_url()
    assert (customer.name, customer.level, customer.phones.get().raw) == ("甲店有限公司", "A", "13800138000")
    assert client.post(url, {"name": "x"}).url == lead.get_absolute_url()
    assert customer.name in client.get(lead.get_absolute_url()).content.decode()
    assert Customer.objects.count() == 1


def test_convert_shows_twins_and_uses_one_of_them(people, login):
    lead = with_phone(LeadFactory(owner=people.owner, name="甲店"))
    mine, foreign = (
        CustomerFactory(owner=people.owner),
        CustomerFactory(owner=people.outsider, name="外人的店铺"),
    )
    for customer in (mine, foreign):
        Phone.objects.create(customer=customer, raw="13800138000", e164="+8613800138000")
    client = login(people.owner)
    url = reverse("crm:lead_convert", args=[lead.pk])
    page = client.get(url).content.decode()
    assert f'name="into" value="{mine.pk}"' in page
    assert f'name="into" value="{foreign.pk}"' not in page
    assert "外人的店铺" not in page
    # Without a choice nothing happens.
    assert client.post(url, {"name": "甲店"}).status_code == 200
    assert Customer.objects.count() == 2
    for wrong in (foreign.pk, "abc", "9" * 30):
        assert client.post(url, {"into": wrong}).status_code == 404
    assert client.post(url, {"into": mine.pk}).url == mine.get_absolute_url()
    lead.refresh_from_db()
    assert lead.customer == mine


def test_bad_input_when_converting(people, login):
    lead = LeadFactory(owner=people.owner)
    response = login(people.owner).post(reverse("crm:lead_convert", args=[lead.pk]), {"name": "字" * 121})
    assert response.status_code == 422
    assert not Customer.objects.exists()


def test_service_may_look_but_not_convert(people, login):
    lead = LeadFactory(owner=people.owner)
    client = login(UserFactory(role="service"))
    assert client.get(lead.get_absolute_url()).status_code == 200
    assert client.get(reverse("crm:lead_convert", args=[lead.pk])).status_code == 403
