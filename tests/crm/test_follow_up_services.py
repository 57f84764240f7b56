"""Recording, correcting and deleting follow-ups (B6)."""

import datetime as dt
import uuid
from pathlib import Path

import pytest
from auditlog.models import LogEntry
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.storage import FileSystemStorage
from django.db import connection
from PIL import Image

from crm.models import CustomerShare, Dictionary, FollowUp
from crm.queries import follow_ups as queries
from crm.services import follow_ups as services
from tests.crm.follow_up_files import photo, voice
from tests.factories import ContactFactory, CustomerFactory, FollowUpFactory, LeadFactory
from tests.races import race

NOW = dt.datetime(2026, 3, 10, 4, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)


def record(people, customer, **fields):
    return services.record_follow_up(
        **{"actor": people.owner, "customer": customer, "text": "谈价格", "now": NOW, **fields}
    )


def entry(kind):
    return Dictionary.objects.filter(kind=kind).first()


def stored_files():
    root = Path(settings.MEDIA_ROOT)
    return [path for path in root.rglob("*") if path.is_file()]


@pytest.fixture
def customer(people):
    return CustomerFactory(owner=people.owner)


@pytest.mark.django_db
class TestRecord:
    def test_it_keeps_everything_and_moves_the_customer(self, people, customer):
        contact = ContactFactory(customer=customer)
        row = record(
            people,
            customer,
            text="  谈了价格\r\n下周送样 ",
            at=NOW - HOUR,
            method=entry("follow_method"),
            stage=entry("follow_stage"),
            contact=contact,
            next_at=NOW + DAY,
            materials=Dictionary.objects.filter(kind="material")[:2],
            photos=[photo(), photo(), photo(colour="red")],
            voice=voice(name="x.html"),
            voice_seconds=7,
            latitude=31.8,
            longitude=117.2,
            accuracy_m=12,
        )
        row.refresh_from_db()
        customer.refresh_from_db()
        assert (row.text, row.rep, row.day, row.contact) == (
            "谈了价格\n下周送样",
            people.owner,
            dt.date(2026, 3, 10),
            contact,
        )
        assert (row.materials.count(), row.photos.count()) == (2, 2)  # the same picture twice is one
        assert row.voice.name.endswith(".webm")
        assert (row.voice_seconds, row.accuracy_m) == (7, 12)
        assert (customer.last_follow_up_on, customer.next_contact_at) == (dt.date(2026, 3, 10), NOW + DAY)
        assert set(LogEntry.objects.get_for_object(row).values_list("actor", flat=True)) == {people.owner.pk}

    def test_photos_lose_what_the_phone_wrote_into_them(self, people, customer):
        row = record(people, customer, photos=[photo()])
        with row.photos.get().image.open("rb") as file, Image.open(file) as image:
            assert not image.getexif()
        assert b"SecretPhone" not in Path(row.photos.get().image.path).read_bytes()

    def test_an_older_one_moves_nothing_back(self, people, customer):
        record(people, customer, at=NOW - HOUR, next_at=NOW + DAY)
        record(people, customer, at=NOW - 5 * DAY, next_at=NOW + 9 * DAY)
        customer.refresh_from_db()
        assert (customer.last_follow_up_on, customer.next_contact_at) == (dt.date(2026, 3, 10), NOW + DAY)
        record(people, customer, at=NOW)
        customer.refresh_from_db()
        assert customer.next_contact_at is None  # the latest one plans nothing

    def test_the_business_day_is_the_local_one(self, people, customer):
        late = dt.datetime(2026, 3, 9, 17, 30, tzinfo=dt.UTC)  # 01:30 on the 10th in Shanghai
        assert record(people, customer, at=late).day == dt.date(2026, 3, 10)

    def test_a_lead_moves_too_and_counts_as_contacted(self, people):
        lead = LeadFactory(owner=people.owner)
        record(people, None, lead=lead, next_at=NOW + DAY)
        lead.refresh_from_db()
        assert (lead.last_follow_up_on, lead.next_contact_at, lead.stage) == (
            dt.date(2026, 3, 10),
            NOW + DAY,
            "contacted",
        )

    @pytest.mark.parametrize(
        ("fields", "where"),
        [
            ({"text": "  "}, "text"),
            ({"text": "字" * 2001}, "text"),
            ({"at": NOW + dt.timedelta(minutes=11)}, "at"),
            ({"at": NOW - 367 * DAY}, "at"),
            ({"next_at": NOW}, "next_at"),
            ({"latitude": 31.0}, "latitude"),
            ({"latitude": 131.0, "longitude": 1.0}, "latitude"),
            ({"voice": voice(b"MZ not a voice")}, "voice"),
            ({"voice": voice(), "voice_seconds": 130}, "voice"),
            ({"customer": None}, "target"),
        ],
    )
    def test_bad_input_is_refused_at_its_field_and_nothing_is_kept(self, people, customer, fields, where):
        with pytest.raises(ValidationError) as caught:
            record(people, fields.pop("customer", customer), **fields)
        assert where in caught.value.message_dict
        assert not FollowUp.objects.exists()
        assert stored_files() == []

    def test_2000_characters_fit(self, people, customer):
        assert len(record(people, customer, text="字" * 2000).text) == 2000

    def test_nine_photos_and_entries_of_other_lists_are_refused(self, people, customer):
        with pytest.raises(ValidationError):
            record(people, customer, photos=[photo(colour=(n, n, n)) for n in range(9)])
        with pytest.raises(ValidationError) as caught:
            record(people, customer, method=entry("follow_stage"))
        assert "method" in caught.value.message_dict
        with pytest.raises(ValidationError) as caught:
            record(people, customer, contact=ContactFactory())
        assert "contact" in caught.value.message_dict

    def test_the_same_uuid_makes_one(self, people, customer):
        key = uuid.uuid4()
        first = record(people, customer, uuid=key, photos=[photo()])
        again = record(people, customer, uuid=key, text="其他", photos=[photo(colour="red")])
        assert (again.pk, FollowUp.objects.count(), first.photos.count()) == (first.pk, 1, 1)
        with pytest.raises(ValidationError):
            record(people, CustomerFactory(owner=people.owner), uuid=key)

    def test_who_may_record(self, people, customer):
        for person in (people.owner, people.superior, people.admin):
            record(people, customer, actor=person)
        for person in (people.colleague, people.outsider):
            with pytest.raises(ValidationError):
                record(people, customer, actor=person)
        share = CustomerShare.objects.create(customer=customer, user=people.colleague)
        with pytest.raises(ValidationError):
            record(people, customer, actor=people.colleague)
        CustomerShare.objects.filter(pk=share.pk).update(can_write=True)
        record(people, customer, actor=people.colleague)

    def test_nobody_follows_up_what_is_in_a_pool(self, people):
        pooled = CustomerFactory(owner=None, received_on=None)
        lead = LeadFactory(owner=None, received_on=None)
        for person in (people.owner, people.admin):
            for fields in ({"customer": pooled}, {"customer": None, "lead": lead}):
                with pytest.raises(ValidationError):
                    record(people, fields.pop("customer"), actor=person, **fields)
        done = LeadFactory(owner=people.owner, stage="converted")
        with pytest.raises(ValidationError):
            record(people, None, lead=done)


