"""Bulk actions: each row judged by itself, large ones by a worker, all of them to be taken back for 30 days."""

import datetime as dt
import io

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from openpyxl import load_workbook

from comms.models import Notification
from crm.enums import BulkKind, BulkState
from crm.models import BulkItem, BulkJob, Customer, CustomerShare, OwnerChange, Tag
from crm.rules.bulk import may_undo
from crm.services import bulk
from crm.services.bulk import jobs
from crm.tasks import bulk as tasks
from tests.factories import CustomerFactory, DictionaryFactory

pytestmark = pytest.mark.django_db


def chosen(*customers):
    return Customer.objects.filter(pk__in=[customer.pk for customer in customers])


def run(actor, kind, params, *customers):
    job = bulk.start(actor=actor, kind=BulkKind(kind), params=params, customers=chosen(*customers))
    return bulk.run_job(job.pk)


def reasons(job):
    return dict(job.items.exclude(reason="").values_list("customer__name", "reason"))


def reload(*rows):
    for row in rows:
        row.refresh_from_db()


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


# --- workers
class Killed(BaseException):
    """What kill -9 looks like from inside: nothing after it happens."""


def test_a_killed_action_goes_on_where_it_was(people, monkeypatch):
    monkeypatch.setattr(jobs, "BATCH_ROWS", 2)
    shops = [CustomerFactory(owner=people.owner) for _ in range(5)]
    job = bulk.start(
        actor=people.owner,
        kind=BulkKind.CHANGE,
        params={"values": {"level": "A"}},
        customers=chosen(*shops),
    )
    real, calls = jobs.apply, []

    def dying(**kwargs):
        calls.append(1)
        if len(calls) == 2:
            raise Killed
        return real(**kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(jobs, "apply", dying)
        with pytest.raises(Killed):
            bulk.run_job(job.pk)
    job.refresh_from_db()
    assert (job.state, job.done, Customer.objects.filter(level="A").count()) == ("running", 2, 2)
    assert bulk.run_job(job.pk) is None  # nobody takes it while it may be alive
    assert bulk.sweep() == []
    assert bulk.sweep(timezone.now() + dt.timedelta(minutes=6)) == [job.pk]
    job = bulk.run_job(job.pk)
    assert (job.state, job.done, job.changed) == ("done", 5, 5)
    assert Customer.objects.filter(level="A").count() == 5


def test_a_worker_that_lost_its_claim_writes_nothing(people, monkeypatch):
    shop = CustomerFactory(owner=people.owner)
    job = bulk.start(
        actor=people.owner, kind=BulkKind.CHANGE, params={"values": {"level": "A"}}, customers=chosen(shop)
    )
    real = jobs.apply

    def overtaken(**kwargs):
        BulkJob.objects.filter(pk=job.pk).update(attempts=9)
        return real(**kwargs)

    monkeypatch.setattr(jobs, "apply", overtaken)
    assert bulk.run_job(job.pk) is None
    shop.refresh_from_db()
    assert shop.level == ""


def test_what_dies_again_and_again_is_given_up_and_can_be_continued(people):
    shop = CustomerFactory(owner=people.owner)
    job = bulk.start(
        actor=people.owner, kind=BulkKind.CHANGE, params={"values": {"level": "A"}}, customers=chosen(shop)
    )
    BulkJob.objects.filter(pk=job.pk).update(state="running", attempts=5)
    assert bulk.sweep(timezone.now() + dt.timedelta(minutes=6)) == []
    job.refresh_from_db()
    assert job.state == BulkState.FAILED
    assert "5" in job.message
    bulk.resume(actor=people.owner, job=job)
    assert bulk.run_job(job.pk).state == BulkState.DONE


def test_the_worker_asks_again_whether_the_person_may(people):
    shop = CustomerFactory(owner=people.owner)
    job = bulk.start(
        actor=people.owner, kind=BulkKind.CHANGE, params={"values": {"level": "A"}}, customers=chosen(shop)
    )
    people.owner.is_active = False
    people.owner.save()
    assert bulk.run_job(job.pk).state == BulkState.FAILED
    shop.refresh_from_db()
    assert shop.level == ""


def test_the_sweeper_nudges_the_task(people):
    shop = CustomerFactory(owner=people.owner)
    job = bulk.start(
        actor=people.owner, kind=BulkKind.CHANGE, params={"values": {"level": "A"}}, customers=chosen(shop)
    )
    BulkJob.objects.filter(pk=job.pk).update(heartbeat_at=timezone.now() - dt.timedelta(minutes=6))
    tasks.sweep_bulk_jobs()
    job.refresh_from_db()
    assert job.state == BulkState.DONE


# --- pages
def test_the_result_page_and_its_workbook(people, login):
    mine, his = (
        CustomerFactory(owner=people.owner, name="甲店"),
        CustomerFactory(owner=people.colleague, name="=乙店"),
    )
    job = run(people.superior, "assign", {"owner": people.colleague.pk, "note": "<b>x</b>"}, mine, his)
    client = login(people.superior)
    page = client.get(f"/customers/bulk/{job.pk}/").content.decode()
    assert "=乙店" in page
    assert "<b>x</b>" not in page
    assert "甲店" in client.get(f"/customers/bulk/{job.pk}/?show=changed").content.decode()
    answer = client.get(f"/customers/bulk/{job.pk}/?export=refused")
    rows = list(load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active.values)
    assert [row[1] for row in rows[1:]] == ["=乙店"]
    assert client.post(f"/customers/bulk/{job.pk}/undo/").status_code == 302
    mine.refresh_from_db()
    assert mine.owner == people.owner
    assert "甲店" in client.get(f"/customers/bulk/{job.pk}/?show=undone").content.decode()
    assert client.get("/customers/bulk/?page=x&show=nothing").status_code == 200


def test_bulk_actions_of_others_are_not_seen(people, login):
    job = run(people.owner, "change", {"values": {"level": "A"}}, CustomerFactory(owner=people.owner))
    assert login(people.superior).get(f"/customers/bulk/{job.pk}/").status_code == 200
    for path in ("", "progress/"):
        assert login(people.outsider).get(f"/customers/bulk/{job.pk}/{path}").status_code == 404
    assert login(people.outsider).post(f"/customers/bulk/{job.pk}/undo/").status_code == 404
    assert f"/customers/bulk/{job.pk}/" not in login(people.outsider).get("/customers/bulk/").content.decode()


@pytest.mark.parametrize(
    ("kind", "status"), [("assign", 403), ("transfer", 403), ("change", 200), ("nonsense", 404)]
)
def test_a_rep_may_what_his_role_may(people, login, kind, status):
    shop = CustomerFactory(owner=people.owner)
    assert login(people.owner).post(f"/customers/bulk/{kind}/", {"pk": shop.pk}).status_code == status
    assert login(people.finance).post(f"/customers/bulk/{kind}/", {"pk": shop.pk}).status_code in (403, 404)


def test_bad_input_keeps_the_form(people, login):
    shop = CustomerFactory(owner=people.owner)
    client = login(people.superior)
    for kind, fields in (
        ("change", {}),
        ("change", {"level": "Z"}),
        ("add_tags", {}),
        ("share", {"user": people.colleague.pk, "until": "2020-01-01"}),
        ("transfer", {"owner": "", "note": "留着"}),
    ):
        answer = client.post(f"/customers/bulk/{kind}/", {"pk": shop.pk, "go": "1", **fields})
        assert answer.status_code == 422
        assert f'value="{shop.pk}"' in answer.content.decode()
    assert "留着" in answer.content.decode()
    assert not BulkJob.objects.exists()


@pytest.mark.parametrize(
    ("wanted", "back"),
    [
        ("/customers/1/", "/customers/1/"),
        ("//evil.example/", "/customers/"),
        ("https://evil.example/", "/customers/"),
    ],
)
def test_the_way_back_is_a_page_of_ours(people, login, wanted, back):
    shop = CustomerFactory(owner=people.owner)
    fields = {"pk": shop.pk, "go": "1", "level": "A", "next": wanted}
    assert login(people.owner).post("/customers/bulk/change/", fields)["Location"] == back


def test_all_results_of_a_filter(people, login):
    for level in "AAB":
        CustomerFactory(owner=people.owner, level=level)
    foreign = CustomerFactory(owner=people.outsider, level="A")
    client = login(people.owner)
    fields = {"all": "1", "query": "level=A&sort=name&page=3"}
    asked = client.post("/customers/bulk/change/", fields)
    assert asked.context["count"] == 2
    assert 'name="pk"' not in asked.content.decode()
    done = client.post("/customers/bulk/change/", {**fields, "go": "1", "level": "C"})
    assert done.status_code == 302
    assert Customer.objects.filter(owner=people.owner, level="C").count() == 2
    foreign.refresh_from_db()
    assert foreign.level == "A"
    nothing = client.post("/customers/bulk/change/", {"all": "1", "query": "level=nonsense"})
    assert nothing.status_code == 302


def test_more_than_500_rows_are_the_workers(people, login, settings, django_capture_on_commit_callbacks):
    owner = people.owner
    today = timezone.localdate()
    Customer.objects.bulk_create(
        Customer(code=f"M{n}", name=f"店{n}", owner=owner, created_on=today, received_on=today)
        for n in range(501)
    )
    client = login(owner)
    fields = {"all": "1", "query": "", "go": "1", "level": "A"}
    with django_capture_on_commit_callbacks(execute=False) as callbacks:
        answer = client.post("/customers/bulk/change/", fields)
    job = BulkJob.objects.get()
    assert answer["Location"] == f"/customers/bulk/{job.pk}/"
    assert (job.state, job.total, BulkItem.objects.count()) == ("queued", 501, 501)
    assert "hx-get" in client.get(f"/customers/bulk/{job.pk}/").content.decode()
    assert "progress" in client.get(f"/customers/bulk/{job.pk}/progress/").content.decode()
    assert len(callbacks) == 1
    tasks.run_bulk_job(job.pk)
    assert client.get(f"/customers/bulk/{job.pk}/progress/")["HX-Refresh"] == "true"
    assert Customer.objects.filter(level="A").count() == 501
    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"/customers/bulk/{job.pk}/undo/")
    assert Customer.objects.filter(level="").count() == 501


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_of_actions_costs_the_same(people, login, django_assert_num_queries, count):
    for _ in range(count):
        run(people.owner, "change", {"values": {"level": "A"}}, CustomerFactory(owner=people.owner))
    client = login(people.owner)
    with django_assert_num_queries(7):
        assert client.get("/customers/bulk/").status_code == 200
