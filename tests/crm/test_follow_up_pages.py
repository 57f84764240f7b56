"""The screens of follow-ups and contacts: who sees and does what, what they keep, how much they ask (B2, B6)."""

import datetime as dt
import io
import uuid

import pytest
from django.utils import timezone
from openpyxl import load_workbook

from crm.models import Contact, Customer, CustomerShare, FollowUp
from crm.services import follow_ups as services
from tests.crm.follow_up_files import photo, voice
from tests.factories import ContactFactory, CustomerFactory, FollowUpFactory, LeadFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer(people):
    return CustomerFactory(owner=people.owner)


@pytest.fixture
def full(people, customer):
    """A follow-up with a photo and a voice note."""
    return services.record_follow_up(
        actor=people.owner,
        customer=customer,
        text="带了样品",
        photos=[photo()],
        voice=voice(),
        voice_seconds=5,
    )


def status(client, address):
    """The status; a file is read to its end, which closes it (close() would also drop the test's connection)."""
    answer = client.get(address)
    if answer.streaming:
        list(answer.streaming_content)
    return answer.status_code


def form(target, **fields):
    now = timezone.localtime()
    key = f"{'customer' if isinstance(target, Customer) else 'lead'}-{target.pk}"
    return {
        "uuid": str(uuid.uuid4()),
        "target": key,
        "text": "谈价格",
        "at": f"{now:%Y-%m-%dT%H:%M}",
        **fields,
    }


class TestWhoMay:
    """owner, superior: write; a share: reads, or writes; outsider: nothing."""

    @pytest.mark.parametrize(
        ("who", "share", "sees", "records", "corrects"),
        [
            ("owner", None, True, True, True),
            ("superior", None, True, True, True),
            ("admin", None, True, True, True),
            ("colleague", "read", True, False, False),
            ("colleague", "write", True, True, False),
            ("outsider", None, False, False, False),
            ("finance", None, True, False, False),
        ],
    )
    def test_matrix(self, people, login, customer, full, who, share, sees, records, corrects):
        person = getattr(people, who)
        if share:
            CustomerShare.objects.create(customer=customer, user=person, can_write=share == "write")
        client = login(person)
        files = [f"/follow-ups/photos/{full.photos.get().pk}/", f"/follow-ups/{full.pk}/voice/"]
        for address in (f"/follow-ups/{full.pk}/", f"/customers/{customer.pk}/follow-ups/", *files):
            assert status(client, address) == (200 if sees else 404), address
        fragment = client.get(f"/customers/{customer.pk}/follow-ups/").content.decode()
        assert ("/follow-ups/new/" in fragment) == records
        rows = client.get("/follow-ups/").content.decode()
        assert ("带了样品" in rows) == sees
        assert (f"/follow-ups/{full.pk}/row/" in rows) == corrects

        answer = client.post("/follow-ups/new/", form(customer))
        assert (answer.status_code == 302) == records
        assert FollowUp.objects.filter(text="谈价格").exists() == records
        changed = client.post(f"/follow-ups/{full.pk}/", {"text": "改了"})
        assert changed.status_code == (302 if corrects else 404 if not sees else 403)
        assert (FollowUp.objects.get(pk=full.pk).text == "改了") == corrects
        row = client.post(f"/follow-ups/{full.pk}/row/", {"text": "在列表里改"})
        assert row.status_code == (200 if corrects else 404 if not sees else 403)

    def test_the_new_owner_reads_on_and_the_old_one_stops(self, people, login, customer, full):
        Customer.objects.filter(pk=customer.pk).update(owner=people.outsider)
        for person, answer in ((people.owner, 404), (people.outsider, 200)):
            for address in (f"/follow-ups/{full.pk}/", f"/follow-ups/photos/{full.photos.get().pk}/"):
                assert status(login(person), address) == answer

    def test_nobody_is_let_in_without_login(self, client, full):
        for address in ("/follow-ups/", f"/follow-ups/{full.pk}/voice/", "/contacts/", "/follow-ups/due/"):
            assert client.get(address).status_code == 302

    def test_deleting(self, people, login, customer, full):
        FollowUp.objects.filter(pk=full.pk).update(created_at=timezone.now() - dt.timedelta(days=2))
        address = f"/follow-ups/{full.pk}/delete/"
        assert login(people.outsider).post(address).status_code == 404
        assert login(people.finance).post(address).status_code == 403
        login(people.owner).post(address)
        assert FollowUp.objects.exists()  # his day is over
        assert login(people.superior).post(address).status_code == 302
        assert not FollowUp.objects.exists()


