"""Looking addresses up: a real HTTP server on this machine answers, nothing of ours is replaced."""

import datetime as dt
import json
import os
import signal
import subprocess
import sys

import pytest
from auditlog.models import LogEntry
from django.core.exceptions import ValidationError

from common.geo import Datum, convert, distance_m
from crm.enums import BulkState, LocationStatus, PlaceGap
from crm.models import Customer, GeocodeJob
from crm.queries.places import gap_counts, unplaced_customers
from crm.rules.geocoding import Busy, provider_of
from crm.services import geocoding, suggest_location, update_customer
from crm.services.geocoding import jobs
from crm.services.geocoding.asking import Asker
from crm.tasks.geocoding import run_geocode_job
from tests.crm.geocoder_server import GeocoderServer
from tests.crm.test_geocoding_rules import amap_row
from tests.crm.test_import_kill import database_url
from tests.factories import CustomerFactory, UserFactory

PLACE = (31.8206, 117.229)
GCJ = convert(*PLACE, Datum.WGS84, Datum.GCJ02)


def found(*rows):
    return 200, {"status": "1", "info": "OK", "geocodes": list(rows)}


def reply(query):
    """AMap as it answers to the addresses of these tests."""
    text = query["address"]
    if "无此路" in text:
        return 200, {"status": "0", "info": "ENGINE_RESPONSE_DATA_ERROR", "infocode": "30001"}
    if "两处" in text:
        return found(amap_row(*GCJ), amap_row(GCJ[0] + 0.1, GCJ[1]))
    if "坏" in text:
        return 200, {"status": "0", "info": "INVALID_PARAMS", "infocode": "20000"}
    return found(amap_row(*GCJ))


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def service(settings):
    with GeocoderServer(reply) as server:
        settings.GEOCODER_URL = f"amap://KEY?rate=1000&address={server.address}"
        yield server


def lost(owner, address="望江西路1号", **more):
    """A customer that is not on the map."""
    more = {"latitude": None, "longitude": None, "location_status": "none", "city": "合肥市", **more}
    return CustomerFactory(owner=owner, address=address, **more)


def outcomes(job):
    return dict(job.items.values_list("customer_id", "outcome"))


def test_each_answer_becomes_what_it_says(people, service):
    right = lost(people.owner)
    twice = lost(people.owner, "两处")
    gone = lost(people.owner, "无此路3号")
    bad = lost(people.owner, "坏")
    bare = lost(people.owner, "")
    job = geocoding.start(actor=people.superior, customers=unplaced_customers(people.superior))
    assert job.total == 4
    assert geocoding.run_slice(job.pk) is False
    job.refresh_from_db()
    assert (job.state, job.done) == (BulkState.DONE, 4)
    assert outcomes(job) == {right.pk: "found", twice.pk: "ambiguous", gone.pk: "nothing", bad.pk: "refused"}

    right.refresh_from_db()
    assert right.location_status == LocationStatus.TO_CONFIRM
    assert distance_m(right.latitude, right.longitude, *PLACE) < 0.5  # from AMap's datum into ours
    item = job.items.get(customer=right)
    assert (item.precision, item.matched) == ("门牌号", "安徽省合肥市蜀山区望江西路1号")
    assert LogEntry.objects.get_for_object(right).latest("pk").actor == people.superior
    assert len(job.items.get(customer=twice).candidates) == 2
    assert job.items.get(customer=bad).reason == "INVALID_PARAMS"
    assert not Customer.objects.filter(pk__in=[twice.pk, gone.pk, bad.pk], latitude__isnull=False).exists()

    assert service.asked[0]["address"] == "合肥市望江西路1号"
    assert service.asked[0]["city"] == "合肥市"
    assert "Paodian" in service.asked[0]["agent"]
    counts = gap_counts(unplaced_customers(people.superior))
    assert counts == dict.fromkeys(
        [PlaceGap.TO_CONFIRM, PlaceGap.AMBIGUOUS, PlaceGap.NOTHING, PlaceGap.REFUSED, PlaceGap.NO_ADDRESS], 1
    )
    # Another address is another question.
    update_customer(actor=people.superior, customer=gone, address="望江西路5号")
    assert unplaced_customers(people.superior).get(pk=gone.pk).gap == PlaceGap.NOT_ASKED
    assert bare.pk not in outcomes(job)


