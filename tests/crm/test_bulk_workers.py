"""Bulk actions that workers carry out: killed, lost, taken over, given up and continued."""

import datetime as dt

import pytest
from django.utils import timezone

from crm.enums import BulkKind, BulkState
from crm.models import BulkJob, Customer
from crm.services import bulk
from crm.services.bulk import jobs
from crm.tasks import bulk as tasks
from tests.crm.bulk_jobs import chosen
from tests.factories import CustomerFactory

pytestmark = pytest.mark.django_db


class Killed(BaseException):
    """What kill -9 looks like from inside: nothing after it happens."""


def test_a_killed_action_goes_on_where_it_was(people, monkeypatch):
    monkeypatch.setattr(jobs, "BATCH_ROWS", 2)
    shops = [CustomerFactory(owner=people.owner) for _ in range(5)]
    job = bulk.start(
        actor=people.owner,
        kind=BulkKind.CHANGE,
        params={"values": {"level": "A"}},
        rows=chosen(*shops),
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
        actor=people.owner, kind=BulkKind.CHANGE, params={"values": {"level": "A"}}, rows=chosen(shop)
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
        actor=people.owner, kind=BulkKind.CHANGE, params={"values": {"level": "A"}}, rows=chosen(shop)
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
        actor=people.owner, kind=BulkKind.CHANGE, params={"values": {"level": "A"}}, rows=chosen(shop)
    )
    people.owner.is_active = False
    people.owner.save()
    assert bulk.run_job(job.pk).state == BulkState.FAILED
    shop.refresh_from_db()
    assert shop.level == ""


def test_the_sweeper_nudges_the_task(people):
    shop = CustomerFactory(owner=people.owner)
    job = bulk.start(
        actor=people.owner, kind=BulkKind.CHANGE, params={"values": {"level": "A"}}, rows=chosen(shop)
    )
    BulkJob.objects.filter(pk=job.pk).update(heartbeat_at=timezone.now() - dt.timedelta(minutes=6))
    tasks.sweep_bulk_jobs()
    job.refresh_from_db()
    assert job.state == BulkState.DONE