class TestRecording:
    def test_with_everything(self, people, login, customer):
        contact = ContactFactory(customer=customer)
        data = form(customer, contact=contact.pk, latitude="31.82", longitude="117.23", accuracy_m="15.5")
        data |= {"photos": [photo(), photo(colour="red")], "voice": voice(), "voice_seconds": "9"}
        tomorrow = timezone.localtime() + dt.timedelta(days=1)
        data["next_at"] = f"{tomorrow:%Y-%m-%dT09:00}"
        assert login(people.owner).post("/follow-ups/new/", data)["Location"] == f"/customers/{customer.pk}/"
        row = FollowUp.objects.get()
        customer.refresh_from_db()
        assert (row.photos.count(), row.voice_seconds, row.accuracy_m) == (2, 9, 15.5)
        assert timezone.localtime(customer.next_contact_at).hour == 9

    def test_a_script_gets_json(self, people, login, customer):
        client = login(people.owner)
        good = client.post("/follow-ups/new/", form(customer), headers={"Accept": "application/json"})
        assert good.json() == {"url": f"/customers/{customer.pk}/"}
        bad = client.post("/follow-ups/new/", form(customer, text=""), headers={"Accept": "application/json"})
        assert (bad.status_code, len(bad.json()["errors"])) == (422, 1)
        assert bad.json()["errors"][0].startswith("沟通内容：")

    @pytest.mark.parametrize(
        "fields",
        [{"text": "字" * 2001}, {"text": "留着", "at": "2020-01-01T00:00"}, {"text": "留着", "voice": "bad"}],
    )
    def test_what_was_typed_stays_when_it_is_refused(self, people, login, customer, fields):
        if fields.get("voice"):
            fields = {**fields, "voice": voice(b"<script>alert(1)</script>", "note.webm")}
        answer = login(people.owner).post("/follow-ups/new/", form(customer, **fields))
        assert answer.status_code == 422
        assert fields["text"] in answer.content.decode()
        assert customer.name in answer.content.decode()
        assert not FollowUp.objects.exists()

    @pytest.mark.parametrize("typed", ["0001-01-01T00:00", "0202-11-30T09:00", "9999-12-31T23:59"])
    def test_a_mistyped_year_of_the_next_contact_is_refused(self, people, login, customer, typed):
        client, row = login(people.owner), FollowUpFactory(customer=customer)
        made = client.post("/follow-ups/new/", form(customer, next_at=typed))
        changed = client.post(f"/follow-ups/{row.pk}/", {"text": "改了", "next_at": typed})
        line = client.post(f"/follow-ups/{row.pk}/row/", {"text": "改了", "next_at": typed})
        earlier = client.post("/follow-ups/new/", form(customer, at=typed))
        for refused in (made, changed, line, earlier):
            assert refused.status_code == 422
            assert "年份应在 2000 到 2100 之间" in refused.content.decode()

    def test_new_lines_count_once(self, people, login, customer):
        login(people.owner).post("/follow-ups/new/", form(customer, text="字\r\n" * 1000))
        assert len(FollowUp.objects.get().text) == 1999  # the last new line is trimmed

    def test_sent_twice_it_is_one(self, people, login, customer):
        data = form(customer)
        for _time in range(2):
            assert login(people.owner).post("/follow-ups/new/", data).status_code == 302
        assert FollowUp.objects.count() == 1

    def test_a_lead(self, people, login):
        lead = LeadFactory(owner=people.owner)
        client = login(people.owner)
        assert lead.name in client.get(f"/follow-ups/new/?lead={lead.pk}").content.decode()
        assert client.post("/follow-ups/new/", form(lead))["Location"] == f"/leads/{lead.pk}/"
        assert "谈价格" in client.get(f"/leads/{lead.pk}/follow-ups/").content.decode()
        assert login(people.outsider).get(f"/leads/{lead.pk}/follow-ups/").status_code == 404

    def test_the_picker_offers_what_may_be_followed_up(self, people, login, customer):
        lead = LeadFactory(owner=people.owner, name="合肥新店")
        CustomerFactory(owner=people.outsider, name="合肥别人")
        shared = CustomerFactory(owner=people.outsider, name="合肥共享")
        CustomerShare.objects.create(customer=shared, user=people.owner)
        names = [row["id"] for row in login(people.owner).get("/follow-ups/targets/?q=合肥").json()]
        assert names == [f"customer-{customer.pk}", f"lead-{lead.pk}"]
        contact = ContactFactory(customer=customer)
        address = f"/follow-ups/contacts/?target=customer-{customer.pk}"
        assert login(people.owner).get(address).json() == [{"id": contact.pk, "name": contact.name}]
        assert login(people.outsider).get(address).json() == []