def test_a_location_that_is_there_is_never_touched(people, service):
    """One is confirmed before its turn, at another somebody checks in while the service is being asked."""
    customer, confirmed = lost(people.owner), lost(people.owner)
    job = geocoding.start(actor=people.superior, customers=unplaced_customers(people.superior))
    Customer.objects.filter(pk=confirmed.pk).update(
        latitude=30.0, longitude=116.0, location_status=LocationStatus.CONFIRMED
    )

    class Slow(Asker):
        def ask(self, text, city):
            answer = super().ask(text, city)
            suggest_location(customer_id=customer.pk, latitude=31.0, longitude=117.0)
            return answer

    geocoding.run_slice(job.pk, asker=Slow(geocoding.provider_in_use()))
    customer.refresh_from_db()
    confirmed.refresh_from_db()
    assert (customer.latitude, confirmed.latitude) == (31.0, 30.0)
    assert set(outcomes(job).values()) == {"skipped"}
    assert len(service.asked) == 1  # nobody is asked for what is known by now


def test_the_service_says_wait_and_then_answers(people, service):
    customer = lost(people.owner)
    busy = [
        (429, ""),
        (200, {"status": "0", "info": "CUQPS_HAS_EXCEEDED_THE_LIMIT", "infocode": "10021"}),
        (503, ""),
    ]
    service.reply = lambda query: busy.pop() if busy else reply(query)
    job = geocoding.start(actor=people.superior, customers=unplaced_customers(people.superior))
    geocoding.run_slice(job.pk)
    assert outcomes(job) == {customer.pk: "found"}
    assert len(service.asked) == 4


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((200, {"status": "0", "info": "INVALID_USER_KEY", "infocode": "10001"}), "INVALID_USER_KEY"),
        ((403, "no"), "403"),
        ((302, ""), "302"),
        ((500, "broken"), "500"),
        ((200, "<html>"), "JSON"),
        ((200, ["not", "an object"]), "not"),
    ],
)
def test_what_no_address_passes_stops_the_job_and_it_can_be_continued(people, service, answer, words):
    lost(people.owner)
    service.reply = lambda query: answer
    job = geocoding.start(actor=people.superior, customers=unplaced_customers(people.superior))
    geocoding.run_slice(job.pk)
    job.refresh_from_db()
    assert (job.state, job.done) == (BulkState.FAILED, 0)
    assert words in job.message
    assert "KEY" not in job.message.replace("INVALID_USER_KEY", "")
    service.reply = reply
    geocoding.resume(actor=people.superior, job=job)
    geocoding.run_slice(job.pk)
    job.refresh_from_db()
    assert (job.state, job.done, job.message) == (BulkState.DONE, 1, "")


def test_a_service_out_of_reach_stops_the_job_without_telling_the_key(people, settings):
    lost(people.owner)
    with GeocoderServer(reply) as server:
        address = server.address
    settings.GEOCODER_URL = f"amap://KEY?rate=1000&address={address}"
    job = geocoding.start(actor=people.superior, customers=unplaced_customers(people.superior))
    geocoding.run_slice(job.pk)
    job.refresh_from_db()
    assert job.state == BulkState.FAILED
    assert "ConnectionError" in job.message
    assert "KEY" not in job.message


def test_the_pace_is_kept():
    """Requests begin at least 1/rate apart; a service that asks to wait is left alone for longer and longer."""
    now, slept = [100.0], []

    def sleep(seconds):
        slept.append(round(seconds, 3))
        now[0] += seconds

    answers = [found(amap_row(*GCJ)), found(amap_row(*GCJ))] + [(429, "")] * 4
    with GeocoderServer(lambda query: answers.pop(0)) as server:
        asker = Asker(
            provider_of(f"amap://K?rate=2&address={server.address}"), sleep=sleep, clock=lambda: now[0]
        )
        asker.ask("一", "")
        now[0] += 0.2  # the work in between counts
        asker.ask("二", "")
        with pytest.raises(Busy):
            asker.ask("三", "")
    assert slept == [0.3, 0.5, 2.0, 8.0, 8.0]


def test_one_job_at_a_time_and_turns(people, service):
    for _ in range(3):
        lost(people.owner)
    first = geocoding.start(actor=people.superior, customers=unplaced_customers(people.superior))
    second = geocoding.start(actor=people.superior, customers=unplaced_customers(people.superior))
    GeocodeJob.objects.filter(pk=first.pk).update(state=BulkState.RUNNING)
    assert geocoding.run_slice(second.pk) is False
    assert geocoding.waiting_job() is None
    GeocodeJob.objects.filter(pk=first.pk).update(state=BulkState.QUEUED)
    with pytest.MonkeyPatch.context() as over_at_once:
        over_at_once.setattr(jobs, "SLICE_TIME", dt.timedelta(0))
        assert geocoding.run_slice(first.pk) is True
    assert geocoding.waiting_job() == second.pk
    geocoding.run_slice(second.pk)
    geocoding.run_slice(first.pk)
    assert set(outcomes(second).values()) == {"found"}
    assert set(outcomes(first).values()) == {"skipped"}  # the other job was faster
    assert len(service.asked) == 3


