"""A lead becomes a customer with everything it brought (C3)."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.db import connection

from crm.enums import LeadEventKind, OwnerChangeReason
from crm.models import Contact, Customer, FollowUp, FollowUpPhoto, Lead, LeadContact, Phone
from crm.services import leads as services
from tests.factories import CustomerFactory, DictionaryFactory, LeadFactory
from tests.races import race

NOW = dt.datetime(2026, 3, 10, 4, tzinfo=dt.UTC)
DAY = dt.date(2026, 3, 9)


def rich_lead(people):
    lead = services.create_lead(
        actor=people.owner,
        name="蜗牛烘焙坊",
        contact="王芳",
        job="店长",
        phones="13800138000、0551-62345678",
        province="安徽省",
        city="合肥市",
        district="蜀山区",
        address="长江西路1号",
        latitude=31.85,
        longitude=117.2,
        tax_id="91340100MA2N00001X",
        notes="想要样品",
        extra={"面积": "80"},
        region=DictionaryFactory(kind="region", name="蜀山北"),
        source=DictionaryFactory(kind="source", name="农博会"),
        industry=DictionaryFactory(kind="industry", name="手工烘焙"),
    )
    LeadContact.objects.create(
        lead=lead, name="李雷", job="采购", raw="13900139000", e164="+8613900139000", position=7
    )
    LeadContact.objects.create(lead=lead, name="", raw="4001234567", position=8)
    talk = FollowUp.objects.create(lead=lead, rep=people.owner, at=NOW, day=DAY, text="谈了样品")
    FollowUpPhoto.objects.create(follow_up=talk, image=ContentFile(b"p", name="p.jpg"), sha256="0" * 64)
    Lead.objects.filter(pk=lead.pk).update(last_follow_up_on=DAY, next_contact_at=NOW + dt.timedelta(days=2))
    lead.refresh_from_db()
    return lead


@pytest.mark.django_db
class TestNewCustomer:
    def test_carries_everything(self, people):
        lead = rich_lead(people)
        customer = services.convert_lead(actor=people.owner, lead=lead, now=NOW)
        customer = Customer.objects.get(pk=customer.pk)
        for field in (
            *("name", "province", "city", "district", "address", "latitude", "longitude", "tax_id", "notes"),
            *("extra", "region", "source", "industry", "owner", "last_follow_up_on", "next_contact_at"),
        ):
            assert getattr(customer, field) == getattr(lead, field), field
        assert customer.location_status == "to_confirm"
        people_there = {
            contact.name: (contact.position, contact.is_primary, [p.raw for p in contact.phones.all()])
            for contact in customer.contacts.all()
        }
        assert people_there == {
            "王芳": ("店长", True, ["13800138000", "0551-62345678"]),
            "李雷": ("采购", False, ["13900139000"]),
        }
        assert list(customer.phones.filter(contact=None).values_list("raw", flat=True)) == ["4001234567"]
        talk = FollowUp.objects.get()
        assert (talk.customer, talk.lead, talk.photos.count()) == (customer, None, 1)
        for text in ("139001", "李雷", "wnhb"):
            assert list(Customer.objects.search(text)) == [customer]

    def test_closes_the_lead_and_writes_both_histories(self, people):
        lead = rich_lead(people)
        customer = services.convert_lead(actor=people.superior, lead=lead, now=NOW)
        lead.refresh_from_db()
        assert (lead.stage, lead.customer, lead.converted_at) == ("converted", customer, NOW)
        assert customer.owner == people.owner
        change = customer.owner_changes.get()
        assert (change.reason, change.to_user, change.by) == (
            OwnerChangeReason.CONVERTED,
            people.owner,
            people.superior,
        )
        event = lead.events.get(kind=LeadEventKind.CONVERTED)
        assert (event.from_stage, event.to_stage, event.note) == ("new", "converted", customer.code)

    def test_twice_is_the_same_customer(self, people):
        lead = rich_lead(people)
        first = services.convert_lead(actor=people.owner, lead=lead)
        again = services.convert_lead(actor=people.owner, lead=lead)
        assert first == again
        assert Customer.objects.count() == 1
        assert Phone.objects.count() == 4

    def test_out_of_the_pool_it_is_the_converters(self, people):
        lead = LeadFactory(owner=None)
        customer = services.convert_lead(actor=people.admin, lead=lead)
        lead.refresh_from_db()
        assert customer.owner == lead.owner == people.admin

    def test_own_fields_go_before_the_leads(self, people):
        customer = services.convert_lead(actor=people.owner, lead=rich_lead(people), name="新名字", level="A")
        assert (customer.name, customer.level) == ("新名字", "A")

    def test_a_refusal_leaves_everything_as_it_was(self, people):
        lead = rich_lead(people)
        CustomerFactory(code="X1", owner=people.owner)
        with pytest.raises(ValidationError):
            services.convert_lead(actor=people.owner, lead=lead, code="X1")
        lead.refresh_from_db()
        assert (lead.stage, lead.customer, FollowUp.objects.get().lead) == ("new", None, lead)
        assert Customer.objects.count() == 1

    def test_not_out_of_the_recycle_bin(self, people):
        lead = LeadFactory(owner=people.owner, deleted_at=NOW)
        with pytest.raises(ValidationError):
            services.convert_lead(actor=people.owner, lead=lead)

    def test_a_customer_is_changed_as_a_lead_no_more(self, people):
        lead = LeadFactory(owner=people.owner)
        services.convert_lead(actor=people.owner, lead=lead)
        for change in (
            lambda: services.update_lead(actor=people.owner, lead=lead, name="x"),
            lambda: services.change_stage(actor=people.owner, lead=lead, stage="new"),
        ):
            with pytest.raises(ValidationError):
                change()


@pytest.mark.django_db
class TestIntoExisting:
    def test_fills_gaps_and_overwrites_nothing(self, people):
        lead = rich_lead(people)
        customer = CustomerFactory(
            owner=people.owner,
            name="蜗牛烘焙",
            address="老地址",
            notes="老客户",
            tax_id="",
            extra={"面积": "60"},
            last_follow_up_on=DAY + dt.timedelta(days=1),
            next_contact_at=NOW,
        )
        main = Contact.objects.create(customer=customer, name="李雷", position="老板", is_primary=True)
        Phone.objects.create(customer=customer, contact=main, raw="139 0013 9000", e164="+8613900139000")
        answer = services.convert_lead(actor=people.owner, lead=lead, into=customer)
        customer.refresh_from_db()
        assert answer == customer
        assert (customer.name, customer.address, customer.latitude) == ("蜗牛烘焙", "老地址", 31.8206)
        assert (customer.tax_id, customer.region) == (lead.tax_id, lead.region)
        assert customer.notes == "老客户\n想要样品"
        assert customer.extra == {"面积": "60"}
        # It was talked to since: the later word stays.
        assert (customer.last_follow_up_on, customer.next_contact_at) == (DAY + dt.timedelta(days=1), NOW)
        assert {c.name: (c.position, c.is_primary) for c in customer.contacts.all()} == {
            "李雷": ("老板", True),
            "王芳": ("店长", False),
        }
        assert Phone.objects.filter(customer=customer, e164="+8613900139000").count() == 1
        assert FollowUp.objects.get().customer == customer
        assert not customer.owner_changes.exists()

    def test_only_into_a_customer_one_may_change(self, people):
        lead = rich_lead(people)
        with pytest.raises(ValidationError):
            services.convert_lead(actor=people.owner, lead=lead, into=CustomerFactory(owner=people.outsider))
        lead.refresh_from_db()
        assert lead.stage == "new"

    def test_long_notes_do_not_break_it(self, people):
        customer = CustomerFactory(owner=people.owner, notes="字" * 1999)
        services.convert_lead(actor=people.owner, lead=rich_lead(people), into=customer)
        customer.refresh_from_db()
        assert len(customer.notes) <= 2000


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="row locks are PostgreSQL's")
def test_two_conversions_at_once_make_one_customer(people):
    lead = rich_lead(people)
    results = race(*[lambda: services.convert_lead(actor=people.owner, lead=lead)] * 2)
    assert [type(result) for result in results] == [Customer, Customer]
    assert results[0] == results[1]
    assert Customer.objects.count() == 1