class TestFiles:
    def test_the_voice_note_comes_with_a_safe_type_and_in_parts(self, people, login, full):
        client = login(people.owner)
        whole = client.get(f"/follow-ups/{full.pk}/voice/")
        data = b"".join(whole.streaming_content)
        assert (whole["Content-Type"], whole["X-Content-Type-Options"]) == ("audio/webm", "nosniff")
        part = client.get(f"/follow-ups/{full.pk}/voice/", headers={"Range": "bytes=4-9"})
        assert (part.status_code, part.content) == (206, data[4:10])
        assert part["Content-Range"] == f"bytes 4-9/{len(data)}"
        beyond = client.get(f"/follow-ups/{full.pk}/voice/", headers={"Range": "bytes=999999-"})
        assert beyond.status_code == 200
        assert b"".join(beyond.streaming_content) == data

    def test_a_file_that_is_gone_is_404(self, people, login, full):
        image = full.photos.get()
        image.image.storage.delete(image.image.name)
        assert login(people.owner).get(f"/follow-ups/photos/{image.pk}/").status_code == 404


class TestList:
    def test_a_lead_is_a_link_for_who_may_open_it(self, people, login):
        row = FollowUpFactory(customer=None, lead=LeadFactory(owner=people.owner, name="新店"))
        for person, opens in ((people.owner, True), (people.finance, False)):
            page = login(person).get("/follow-ups/").content.decode()
            assert "新店" in page
            assert (f"/leads/{row.lead_id}/" in page) == opens

    def test_text_is_text(self, people, login, customer):
        FollowUpFactory(customer=customer, text="<script>alert(1)</script>")
        row = FollowUp.objects.get()
        for address in ("/follow-ups/", f"/follow-ups/{row.pk}/", f"/customers/{customer.pk}/follow-ups/"):
            html = login(people.owner).get(address).content.decode()
            assert "<script>alert" not in html
            assert "&lt;script&gt;alert" in html

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("q=冰柜", 1),
            ("of=lead", 1),
            ("next=due", 1),
            ("next=planned", 1),
            ("next=none", 1),
            ("until=2020-01-01", 0),
        ],
    )
    def test_filters(self, people, login, customer, query, found):
        now = timezone.now()
        FollowUpFactory(customer=customer, text="要冰柜", next_at=now + dt.timedelta(days=1))
        FollowUpFactory(customer=customer, at=now - dt.timedelta(days=3), next_at=now - dt.timedelta(days=1))
        FollowUpFactory(customer=None, lead=LeadFactory(owner=people.owner))
        html = login(people.owner).get(f"/follow-ups/?{query}").content.decode()
        assert html.count("<tr data-pk") == found

    def test_a_row_becomes_a_form_and_back(self, people, login, customer):
        row = FollowUpFactory(customer=customer)
        client, address = login(people.owner), f"/follow-ups/{row.pk}/row/"
        assert "<textarea" in client.get(address).content.decode()
        assert client.get(f"{address}?cancel=1").content.decode().startswith("<tr data-pk")
        refused = client.post(address, {"text": "字" * 2001})
        assert refused.status_code == 422
        assert "字" * 2001 in refused.content.decode()
        shown = client.post(
            address, {"text": "改了"}, headers={"HX-Current-URL": "http://testserver/follow-ups/?cols=text"}
        ).content.decode()
        assert "改了" in shown
        assert shown.count("<td") == 2  # the name and the one column that list shows

    def test_excel_needs_the_permission(self, people, login, customer, full):
        assert login(people.owner).get("/follow-ups/?export=xlsx").status_code == 403
        answer = login(people.superior).get("/follow-ups/?export=xlsx")
        (_head, line) = load_workbook(filename=_file(answer)).active.iter_rows(values_only=True)
        assert "带了样品" in line

    @pytest.mark.parametrize("rows", [1, 3])
    def test_queries(self, people, login, django_assert_num_queries, customer, rows):
        for _n in range(rows):
            services.record_follow_up(actor=people.owner, customer=customer, text="好", photos=[photo()])
            ContactFactory(customer=customer, birthday=timezone.localdate())
        client = login(people.owner)
        for address, count in QUERIES.items():
            address = address.format(customer=customer.pk)
            client.get(address)
            with django_assert_num_queries(count):  # literal: the same with 1 and 3 rows
                assert client.get(address).status_code == 200


