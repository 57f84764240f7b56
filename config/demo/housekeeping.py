"""What the nightly jobs and the back office left behind: runs, bulk actions, two doubles found and one merged, a bin."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from random import Random

from django.utils import timezone

from accounts.models import User
from alerts.enums import RunState
from alerts.models import Alert, AlertRun
from common.business_calendar import business_day
from crm.enums import BulkKind, LeadStage, OwnerChangeReason
from crm.models import Customer, Lead, OwnerChange, Phone, PoolRun, PoolWarning, Tag
from crm.services import create_customer, reindex
from crm.services.bulk import run_job, start
from crm.services.leads import delete_leads
from crm.services.merges import merge_customers

NIGHTS = 14
GIVEN_OUT = 3  # new leads; the pool keeps more
TWINS = 5  # pairs of shops with one phone
_DAY = dt.timedelta(days=1)


def make_housekeeping(rng: Random, team: list[User], now: dt.datetime) -> None:
    """Call it when alerts, pool and leads are there."""
    boss = User.objects.get(username="boss")
    _pool_runs(now)
    _alert_runs(rng, now)
    _twins(team)
    _merge(boss, team[0], now)
    _bulk(boss, team, now)
    lost = Lead.objects.filter(stage=LeadStage.LOST).order_by("pk").values_list("pk", flat=True)
    delete_leads(actor=boss, leads=list(lost[: max(1, len(lost) // 4)]), now=now - _DAY)


def _night(day: dt.date, hour: int, minute: int = 0) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time(hour, minute)))


def _pool_runs(now: dt.datetime) -> None:
    """As many recycled on a day as the owner histories say."""
    gone = OwnerChange.objects.filter(reason=OwnerChangeReason.RECYCLED).values_list("at", flat=True)
    recycled = Counter(business_day(at) for at in gone)
    warned = Counter(PoolWarning.objects.values_list("sent_at__date", flat=True))
    days = [business_day(now) - _DAY * back for back in range(NIGHTS, 0, -1)]
    PoolRun.objects.bulk_create(
        PoolRun(
            day=day,
            started_at=_night(day, 2),
            finished_at=_night(day, 2, 1),
            recycled=recycled[day],
            warned=warned[day],
        )
        for day in days
    )


def _alert_runs(rng: Random, now: dt.datetime) -> None:
    """As many opened and closed in a night as the alerts themselves say."""
    runs = []
    for back in range(NIGHTS, 0, -1):
        day = business_day(now) - _DAY * back
        opened = Counter(Alert.objects.filter(opened_on=day).values_list("kind", flat=True))
        closed = Counter(Alert.objects.filter(closed_on=day).values_list("kind", flat=True))
        runs.append(
            AlertRun(
                date=day,
                state=RunState.DONE,
                finished_at=_night(day, 3) + dt.timedelta(seconds=3),
                opened=opened.total(),
                closed=closed.total(),
                counts={kind: [opened[kind], closed[kind]] for kind in sorted({*opened, *closed})},
                seconds=rng.uniform(1.8, 3.2),
            )
        )
    # Creating a row sets this one to the present moment.
    written = AlertRun.objects.bulk_create(runs)
    for run in written:
        run.started_at = _night(run.date, 3)
    AlertRun.objects.bulk_update(written, ["started_at"])


def _twins(team: list[User]) -> None:
    """One owner, two shops, or one shop entered twice: the phone says so."""
    changed = []
    for rep in team[:TWINS]:
        shops = list(Customer.objects.active().filter(owner=rep).order_by("pk")[7:9])
        phone = Phone.objects.filter(customer__in=shops[:1]).first()
        if phone is None or len(shops) < 2:
            continue
        contact = shops[1].contacts.first()
        Phone.objects.create(customer=shops[1], contact=contact, raw=phone.raw, e164=phone.e164, position=1)
        changed.append(shops[1].pk)
    reindex(customer_ids=changed)


def _merge(boss: User, rep: User, now: dt.datetime) -> None:
    """A shop that was entered a second time became part of the first."""
    shop = Customer.objects.active().filter(owner=rep).order_by("pk")[3:4].first()
    if shop is None:
        return
    double = create_customer(
        actor=rep,
        code="WX-0031",
        name=f"{shop.name}（重复）",
        address=shop.address,
        city=shop.city,
        province=shop.province,
        district=shop.district,
        created_on=business_day(now) - 9 * _DAY,
    )
    merge_customers(actor=boss, keep=shop.pk, merge=double.pk, today=business_day(now), now=now - 2 * _DAY)


def _bulk(boss: User, team: list[User], now: dt.datetime) -> None:
    """Tags for a season by the boss, one by a rep, and new leads given out."""
    tag = Tag.objects.get_or_create(name="春节备货")[0]
    shops = Customer.objects.active()
    few = Customer.objects.filter(
        pk__in=shops.filter(owner__in=team, level="A").order_by("pk")[:40].values("pk")
    )
    job = start(actor=boss, kind=BulkKind.ADD_TAGS, params={"tags": [tag.pk]}, rows=few, now=now)
    run_job(job.pk)
    rep = team[0]
    mine = Customer.objects.filter(pk__in=shops.filter(owner=rep).order_by("pk")[:6].values("pk"))
    job = start(actor=rep, kind=BulkKind.ADD_TAGS, params={"tags": [tag.pk]}, rows=mine, now=now)
    run_job(job.pk)
    free = list(
        Lead.objects.filter(owner=None, stage=LeadStage.NEW).order_by("-pk").values_list("pk", flat=True)
    )
    if len(free) > 2 * GIVEN_OUT:
        leads = Lead.objects.filter(pk__in=free[:GIVEN_OUT])
        job = start(
            actor=boss, kind=BulkKind.LEAD_ASSIGN, params={"owner": rep.pk, "note": ""}, rows=leads, now=now
        )
        run_job(job.pk)
