"""The life that all jobs share: one worker has a job, silence is a dead worker, and who was given up changes nothing more."""

import datetime as dt

import pytest
from django.apps import apps
from django.utils import timezone

from common.jobs import FAILED, QUEUED, RUNNING, JobLife, LostClaim
from crm.models import GeocodeJob
from tests.factories import UserFactory

LIFE = JobLife(GeocodeJob, max_attempts=2)
LATER = dt.timedelta(minutes=6)


@pytest.fixture
def job(db):
    return GeocodeJob.objects.create(provider="amap", created_by=UserFactory(), heartbeat_at=timezone.now())


def state(job):
    job.refresh_from_db()
    return job.state


def test_a_job_is_claimed_by_one(job):
    claimed = LIFE.claim(job.pk)
    assert (claimed.state, claimed.attempts) == (RUNNING, 1)
    assert LIFE.claim(job.pk) is None


def test_a_worker_that_was_given_up_loses_the_job_and_fails_it_no_more(job):
    late = LIFE.claim(job.pk)
    LIFE.alive(late, done=3)
    assert LIFE.sweep("%(count)s") == []  # it has just told that it lives
    assert LIFE.sweep("%(count)s", now=timezone.now() + LATER) == [job.pk]
    other = LIFE.claim(job.pk)
    for lost in (LIFE.alive, lambda job: LIFE.end(job, "done")):
        with pytest.raises(LostClaim):
            lost(late)
    LIFE.fail(late, "no")
    assert state(job) == RUNNING
    LIFE.end(other, "done")
    assert (state(job), job.done) == ("done", 3)


def test_what_fails_says_why_and_when(job):
    LIFE.fail(LIFE.claim(job.pk), "why" * 200)
    assert state(job) == FAILED
    assert job.message.startswith("whywhy")
    assert len(job.message) == 400
    assert job.finished_at is not None


def test_what_kills_its_workers_is_given_up(job):
    now = timezone.now() + LATER
    assert LIFE.claim(job.pk)
    assert LIFE.sweep("after %(count)s", now=now) == [job.pk]
    assert LIFE.claim(job.pk)
    assert LIFE.sweep("after %(count)s", now=now + LATER) == []
    assert (state(job), job.message) == (FAILED, "after 2")


def test_a_job_whose_message_was_lost_is_nudged_where_that_is_asked_for(job):
    now = timezone.now() + LATER
    assert LIFE.sweep("", now=now, states=[RUNNING]) == []
    assert LIFE.sweep("", now=now) == [job.pk]
    assert (state(job), job.attempts) == (QUEUED, 0)


def test_a_job_moves_only_from_where_it_is(job):
    assert not LIFE.move(job.pk, (RUNNING, FAILED), "done")
    assert not LIFE.move(job.pk, QUEUED, "done", guard={"attempts": 7})
    assert LIFE.move(job.pk, QUEUED, "done")


def test_the_states_of_a_job_have_one_name():
    """What waits and has a heartbeat waits under the name that the shared life asks for."""
    lives = {
        model
        for model in apps.get_models()
        if {"heartbeat_at", "attempts", "message", "state"} <= {field.name for field in model._meta.fields}
    }
    for model in lives:
        assert {QUEUED, RUNNING, FAILED} <= set(dict(model._meta.get_field("state").flatchoices)), model
    assert len(lives) >= 7
