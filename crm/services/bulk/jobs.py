"""The life of a bulk action: queued → running → done, and back again. Only this file assigns a job's state.

Each batch is one transaction with its items and the job's counters, so that a worker that is killed leaves whole
batches behind; how it is claimed, kept alive and given up is common.jobs'.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import F, QuerySet, Value
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from accounts.services import in_language_of
from common.jobs import JobLife, LostClaim
from crm.enums import BulkKind, BulkState
from crm.models import BulkItem, BulkJob, Customer, Lead
from crm.rules.bulk import may_undo
from crm.services.bulk import leads
from crm.services.bulk.actions import apply
from crm.services.bulk.items import write_items
from crm.services.bulk.notices import tell
from crm.services.bulk.undo import revert

BATCH_ROWS = 500
PERMISSIONS: Mapping[BulkKind, str] = {
    BulkKind.ASSIGN: "crm.assign_customer",
    BulkKind.TRANSFER: "crm.assign_customer",
    BulkKind.RELEASE: "crm.change_customer",
    BulkKind.SHARE: "crm.change_customer",
    BulkKind.ADD_TAGS: "crm.change_customer",
    BulkKind.REMOVE_TAGS: "crm.change_customer",
    BulkKind.CHANGE: "crm.change_customer",
    BulkKind.PLACE_RIGHT: "crm.confirm_location",
    BulkKind.PLACE_WRONG: "crm.confirm_location",
    BulkKind.LEAD_ASSIGN: "crm.assign_lead",
    BulkKind.LEAD_STAGE: "crm.change_lead",
    BulkKind.LEAD_RELEASE: "crm.change_lead",
    BulkKind.LEAD_DELETE: "crm.delete_lead",
    BulkKind.LEAD_RESTORE: "crm.delete_lead",
    BulkKind.LEAD_PURGE: "crm.purge_lead",
}
LIFE = JobLife(BulkJob)  # a batch takes a second or two
log = logging.getLogger(__name__)


@transaction.atomic
def start(
    *,
    actor: User,
    kind: BulkKind,
    params: Mapping[str, Any],
    rows: QuerySet[Customer] | QuerySet[Lead],
    now: dt.datetime | None = None,
) -> BulkJob:
    """Queue `kind` for these customers or leads, which must come scoped; they are copied inside the database.

    `params`: owner and note (assign, transfer), note (release), user, can_write, expires_at as ISO, note (share),
    tags (ids), values ({field: value or id}), stage and lost_reason. Raises ValidationError when nothing is chosen.
    """
    if rows.model is not (Lead if kind.of_leads else Customer):
        raise TypeError(f"{kind} is no action on rows of {rows.model.__name__}")
    job = BulkJob.objects.create(
        kind=kind, params=dict(params), created_by=actor, heartbeat_at=now or timezone.now()
    )
    column = "lead_id" if kind.of_leads else "customer_id"
    chosen = rows.order_by().values_list(Value(job.pk), "pk").distinct()
    select, args = chosen.query.sql_with_params()
    table, quote = BulkItem._meta.db_table, connection.ops.quote_name
    json = "'{}'::jsonb" if connection.vendor == "postgresql" else "'{}'"
    no = "FALSE" if connection.vendor == "postgresql" else "0"
    with connection.cursor() as cursor:
        # Table and columns are ours, the values of the chosen filters go as parameters.
        cursor.execute(
            f"INSERT INTO {quote(table)} (job_id, {column}, reason, {quote('before')}, undone) "  # noqa: S608
            f"SELECT chosen.job, chosen.pk, '', {json}, {no} FROM ({select}) AS chosen (job, pk)"
            if connection.vendor == "postgresql"
            else f"INSERT INTO {quote(table)} (job_id, {column}, reason, {quote('before')}, undone) "  # noqa: S608
            f"SELECT t.*, '', {json}, {no} FROM ({select}) AS t",
            args,
        )
    job.total = job.items.count()
    if not job.total:
        raise ValidationError(
            _("Choose at least one lead first.")
            if kind.of_leads
            else _("Choose at least one customer of yours or your people first.")
        )
    job.save(update_fields=["total"])
    return job


def run_job(job_id: int) -> BulkJob | None:
    """Run a queued action, or its undoing, to the end; None when another worker has it or takes it over on the way."""
    job = LIFE.claim(job_id)
    if job is None:
        return None
    with in_language_of(job.created_by):
        try:
            _run(job)
        except LostClaim:
            log.warning("Bulk action %s was taken over by another worker", job.pk)
            return None
        except ValidationError as error:
            LIFE.fail(job, " ".join(error.messages))
        except Exception:
            log.exception("Bulk action %s stopped", job.pk)
            LIFE.fail(
                job, _("It stopped with an unexpected error; it is in the log. The rows before it are done.")
            )
    job.refresh_from_db()
    return job


def _run(job: BulkJob) -> None:
    undo_by = job.params.get("undo")
    actor = User.objects.get(pk=undo_by["by"]) if undo_by else job.created_by
    if not actor.is_active or not actor.has_perm(PERMISSIONS[BulkKind(job.kind)]):
        raise ValidationError(_("%(person)s may not do this any more."), params={"person": str(actor)})
    step = _undo_batch if undo_by else _do_batch
    while step(job, actor):
        pass
    target = BulkState.UNDONE if undo_by else BulkState.DONE
    with transaction.atomic():
        finished: dict[str, Any] = {} if undo_by else {"finished_at": timezone.now()}
        LIFE.end(job, target, **finished)
        if not undo_by:
            job.refresh_from_db()
            tell(job)


@transaction.atomic
def _do_batch(job: BulkJob, actor: User) -> bool:
    LIFE.alive(job)
    items = list(job.items.filter(changed__isnull=True).order_by("pk")[:BATCH_ROWS])
    if not items:
        return False
    ids = [item.subject_id for item in items]
    changed, refused = _apply(job, actor, ids)
    for item in items:
        item.changed = item.subject_id in changed
        item.before = changed.get(item.subject_id, {})
        item.reason = refused.get(item.subject_id, "")[:300]
    write_items(items)
    hits = sum(1 for item in items if item.changed)
    LIFE.alive(
        job,
        done=F("done") + len(items),
        changed=F("changed") + hits,
        refused=F("refused") + len(items) - hits,
    )
    return True


def _apply(job: BulkJob, actor: User, ids: list[int]) -> tuple[dict[int, dict[str, Any]], dict[int, str]]:
    try:
        with transaction.atomic():
            act = leads.apply if job.of_leads else apply
            outcome = act(actor=actor, kind=job.kind, params=job.params, ids=ids, now=timezone.now())
    except ValidationError as error:  # the action as a whole is refused: then each of its rows is
        return {}, dict.fromkeys(ids, " ".join(error.messages))
    return outcome.changed, outcome.refused


# --- undo
def undo(*, actor: User, job: BulkJob, now: dt.datetime | None = None) -> BulkJob:
    """Queue the undoing of an action that is over; `run_job` does it. Raises ValidationError when it is too late."""
    now = now or timezone.now()
    job.refresh_from_db()
    allowed = may_undo(
        state=job.state,
        finished_at=job.finished_at,
        changed=job.changed,
        undo_began="undo" in job.params,
        now=now,
        for_good=BulkKind(job.kind).for_good,
    )
    params = {**job.params, "undo": {"by": actor.pk, "person": str(actor), "at": now.isoformat()}}
    if not allowed or not LIFE.move(
        job.pk,
        job.state,
        BulkState.QUEUED,
        params=params,
        done=0,
        attempts=0,
        message="",
        heartbeat_at=now,
    ):
        raise ValidationError(_("This can be undone only once, and for 30 days after it ended."))
    job.refresh_from_db()
    return job


@transaction.atomic
def _undo_batch(job: BulkJob, actor: User) -> bool:
    LIFE.alive(job)
    waiting = job.items.filter(changed=True, undone=False, reason="").order_by("pk")
    items = list(waiting[:BATCH_ROWS])
    if not items:
        return False
    try:
        with transaction.atomic():
            back = leads.revert if job.of_leads else revert
            kept = back(actor=actor, kind=job.kind, params=job.params, items=items, now=timezone.now())
    except ValidationError as error:
        kept = dict.fromkeys((item.subject_id for item in items), " ".join(error.messages))
    for item in items:
        item.reason = kept.get(item.subject_id, "")[:300]
        item.undone = item.subject_id not in kept
    write_items(items)
    LIFE.alive(job, done=F("done") + len(items))
    return True


# --- what went wrong
def resume(*, actor: User, job: BulkJob) -> None:
    """Queue an action again that broke off; it goes on with the rows that are left."""
    if not LIFE.move(
        job.pk, BulkState.FAILED, BulkState.QUEUED, message="", attempts=0, heartbeat_at=timezone.now()
    ):
        raise ValidationError(_("Only an action that broke off can be continued."))


def sweep(now: dt.datetime | None = None) -> list[int]:
    """Ids of actions to nudge: their message was lost or their worker died. Gives up what died too often."""
    words = _("It was interrupted %(count)s times. The rows before are done; you can continue it.")
    return LIFE.sweep(words, now=now)