@pytest.mark.django_db
class TestCorrect:
    def test_author_and_superior_may_and_it_is_audited(self, people, customer):
        row = record(people, customer)
        services.update_follow_up(actor=people.owner, follow_up=row, text="改过", next_at=NOW + DAY)
        customer.refresh_from_db()
        assert customer.next_contact_at == NOW + DAY
        services.update_follow_up(actor=people.superior, follow_up=row, next_at=None)
        customer.refresh_from_db()
        assert customer.next_contact_at is None
        log = LogEntry.objects.get_for_object(row).get(action=LogEntry.Action.UPDATE, changes__has_key="text")
        assert (log.actor, log.changes["text"]) == (people.owner, ["谈价格", "改过"])

    def test_others_may_not(self, people, customer):
        row = record(people, customer)
        CustomerShare.objects.create(customer=customer, user=people.colleague, can_write=True)
        for person in (people.colleague, people.outsider):
            with pytest.raises(ValidationError):
                services.update_follow_up(actor=person, follow_up=row, text="别人")
        with pytest.raises(TypeError):
            services.update_follow_up(actor=people.owner, follow_up=row, at=NOW)

    def test_the_old_owner_loses_it_and_the_new_one_reads_it(self, people, customer):
        row = record(people, customer)
        type(customer).objects.filter(pk=customer.pk).update(owner=people.outsider)
        assert not FollowUp.objects.visible_to(people.owner).exists()
        assert FollowUp.objects.visible_to(people.outsider).get() == row
        with pytest.raises(ValidationError):
            services.update_follow_up(actor=people.owner, follow_up=row, text="还想改")
        with pytest.raises(ValidationError):
            services.update_follow_up(actor=people.outsider, follow_up=row, text="不是我写的")


