"""The life of an address look-up: queued → running → done, slice by slice. Only this file assigns a job's state.

Each address is a question without any transaction, then a short transaction with its answer: a worker that is killed
loses at most the answer it was waiting for. Every step is a conditional UPDATE; `attempts` tells a worker that was
given up from its successor.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import in_language_of
from crm.enums import BulkState, GeocodeOutcome, LocationStatus
from crm.models import Customer, GeocodeItem, GeocodeJob
from crm.querysets import CustomerQuerySet
from crm.rules.geocoding import (
    AddressRefused,
    BadGeocoder,
    Busy,
    Candidate,
    Closed,
    asked_text,
    best,
    judge,
)
from crm.services.audit import log_changes, text
from crm.services.geocoding.asking import Asker, provider_in_use
from crm.services.locations import suggest_location
from crm.signals import geocode_queued

SLICE_TIME = dt.timedelta(seconds=60)  # then other work of the queue has its turn
STALE_AFTER = dt.timedelta(minutes=5)
MAX_ATTEMPTS = 5  # of workers that died
MOST_ADDRESSES = 20_000
_BATCH = 500
log = logging.getLogger(__name__)


class LostClaim(Exception):
    """Another worker has the job."""


def _move(
    job_id: int,
    source: BulkState,
    target: BulkState,
    *,
    guard: Mapping[str, Any] | None = None,
    **fields: Any,
) -> bool:
    """The one door of the state machine; False when the job is not where the caller thinks it is."""
    rows = GeocodeJob.objects.filter(pk=job_id, state=source, **(guard or {}))
    return rows.update(state=target, **fields) == 1


@transaction.atomic
def start(*, actor: User, customers: CustomerQuerySet, now: dt.datetime | None = None) -> GeocodeJob:
    """Queue the addresses of these customers (which must come scoped) that have no location and that the actor may edit.

    Raises ValidationError without a map service, or when none of them has an address.
    """
    try:
        provider = provider_in_use()
    except BadGeocoder as error:
        raise ValidationError(str(error)) from error
    if provider is None:
        raise ValidationError(_("No map service is set up (GEOCODER_URL)."))
    mine = Customer.objects.editable_by(actor).values("pk")
    rows = customers.filter(latitude__isnull=True, pk__in=mine).exclude(address="").order_by("pk")
    asked = [
        (pk, asked_text(province=province, city=city, district=district, address=address))
        for pk, province, city, district, address in rows.values_list(
            "pk", "province", "city", "district", "address"
        )[:MOST_ADDRESSES]
    ]
    asked = [(pk, words) for pk, words in asked if words]
    if not asked:
        raise ValidationError(_("None of these customers has an address and no location."))
    now = now or timezone.now()
    job = GeocodeJob.objects.create(
        provider=provider.name, total=len(asked), created_by=actor, heartbeat_at=now
    )
    GeocodeItem.objects.bulk_create(
        (GeocodeItem(job=job, customer_id=pk, asked=words) for pk, words in asked), batch_size=_BATCH
    )
    geocode_queued.send(GeocodeJob, job_id=job.pk)
    return job


def run_slice(job_id: int, *, asker: Asker | None = None) -> bool:
    """Look up addresses of a queued job for a minute or until none is left; whether the job wants another turn."""
    try:
        with transaction.atomic():
            claimed = _move(
                job_id,
                BulkState.QUEUED,
                BulkState.RUNNING,
                attempts=F("attempts") + 1,
                heartbeat_at=timezone.now(),
            )
    except IntegrityError:  # another job runs: one at a time
        return False
    if not claimed:
        return False
    job: GeocodeJob = GeocodeJob.objects.select_related("created_by").get(pk=job_id)
    with in_language_of(job.created_by):
        try:
            return _run(job, asker)
        except LostClaim:
            log.warning("Address look-up %s was taken over by another worker", job.pk)
        except (Closed, Busy, BadGeocoder) as refusal:
            _fail(job, _("%(service)s: %(words)s") % {"service": job.service, "words": refusal})
        except ValidationError as error:
            _fail(job, " ".join(error.messages))
        except Exception:
            log.exception("Address look-up %s stopped", job.pk)
            _fail(
                job, _("It stopped with an unexpected error; it is in the log. The rows before it are done.")
            )
    return False


def _run(job: GeocodeJob, asker: Asker | None) -> bool:
    provider = provider_in_use()
    if asker is None:
        if provider is None or provider.name != job.provider:
            raise ValidationError(_("The map service was changed; start a new look-up."))
        asker = Asker(provider)
    ends = timezone.now() + SLICE_TIME
    while item := job.items.filter(outcome=GeocodeOutcome.WAITING).select_related("customer").first():
        if timezone.now() >= ends:
            _hand_on(job)
            return True
        _alive(job)
        _look_up(job, item, asker)
    if not _move(
        job.pk,
        BulkState.RUNNING,
        BulkState.DONE,
        guard={"attempts": job.attempts},
        finished_at=timezone.now(),
    ):
        raise LostClaim
    return False


def _hand_on(job: GeocodeJob) -> None:
    """Give the turn back; a slice that ended well counts as no attempt."""
    if not _move(
        job.pk,
        BulkState.RUNNING,
        BulkState.QUEUED,
        guard={"attempts": job.attempts},
        attempts=0,
        heartbeat_at=timezone.now(),
    ):
        raise LostClaim


def _alive(job: GeocodeJob, **counts: Any) -> None:
    """The heartbeat, which inside a transaction also locks the job's row."""
    mine = GeocodeJob.objects.filter(pk=job.pk, state=BulkState.RUNNING, attempts=job.attempts)
    if not mine.update(heartbeat_at=timezone.now(), **counts):
        raise LostClaim


