"""The life of an address look-up: queued → running → done, slice by slice. Only this file assigns a job's state.

Each address is a question without any transaction, then a short transaction with its answer: a worker that is killed
loses at most the answer it was waiting for; how a job is claimed, kept alive and given up is common.jobs'.
"""

from __future__ import annotations

import datetime as dt
import logging

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import in_language_of
from common.jobs import JobLife, LostClaim
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
MOST_ADDRESSES = 20_000
_BATCH = 500
LIFE = JobLife(GeocodeJob)
log = logging.getLogger(__name__)


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
            job = LIFE.claim(job_id)
    except IntegrityError:  # another job runs: one at a time
        return False
    if job is None:
        return False
    with in_language_of(job.created_by):
        try:
            return _run(job, asker)
        except LostClaim:
            log.warning("Address look-up %s was taken over by another worker", job.pk)
        except (Closed, Busy, BadGeocoder) as refusal:
            LIFE.fail(job, _("%(service)s: %(words)s") % {"service": job.service, "words": refusal})
        except ValidationError as error:
            LIFE.fail(job, " ".join(error.messages))
        except Exception:
            log.exception("Address look-up %s stopped", job.pk)
            LIFE.fail(
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
            # The turn is given back; a slice that ended well counts as no attempt.
            LIFE.end(job, BulkState.QUEUED, attempts=0, heartbeat_at=timezone.now())
            return True
        LIFE.alive(job)
        _look_up(job, item, asker)
    LIFE.end(job, BulkState.DONE, finished_at=timezone.now())
    return False


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
    LIFE.alive(job, done=F("done") + 1)
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
def resume(*, actor: User, job: GeocodeJob) -> None:
    """Queue a look-up again that broke off; it goes on with the addresses that are left."""
    if not LIFE.move(
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
    words = _("It was interrupted %(count)s times. The rows before are done; you can continue it.")
    LIFE.sweep(words, now=now, states=[BulkState.RUNNING])
    return waiting_job()


# --- undo
@transaction.atomic
def undo(*, actor: User, job: GeocodeJob) -> tuple[int, int]:
    """Take the suggested locations away again that nobody has confirmed or moved since: (taken away, left).

    Raises ValidationError while the job works, or when it was undone already.
    """
    if not LIFE.move(job.pk, (BulkState.DONE, BulkState.FAILED), BulkState.UNDONE):
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