def test_undo_takes_away_what_nobody_touched(people, service):
    plain, confirmed, moved = (lost(people.owner) for _ in range(3))
    job = geocoding.start(actor=people.superior, customers=unplaced_customers(people.superior))
    geocoding.run_slice(job.pk)
    Customer.objects.filter(pk=confirmed.pk).update(location_status=LocationStatus.CONFIRMED)
    Customer.objects.filter(pk=moved.pk).update(latitude=30.0)
    assert geocoding.undo(actor=people.superior, job=job) == (1, 2)
    plain.refresh_from_db()
    assert (plain.latitude, plain.cell, plain.location_status) == (None, None, "none")
    assert Customer.objects.filter(pk__in=[confirmed.pk, moved.pk], latitude__isnull=True).count() == 0
    with pytest.raises(ValidationError):
        geocoding.undo(actor=people.superior, job=job)
    assert unplaced_customers(people.superior).get(pk=plain.pk).gap == PlaceGap.NOT_ASKED


def test_only_what_one_may_edit_and_only_with_a_service(people, service, settings):
    lost(people.outsider)
    with pytest.raises(ValidationError):
        geocoding.start(actor=people.superior, customers=Customer.objects.all())
    lost(people.owner)
    for url in ("", "google://KEY"):
        settings.GEOCODER_URL = url
        with pytest.raises(ValidationError):
            geocoding.start(actor=people.superior, customers=Customer.objects.all())
    assert not GeocodeJob.objects.exists()


# --- kill -9
WORKER = """
import datetime as dt, json, os, signal, sys, django
django.setup()
from django.utils import timezone
from crm.models import Customer, GeocodeItem, GeocodeJob
from common.jobs import JobLife
from crm.services import geocoding
job, step = GeocodeJob.objects.get(), sys.argv[1]
if step == "die":
    real, answers = JobLife.alive, []
    def dying(life, job, **counts):
        real(life, job, **counts)
        if counts:  # inside the transaction of an answer
            answers.append(counts)
        if len(answers) == 3:
            os.kill(os.getpid(), signal.SIGKILL)
    JobLife.alive = dying
    geocoding.run_slice(job.pk)
if step == "go on":
    assert geocoding.sweep(timezone.now()) is None, "it may be alive"
    assert geocoding.sweep(timezone.now() + dt.timedelta(minutes=6)) == job.pk
    geocoding.run_slice(job.pk)
job.refresh_from_db()
print(json.dumps(dict(
    state=job.state, done=job.done, found=GeocodeItem.objects.filter(outcome="found").count(),
    waiting=GeocodeItem.objects.filter(outcome="waiting").count(),
    placed=Customer.objects.filter(latitude__isnull=False).count(),
)))
"""


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_kill_9_in_the_middle_of_an_answer(tmp_path, settings, monkeypatch):
    monkeypatch.setattr(run_geocode_job, "delay", lambda job_id: None)  # every message is lost
    boss = UserFactory(role="admin")
    for _ in range(5):
        lost(boss)
    with GeocoderServer(reply) as server:
        settings.GEOCODER_URL = f"amap://KEY?rate=1000&address={server.address}"
        geocoding.start(actor=boss, customers=Customer.objects.all())
        env = {
            **os.environ,
            "DATABASE_URL": database_url(tmp_path),
            "GEOCODER_URL": settings.GEOCODER_URL,
            "DJANGO_SETTINGS_MODULE": "config.settings",
        }

        def work(step):
            command = [sys.executable, "-c", WORKER, step]
            return subprocess.run(
                command, cwd=settings.BASE_DIR, env=env, capture_output=True, text=True, timeout=120
            )

        def said(answer):
            assert answer.returncode == 0, answer.stderr
            return json.loads(answer.stdout.splitlines()[-1])

        assert work("die").returncode == -signal.SIGKILL
        looked = said(work("look"))
        assert looked == {"state": "running", "done": 2, "found": 2, "waiting": 3, "placed": 2}
        done = said(work("go on"))
    assert done == {"state": "done", "done": 5, "found": 5, "waiting": 0, "placed": 5}
    assert len(server.asked) == 6  # the answer that was lost was asked for again