def _look_up(job: GeocodeJob, item: GeocodeItem, asker: Asker) -> None:
    found: list[Candidate] = []
    if item.customer.latitude is not None:
        item.outcome = GeocodeOutcome.SKIPPED
    else:
        try:
            found = asker.ask(item.asked, item.customer.city)
            item.outcome = judge(found)
        except AddressRefused as refusal:
            item.outcome, item.reason = GeocodeOutcome.REFUSED, str(refusal)[:300]
    _store(job, item, found)


@transaction.atomic
def _store(job: GeocodeJob, item: GeocodeItem, found: list[Candidate]) -> None:
    """One answer: the location "to confirm" where there is none yet, and the job's count."""
    _alive(job, done=F("done") + 1)
    item.at = timezone.now()
    item.candidates = [[one.lat, one.lng, one.precision, one.matched] for one in found]
    if item.outcome == GeocodeOutcome.FOUND:
        place = best(found)
        item.latitude, item.longitude = place.lat, place.lng
        item.precision, item.matched = place.precision, place.matched
        taken = suggest_location(
            customer_id=item.customer_id, latitude=place.lat, longitude=place.lng, actor=job.created_by
        )
        if not taken:  # a check-in or a person was faster
            item.outcome = GeocodeOutcome.SKIPPED
    item.save()


# --- what went wrong
def _fail(job: GeocodeJob, message: str) -> None:
    _move(
        job.pk,
        BulkState.RUNNING,
        BulkState.FAILED,
        guard={"attempts": job.attempts},
        message=message[:400],
        finished_at=timezone.now(),
    )


@transaction.atomic
def resume(*, actor: User, job: GeocodeJob) -> None:
    """Queue a look-up again that broke off; it goes on with the addresses that are left."""
    if not _move(
        job.pk, BulkState.FAILED, BulkState.QUEUED, message="", attempts=0, heartbeat_at=timezone.now()
    ):
        raise ValidationError(_("Only an action that broke off can be continued."))
    geocode_queued.send(GeocodeJob, job_id=job.pk)


def waiting_job() -> int | None:
    """The job that has waited longest, when none is running."""
    if GeocodeJob.objects.filter(state=BulkState.RUNNING).exists():
        return None
    rows = GeocodeJob.objects.filter(state=BulkState.QUEUED).order_by("heartbeat_at", "pk")
    return rows.values_list("pk", flat=True).first()


def sweep(now: dt.datetime | None = None) -> int | None:
    """Give up what died too often, take over what died; the job to nudge, if any."""
    now = now or timezone.now()
    guard = {"heartbeat_at__lt": now - STALE_AFTER}
    dead = GeocodeJob.objects.filter(state=BulkState.RUNNING, **guard).values_list("pk", "attempts")
    for pk, attempts in list(dead):
        if attempts >= MAX_ATTEMPTS:
            words = _("It was interrupted %(count)s times. The rows before are done; you can continue it.")
            message = words % {"count": attempts}
            _move(pk, BulkState.RUNNING, BulkState.FAILED, guard=guard, message=message, finished_at=now)
        else:
            _move(pk, BulkState.RUNNING, BulkState.QUEUED, guard=guard, heartbeat_at=now)
    return waiting_job()


# --- undo
@transaction.atomic
def undo(*, actor: User, job: GeocodeJob) -> tuple[int, int]:
    """Take the suggested locations away again that nobody has confirmed or moved since: (taken away, left).

    Raises ValidationError while the job works, or when it was undone already.
    """
    for state in (BulkState.DONE, BulkState.FAILED):
        if _move(job.pk, state, BulkState.UNDONE):
            break
    else:
        raise ValidationError(_("Only a look-up that is over can be undone, and once."))
    items = {item.customer_id: item for item in job.items.filter(outcome=GeocodeOutcome.FOUND)}
    editable = Customer.objects.editable_by(actor).filter(
        location_status=LocationStatus.TO_CONFIRM,
        pk__in=job.items.filter(outcome=GeocodeOutcome.FOUND).values("customer_id"),
    )
    rows = [
        row
        for row in editable.only("pk", "name", "latitude", "longitude").select_for_update(of=("self",))
        if (row.latitude, row.longitude) == (items[row.pk].latitude, items[row.pk].longitude)
    ]
    for at in range(0, len(rows), _BATCH):
        _take_away(actor, job, rows[at : at + _BATCH])
    return len(rows), len(items) - len(rows)


def _take_away(actor: User, job: GeocodeJob, rows: list[Customer]) -> None:
    keys = [row.pk for row in rows]
    Customer.objects.filter(pk__in=keys).update(
        latitude=None, longitude=None, location_status=LocationStatus.NONE
    )
    job.items.filter(customer_id__in=keys).update(outcome=GeocodeOutcome.UNDONE)
    states = [LocationStatus.TO_CONFIRM.value, LocationStatus.NONE.value]
    log_changes(
        actor=actor,
        changes=[
            (
                row,
                {
                    "latitude": [text(row.latitude), text(None)],
                    "longitude": [text(row.longitude), text(None)],
                    "location_status": states,
                },
            )
            for row in rows
        ],
    )