QUERIES = {
    "/follow-ups/": 8,
    "/customers/{customer}/follow-ups/": 11,
    "/customers/{customer}/contacts/": 8,
    "/contacts/": 7,
}


def _file(answer):
    return io.BytesIO(b"".join(answer.streaming_content))


def test_the_due_list(people, login, customer):
    assert login(people.owner).get("/follow-ups/due/").context["rows"] == []
    now = timezone.now()
    Customer.objects.filter(pk=customer.pk).update(next_contact_at=now - dt.timedelta(days=2))
    lead = LeadFactory(owner=people.owner, next_contact_at=now)
    html = login(people.owner).get("/follow-ups/due/").content.decode()
    assert f"/follow-ups/new/?customer={customer.pk}" in html
    assert f"/follow-ups/new/?lead={lead.pk}" in html
    assert customer.name not in login(people.outsider).get("/follow-ups/due/").content.decode()
    whose = login(people.superior).get(f"/follow-ups/due/?owner={people.colleague.pk}").content.decode()
    assert customer.name not in whose
    finance = login(people.finance).get("/follow-ups/due/").content.decode()
    assert customer.name in finance
    assert lead.name not in finance  # whose pages finance may not open


class TestContacts:
    def test_a_person_below_another(self, people, login, customer):
        boss = ContactFactory(customer=customer, name="王老板")
        client = login(people.owner)
        address = f"/customers/{customer.pk}/contacts/new/?reports_to={boss.pk}"
        assert f'value="{boss.pk}" selected' in client.get(address).content.decode()
        fields = {"name": "小李", "reports_to": boss.pk, "role": "uses", "project": "冷饮", "hobbies": "钓鱼"}
        assert client.post(address, fields).status_code == 302
        person = Contact.objects.get(name="小李")
        assert (person.reports_to, person.role, person.project) == (boss, "uses", "冷饮")
        tree = client.get(f"/customers/{customer.pk}/contacts/").content.decode()
        assert tree.index("王老板") < tree.index("小李")
        assert tree.count("<ul") == 2

    def test_rings_and_strangers_are_refused(self, people, login, customer):
        boss = ContactFactory(customer=customer)
        person = ContactFactory(customer=customer, reports_to=boss)
        client = login(people.owner)
        for superior in (person, boss, ContactFactory()):
            answer = client.post(
                f"/customers/{customer.pk}/contacts/{boss.pk}/", {"name": "改名", "reports_to": superior.pk}
            )
            assert answer.status_code == 422
            assert "改名" in answer.content.decode()
        boss.refresh_from_db()
        assert boss.reports_to is None

    def test_who_answered_to_a_removed_person_answers_to_his_superior(self, people, login, customer):
        boss = ContactFactory(customer=customer)
        middle = ContactFactory(customer=customer, reports_to=boss)
        person = ContactFactory(customer=customer, reports_to=middle)
        login(people.owner).post(f"/customers/{customer.pk}/contacts/{middle.pk}/delete/")
        person.refresh_from_db()
        assert person.reports_to == boss

    def test_the_tree_for_readers_and_outsiders(self, people, login, customer):
        ContactFactory(customer=customer, name="<b>粗</b>")
        CustomerShare.objects.create(customer=customer, user=people.colleague)
        address = f"/customers/{customer.pk}/contacts/"
        html = login(people.colleague).get(address).content.decode()
        assert "&lt;b&gt;粗" in html
        assert "reports_to" not in html
        assert login(people.outsider).get(address).status_code == 404

    def test_the_list_searches_what_i_see(self, people, login, customer):
        today = timezone.localdate()
        mine = ContactFactory(customer=customer, name="张三", birthday=dt.date(2000, today.month, today.day))
        mine.phones.create(customer=customer, raw="13800138000", e164="+8613800138000")
        ContactFactory(customer=CustomerFactory(owner=people.outsider), name="张四")
        ContactFactory(customer=customer, name="李五")
        client = login(people.owner)
        for query, found in (("", 2), ("q=张", 1), ("q=0138000", 1), ("birthday=0", 1)):
            assert client.get(f"/contacts/?{query}").content.decode().count("<tr data-pk") == found, query
        assert client.get("/contacts/?export=xlsx").status_code == 403
        answer = login(people.superior).get("/contacts/?export=xlsx")
        lines = list(load_workbook(filename=_file(answer)).active.iter_rows(values_only=True))
        assert len(lines) == 3
        assert any("13800138000" in line for line in lines)
