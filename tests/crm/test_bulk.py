"""Bulk actions: what each kind does, each row judged by itself, and how it is taken back."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from comms.models import Notification
from crm.enums import BulkState
from crm.models import Customer, CustomerShare, OwnerChange, Tag
from crm.rules.bulk import may_undo
from crm.services import bulk
from tests.crm.bulk_jobs import reasons, reload, run
from tests.factories import CustomerFactory, DictionaryFactory

pytestmark = pytest.mark.django_db


# --- each kind
def test_a_hand_over_with_its_note(people):
    shop, other = CustomerFactory(owner=people.owner), CustomerFactory(owner=people.owner)
    params = {"owner": people.colleague.pk, "note": "周五前要回访"}
    job = run(people.superior, "transfer", params, shop, other)
    assert (job.state, job.changed, job.refused) == (BulkState.DONE, 2, 0)
    reload(shop, other)
    assert shop.owner == other.owner == people.colleague
    change = OwnerChange.objects.filter(customer=shop).latest("pk")
    assert (change.reason, change.note, change.from_user) == ("transferred", "周五前要回访", people.owner)
    notice = Notification.objects.get(recipient=people.colleague)
    assert "2" in notice.title
    assert "王经理" in notice.title
    assert notice.body == "周五前要回访"


def test_the_old_owner_loses_access_at_once(people, login):
    shop = CustomerFactory(owner=people.owner)
    CustomerShare.objects.create(customer=shop, user=people.owner)  # left from before it was his
    client = login(people.owner)
    assert client.get(f"/customers/{shop.pk}/").status_code == 200
    run(people.superior, "transfer", {"owner": people.colleague.pk, "note": ""}, shop)
    assert client.get(f"/customers/{shop.pk}/").status_code == 404


def test_rows_are_refused_one_by_one(people):
    mine = CustomerFactory(owner=people.owner, name="甲店")
    his = CustomerFactory(owner=people.colleague, name="乙店")
    lent = CustomerFactory(owner=people.outsider, name="丙店")
    foreign = CustomerFactory(owner=people.outsider, name="丁店")
    CustomerShare.objects.create(customer=lent, user=people.superior)
    params = {"owner": people.colleague.pk, "note": ""}
    job = run(people.superior, "assign", params, mine, his, lent, foreign)
    assert (job.changed, job.refused, job.done) == (1, 3, 4)
    assert set(reasons(job)) == {"乙店", "丙店", "丁店"}
    assert len(set(reasons(job).values())) == 3
    reload(lent, foreign)
    assert lent.owner == foreign.owner == people.outsider


def test_a_new_owner_out_of_scope_refuses_every_row(people):
    shop = CustomerFactory(owner=people.owner)
    job = run(people.superior, "assign", {"owner": people.outsider.pk, "note": ""}, shop)
    assert (job.state, job.changed, job.refused) == (BulkState.DONE, 0, 1)
    assert all(reasons(job).values())
    assert not Notification.objects.exists()


def test_giving_back_to_the_pool(people):
    shop, pooled = CustomerFactory(owner=people.owner), CustomerFactory(owner=None, name="公海店")
    job = run(people.admin, "release", {"owner": None, "note": "关店"}, shop, pooled)
    assert (job.changed, list(reasons(job))) == (1, ["公海店"])
    reload(shop)
    assert shop.owner is None


def test_sharing_many_until_a_day(people, login):
    shops = [CustomerFactory(owner=people.owner) for _ in range(2)]
    his = CustomerFactory(owner=people.colleague, name="他的店")
    ends = (timezone.now() + dt.timedelta(days=3)).isoformat()
    params = {"user": people.colleague.pk, "can_write": True, "expires_at": ends, "note": "代管"}
    job = run(people.superior, "share", params, *shops, his)
    assert (job.changed, list(reasons(job))) == (2, ["他的店"])
    client = login(people.colleague)
    assert client.get(f"/customers/{shops[0].pk}/edit/").status_code == 200
    assert Notification.objects.get(recipient=people.colleague).body == "代管"
    CustomerShare.objects.update(expires_at=timezone.now())
    assert client.get(f"/customers/{shops[0].pk}/").status_code == 404


def test_what_was_shared_with_me_is_not_mine_to_share(people):
    lent = CustomerFactory(owner=people.outsider)
    CustomerShare.objects.create(customer=lent, user=people.owner, can_write=True)
    params = {"user": people.colleague.pk, "can_write": False, "expires_at": None, "note": ""}
    job = run(people.owner, "share", params, lent)
    assert (job.changed, job.refused) == (0, 1)
    assert not CustomerShare.objects.filter(user=people.colleague).exists()


def test_tags_come_and_go(people):
    tag, kept = Tag.objects.create(name="重点"), Tag.objects.create(name="冰柜")
    has, bare = CustomerFactory(owner=people.owner), CustomerFactory(owner=people.owner)
    has.tags.add(tag, kept)
    job = run(people.owner, "add_tags", {"tags": [tag.pk]}, has, bare)
    assert (job.changed, job.refused) == (1, 1)
    assert set(bare.tags.all()) == {tag}
    job = run(people.owner, "remove_tags", {"tags": [tag.pk]}, has, bare)
    assert job.changed == 2
    assert set(has.tags.all()) == {kept}
    assert not bare.tags.exists()


def test_fields_change_with_an_audit_line(people, login):
    region = DictionaryFactory(kind="region", name="庐阳")
    shop = CustomerFactory(owner=people.owner, level="B")
    same = CustomerFactory(owner=people.owner, level="A", region=region, name="已是")
    job = run(people.owner, "change", {"values": {"level": "A", "region": region.pk}}, shop, same)
    assert (job.changed, list(reasons(job))) == (1, ["已是"])
    reload(shop)
    assert (shop.level, shop.region) == ("A", region)
    assert "庐阳" in login(people.owner).get(f"/customers/{shop.pk}/").content.decode()


def test_a_channel_is_no_region(people):
    channel = DictionaryFactory(kind="channel")
    shop = CustomerFactory(owner=people.owner)
    job = run(people.owner, "change", {"values": {"region": channel.pk}}, shop)
    assert (job.changed, job.refused) == (0, 1)


# --- undo
@pytest.mark.parametrize("kind", ["assign", "release"])
def test_owners_go_back_with_their_clock(people, kind):
    received = timezone.localdate() - dt.timedelta(days=40)
    shop = CustomerFactory(owner=people.owner, received_on=received)
    moved = CustomerFactory(owner=people.owner, name="又转走")
    owner = people.colleague.pk if kind == "assign" else None
    job = run(people.admin, kind, {"owner": owner, "note": ""}, shop, moved)
    run(people.admin, "assign", {"owner": people.outsider.pk, "note": ""}, moved)
    bulk.undo(actor=people.admin, job=job)
    job = bulk.run_job(job.pk)
    assert job.state == BulkState.UNDONE
    reload(shop, moved)
    assert (shop.owner, shop.received_on, moved.owner) == (people.owner, received, people.outsider)
    assert list(reasons(job)) == ["又转走"]
    assert OwnerChange.objects.filter(customer=shop).latest("pk").reason == "undone"


def test_tags_and_fields_go_back_where_nobody_touched_them(people):
    tag = Tag.objects.create(name="重点")
    shop, later = (CustomerFactory(owner=people.owner, level="B") for _ in range(2))
    tagged = run(people.owner, "add_tags", {"tags": [tag.pk]}, shop, later)
    levelled = run(people.owner, "change", {"values": {"level": "A"}}, shop, later)
    later.tags.clear()
    Customer.objects.filter(pk=later.pk).update(level="C")
    for job in (tagged, levelled):
        bulk.undo(actor=people.owner, job=job)
        bulk.run_job(job.pk)
        assert list(job.items.filter(undone=True).values_list("customer", flat=True)) == [shop.pk]
        assert list(reasons(job)) == [later.name]
    reload(shop, later)
    assert (shop.level, shop.tags.count(), later.level) == ("B", 0, "C")


def test_removed_tags_and_former_terms_come_back(people):
    tag = Tag.objects.create(name="重点")
    shop = CustomerFactory(owner=people.owner)
    shop.tags.add(tag)
    CustomerShare.objects.create(customer=shop, user=people.outsider, can_write=True)
    removed = run(people.owner, "remove_tags", {"tags": [tag.pk]}, shop)
    terms = {"can_write": False, "expires_at": None, "note": ""}
    again = run(people.owner, "share", {"user": people.outsider.pk, **terms}, shop)
    new = run(people.owner, "share", {"user": people.colleague.pk, **terms}, shop)
    for job in (removed, again, new):
        bulk.undo(actor=people.owner, job=job)
        assert bulk.run_job(job.pk).state == BulkState.UNDONE
    assert list(shop.tags.all()) == [tag]
    assert CustomerShare.objects.get(customer=shop).can_write is True


def test_undo_has_an_end_and_happens_once(people):
    shop = CustomerFactory(owner=people.owner, level="B")
    job = run(people.owner, "change", {"values": {"level": "A"}}, shop)
    month = timezone.now() + dt.timedelta(days=30, seconds=1)
    with pytest.raises(ValidationError):
        bulk.undo(actor=people.owner, job=job, now=month)
    bulk.undo(actor=people.owner, job=job)
    with pytest.raises(ValidationError):
        bulk.undo(actor=people.owner, job=job)
    bulk.run_job(job.pk)
    with pytest.raises(ValidationError):
        bulk.undo(actor=people.owner, job=job)


@pytest.mark.parametrize(
    ("change", "answer"),
    [
        ({}, True),
        ({"state": "queued"}, False),
        ({"state": "undone"}, False),
        ({"changed": 0}, False),
        ({"undo_began": True}, False),
        ({"state": "failed"}, True),
    ],
)
def test_who_may_undo(change, answer):
    now = timezone.now()
    values = {"state": "done", "finished_at": now - dt.timedelta(days=29), "changed": 1, "undo_began": False}
    assert may_undo(**{**values, **change}, now=now) is answer