@pytest.mark.django_db
class TestDelete:
    def test_the_customer_says_what_is_left(self, people, customer, django_capture_on_commit_callbacks):
        record(people, customer, at=NOW - 5 * DAY, next_at=NOW + 2 * DAY)
        row = record(people, customer, at=NOW, next_at=NOW + DAY, photos=[photo()], voice=voice())
        FollowUp.objects.filter(pk=row.pk).update(created_at=NOW)
        assert len(stored_files()) == 2
        with django_capture_on_commit_callbacks(execute=True):
            services.delete_follow_up(actor=people.owner, follow_up=row, now=NOW + HOUR)
        customer.refresh_from_db()
        assert (customer.last_follow_up_on, customer.next_contact_at) == (dt.date(2026, 3, 5), NOW + 2 * DAY)
        assert stored_files() == []

    def test_the_author_has_a_day_the_manager_longer(self, people, customer):
        row = record(people, customer)
        FollowUp.objects.filter(pk=row.pk).update(created_at=NOW)
        later = NOW + DAY + HOUR
        for person in (people.owner, people.outsider):
            with pytest.raises(ValidationError):
                services.delete_follow_up(actor=person, follow_up=row, now=later)
        services.delete_follow_up(actor=people.superior, follow_up=row, now=later)
        customer.refresh_from_db()
        assert customer.last_follow_up_on is None


@pytest.mark.django_db
def test_due_contacts_are_mine_and_open(people, django_assert_num_queries):
    due = CustomerFactory(owner=people.owner, next_contact_at=NOW - DAY)
    lead = LeadFactory(owner=people.owner, next_contact_at=NOW + HOUR)
    CustomerFactory(owner=people.owner, next_contact_at=NOW + 2 * DAY)
    CustomerFactory(owner=people.owner, next_contact_at=NOW, status="inactive")
    LeadFactory(owner=people.owner, next_contact_at=NOW, stage="lost")
    CustomerFactory(owner=people.outsider, next_contact_at=NOW)
    day = dt.date(2026, 3, 10)
    queries.due_contacts(people.owner, day)
    with django_assert_num_queries(3):
        found = queries.due_contacts(people.owner, day)
    assert [(row.kind, row.pk) for row in found] == [("customer", due.pk), ("lead", lead.pk)]
    assert found[0].days_late(day) == 1
    assert queries.count_due(people.owner, day) == 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor == "sqlite", reason="needs a database with many writers")
def test_a_double_tap_makes_one(people):
    customer = CustomerFactory(owner=people.owner)
    key = uuid.uuid4()
    send = lambda: record(people, customer, uuid=key)  # noqa: E731
    first, second = race(send, send)
    assert first.pk == second.pk
    assert FollowUp.objects.count() == 1


@pytest.mark.django_db
def test_nothing_is_kept_when_the_storage_fails(people, customer, monkeypatch):
    def full(self, name, content, **kwargs):
        raise OSError("no space left on device")

    row = FollowUpFactory(customer=customer)
    monkeypatch.setattr(FileSystemStorage, "save", full)
    with pytest.raises(OSError, match="no space"):
        record(people, customer, photos=[photo()])
    assert FollowUp.objects.get() == row
