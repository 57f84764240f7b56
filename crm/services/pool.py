"""The nightly job of the public pool, its rules and locks (C4, domain-rules §5).

The job is a few statements over all customers, cut into batches in the order of the key. A batch locks the customers
that are due, asks again under the lock, and writes customers, history and counters in one transaction: two workers at
once take turns, and a killed one leaves whole batches behind that the next run goes on from. No id but a batch's comes
into Python.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Count, F, Max, Min, Q, Window
from django.db.models.expressions import RawSQL
from django.db.models.functions import RowNumber
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from accounts.querysets import scope_q
from common.business_calendar import business_day
from common.punctuation import listed
from common.templatetags.paodian import day as day_words
from comms.enums import NoticeKind
from comms.services import Notice, notify
from crm.enums import OwnerChangeReason
from crm.models import Customer, CustomerShare, OwnerChange, PoolRule, PoolRun, PoolWarning
from crm.queries.pool import Clocks
from crm.services.audit import log_changes, text
from crm.services.leads import recycle_leads
from crm.services.owners import OwnerOutcome
from crm.signals import owner_changed

BATCH = 10_000
_TABLES = {
    "customer": Customer._meta.db_table,
    "change": OwnerChange._meta.db_table,
    "share": CustomerShare._meta.db_table,
    "warning": PoolWarning._meta.db_table,
}
_CREATE = """
CREATE TEMPORARY TABLE crm_pool_moving (
    customer_id bigint NOT NULL PRIMARY KEY, owner_id bigint NOT NULL, clock varchar(12) NOT NULL)
"""
# A batch is found and written through the keys; the planner knows nothing of a new temporary table. And a batch does
# not wait for the disk: what a crash of the server takes back whole, the next run does again. The run's last commit
# waits, and with it all before it are safe.
_SETTINGS = """
SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off; SET LOCAL jit = off;
SET LOCAL synchronous_commit = off
"""
_HISTORY = """
INSERT INTO {change} (customer_id, from_user_id, to_user_id, by_id, reason, clock, note, at)
SELECT customer_id, owner_id, NULL, NULL, %s, clock, '', %s FROM crm_pool_moving ORDER BY customer_id
"""
_EMPTY = {"postgresql": "TRUNCATE crm_pool_moving", "sqlite": "DELETE FROM crm_pool_moving"}
# No share left over from before lets the former owner in.
_SHARES = """
DELETE FROM {share} WHERE EXISTS (
    SELECT 1 FROM crm_pool_moving m WHERE m.customer_id = {share}.customer_id AND m.owner_id = {share}.user_id)
"""
_MOVE = """
UPDATE {customer} SET last_owner_id = owner_id, owner_id = NULL, received_on = NULL, pooled_at = %s
WHERE id IN (SELECT customer_id FROM crm_pool_moving)
"""
_WARN = """
INSERT INTO {warning} (customer_id, owner_id, recycle_on, clock, days_before, sent_at)
SELECT w.*, {moment} FROM ({due}) w WHERE true
ON CONFLICT DO NOTHING
"""
_MOMENT = {"postgresql": "%s::timestamptz", "sqlite": "%s"}


# --- the job
def run_pool(*, day: dt.date | None = None, now: dt.datetime | None = None) -> PoolRun:
    """Recycle what is due on business day `day`, warn owners, recycle leads; returns the run with its counts.

    Idempotent and safe on several workers at once. When it fails the run keeps the reason, what was done stays done,
    and the error goes on to the caller.
    """
    now = now or timezone.now()
    day = day or business_day(now)
    run = PoolRun.objects.create(day=day, started_at=now)
    try:
        clocks, since = Clocks(), _last_told(run)
        _recycle(run, clocks, day, now)
        _tell_losers(since, now)
        _warn(run, clocks, day, now)
        leads = recycle_leads(day=day, now=now, since=since)
    except Exception as error:
        PoolRun.objects.filter(pk=run.pk).update(error=str(error)[:400], finished_at=timezone.now())
        raise
    PoolRun.objects.filter(pk=run.pk).update(recycled_leads=leads, finished_at=timezone.now())
    run.refresh_from_db()
    return run


def _recycle(run: PoolRun, clocks: Clocks, day: dt.date, now: dt.datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_CREATE)
        try:
            after = 0
            while True:
                ids = _recycle_batch(run, clocks, day, now, after)
                if ids:
                    after = ids[-1]
                # Empty, yet something is left: another worker took this batch while we waited for it.
                elif not clocks.due(day, Customer.objects.filter(pk__gt=after)).exists():
                    break
        finally:
            # With the transaction of a failed batch rolled back; outside of one it is simply dropped.
            if not connection.needs_rollback:
                cursor.execute("DROP TABLE crm_pool_moving")


@transaction.atomic
def _recycle_batch(run: PoolRun, clocks: Clocks, day: dt.date, now: dt.datetime, after: int) -> list[int]:
    """Recycle the next customers after key `after`; returns their keys, ascending."""
    rows = clocks.with_clock(clocks.due(day, Customer.objects.filter(pk__gt=after)))
    due, params = (
        rows.order_by("pk").values_list("pk", "owner_id", "pool_clock")[:BATCH].query.sql_with_params()
    )
    moment = connection.ops.adapt_datetimefield_value(now)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_SETTINGS)
            due += f' FOR NO KEY UPDATE OF "{_TABLES["customer"]}"'
        # Emptied, not deleted from: dead rows of all batches before would be read again by each.
        cursor.execute(_EMPTY[connection.vendor])
        cursor.execute(f"INSERT INTO crm_pool_moving {due}", params)
        cursor.execute("SELECT customer_id FROM crm_pool_moving ORDER BY customer_id")
        ids = [pk for (pk,) in cursor.fetchall()]
        if not ids:
            return ids
        cursor.execute(_HISTORY.format(**_TABLES), [OwnerChangeReason.RECYCLED.value, moment])
        cursor.execute(_SHARES.format(**_TABLES))
        cursor.execute(_MOVE.format(**_TABLES), [moment])
    PoolRun.objects.filter(pk=run.pk).update(recycled=F("recycled") + len(ids))
    moved = Customer.objects.filter(pk__in=RawSQL("SELECT customer_id FROM crm_pool_moving", []))
    owner_changed.send(sender=Customer, customers=moved, customer_ids=ids, owner=None)
    return ids


def _last_told(run: PoolRun) -> dt.datetime:
    """The moment after the last run began that came to its end: what was recycled since, nobody has been told of."""
    runs = PoolRun.objects.filter(started_at__lte=run.started_at).order_by()
    done = runs.filter(finished_at__isnull=False, error="")
    last: dt.datetime | None = done.aggregate(at=Max("started_at"))["at"]
    if last is not None:
        return last + dt.timedelta(microseconds=1)  # what that run took bears the moment of its beginning
    first: dt.datetime | None = runs.aggregate(at=Min("started_at"))["at"]
    return first or run.started_at


def _tell_losers(since: dt.datetime, now: dt.datetime) -> None:
    lost = (
        OwnerChange.objects.filter(reason=OwnerChangeReason.RECYCLED, at__gte=since, from_user__isnull=False)
        .order_by()
        .values("from_user_id")
        .annotate(n=Count("pk"), last=Max("pk"))
    )
    # The last line of history in the key: nobody is told of the same customers twice.
    notify(
        [
            Notice(
                row["from_user_id"],
                NoticeKind.POOL,
                partial(_lost_words, row["n"]),
                url="/pool/",
                key=f"pool-recycled:{row['from_user_id']}:{row['last']}",
            )
            for row in lost
        ],
        now=now,
    )


def _lost_words(count: int) -> str:
    return ngettext(
        "%(n)s customer of yours went to the public pool",
        "%(n)s customers of yours went to the public pool",
        count,
    ) % {"n": count}


@transaction.atomic
def _warn(run: PoolRun, clocks: Clocks, day: dt.date, now: dt.datetime) -> None:
    """Tell owners which customers leave them: each for each "X days before" once, late when a run was missed."""
    if clocks.longest_warning < 0:
        return
    until = day + dt.timedelta(days=clocks.longest_warning)
    rows = clocks.with_clock(clocks.judged()).filter(recycle_on__range=(day, until))
    rows = rows.annotate(stage=clocks.stage(day)).filter(stage__isnull=False).order_by()
    columns = ("pk", "owner_id", "recycle_on", "pool_clock", "stage")
    due, params = rows.values_list(*columns).query.sql_with_params()
    sql = _WARN.format(due=due, moment=_MOMENT[connection.vendor], **_TABLES)
    with connection.cursor() as cursor:
        before = PoolWarning.objects.aggregate(last=Max("pk"))["last"] or 0
        cursor.execute(sql, [connection.ops.adapt_datetimefield_value(now), *params])
        warned = int(cursor.rowcount)
    if not warned:
        return
    PoolRun.objects.filter(pk=run.pk).update(warned=F("warned") + warned)
    _tell_warned(PoolWarning.objects.filter(pk__gt=before, sent_at=now), day, now)


def _tell_warned(warnings: Any, day: dt.date, now: dt.datetime) -> None:
    place = Window(RowNumber(), partition_by=F("owner_id"), order_by=[F("recycle_on").asc(), F("pk").asc()])
    names: dict[int, list[str]] = {}
    first = warnings.annotate(place=place).filter(place__lte=3).order_by("owner_id", "place")
    for owner_id, name in first.values_list("owner_id", "customer__name"):
        names.setdefault(owner_id, []).append(name)
    rows = (
        warnings.order_by().values("owner_id").annotate(n=Count("pk"), on=Min("recycle_on"), last=Max("pk"))
    )
    notify(
        [
            Notice(
                row["owner_id"],
                NoticeKind.POOL,
                partial(_warning_words, row["n"], row["on"]),
                partial(listed, names.get(row["owner_id"], [])),
                "/pool/soon/",
                f"pool-warning:{row['owner_id']}:{row['last']}",
            )
            for row in rows
        ],
        now=now,
    )


def _warning_words(count: int, first: dt.date) -> str:
    return ngettext(
        "%(n)s customer goes to the public pool soon, after %(date)s",
        "%(n)s customers go to the public pool soon, the first after %(date)s",
        count,
    ) % {"n": count, "date": day_words(first)}


# --- dry run
@dataclass(frozen=True)
class DryRun:
    candidates: int
    by_clock: dict[str, int]


def dry_run(*, day: dt.date, days_ahead: int = 0) -> DryRun:
    """How many customers the runs of `day` and the `days_ahead` days after it would recycle; writes nothing."""
    clocks = Clocks()
    due = clocks.with_clock(clocks.due(day + dt.timedelta(days=days_ahead))).order_by()
    by_clock: dict[str, int] = dict(due.values_list("pool_clock").annotate(n=Count("pk")))
    return DryRun(sum(by_clock.values()), by_clock)


# --- rules and locks
@transaction.atomic
def save_rule(*, actor: User, rule: PoolRule) -> PoolRule:
    """Save a rule; it restarts no clock, since clocks are derived. Raises ValidationError by field."""
    rule.full_clean()
    rule.save()
    return rule


@transaction.atomic
def set_locked(*, actor: User, customers: Iterable[int], locked: bool) -> OwnerOutcome:
    """Lock these customers for their owners, so that no clock takes them, or unlock them; each judged by itself.

    The actor's people's customers only; a pool customer has nobody to be locked for.
    """
    ids = sorted(set(customers))
    mine = Customer.objects.filter(scope_q(actor, "owner"), Q(owner__isnull=False), pk__in=ids)
    rows = mine.select_for_update(of=("self",)).order_by("pk").only("pk", "name", "pool_locked")
    found = {row.pk: row for row in rows}
    outcome = OwnerOutcome()
    for pk in ids:
        if pk not in found:
            outcome.refused[pk] = _("Only customers of yours and your people are locked.")
        elif found[pk].pool_locked == locked:
            outcome.refused[pk] = _("It is locked already.") if locked else _("It is not locked.")
        else:
            outcome.changed.append(pk)
    Customer.objects.filter(pk__in=outcome.changed).update(pool_locked=locked)
    log_changes(
        actor=actor,
        changes=[(found[pk], {"pool_locked": [text(not locked), text(locked)]}) for pk in outcome.changed],
    )
    return outcome


@transaction.atomic
def delete_rule(*, actor: User, rule: PoolRule) -> None:
    """Delete a rule; whom it was for falls to the next that fits."""
    if not actor.has_perm("crm.delete_poolrule"):
        raise ValidationError(_("You may not delete rules of the pool."))
    rule.delete()
