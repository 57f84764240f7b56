"""Who has a lead (C2): assign, claim from the lead pool, give back, recycle.

Whoever changes an owner locks the rows in the order of the key, and writes with an UPDATE that names the owner he
saw: of two at once exactly one wins, on SQLite as on PostgreSQL.
"""

import datetime as dt
from collections.abc import Iterable
from functools import partial

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, F, Max, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import SystemOptions, User
from common.business_calendar import business_day
from common.punctuation import listed
from comms.enums import NoticeKind
from comms.services import Notice, notify
from crm.enums import LeadEventKind, LeadStage
from crm.models import Lead, LeadEvent
from crm.queries import leads as queries
from crm.querysets import LeadQuerySet
from crm.services.audit import log_changes, text
from crm.services.leads.base import (
    CHUNK,
    LeadOutcome,
    chunks,
    event,
    not_yours,
    require_new_owner,
    write_events,
)

_CLOSED = (LeadStage.CONVERTED, LeadStage.LOST)


@transaction.atomic
def assign_leads(
    *,
    actor: User | None,
    leads: Iterable[int],
    owner: User,
    kind: LeadEventKind = LeadEventKind.ASSIGNED,
    note: str = "",
    now: dt.datetime | None = None,
    quiet: bool = False,
) -> LeadOutcome:
    """Give these leads to `owner`, each one checked by itself: those of the actor's people, and those of his pool.

    He is told once, unless `quiet` or it was he himself.

    A lead that is not his to give, is a customer already, lies in the recycle bin or has this owner is refused with
    its reason. Raises ValidationError when the owner is inactive or not among the actor's people. `actor` None: a job.
    """
    require_new_owner(actor, owner)
    now = now or timezone.now()
    outcome = LeadOutcome()
    for ids in chunks(leads):
        _assign_chunk(actor, ids, owner, kind, note, now, outcome)
    if outcome.changed and not quiet and (actor is None or actor.pk != owner.pk):
        _tell_new_owner(owner, outcome.changed, now)
    return outcome


def _assign_chunk(
    actor: User | None,
    ids: list[int],
    owner: User,
    kind: LeadEventKind,
    note: str,
    now: dt.datetime,
    outcome: LeadOutcome,
) -> None:
    mine = _locked(_assignable(actor), ids)
    moving = []
    for pk in ids:
        lead = mine.get(pk)
        if lead is None:
            outcome.refused[pk] = not_yours()
        elif lead.owner_id == owner.pk:
            outcome.refused[pk] = _("%(person)s has this lead already.") % {"person": owner}
        else:
            moving.append(lead)
    moved = [lead.pk for lead in moving]
    # Who had a pool lead before stays on record: only a stay with somebody writes it anew.
    Lead.objects.filter(pk__in=moved).update(owner=owner, received_on=business_day(now), pooled_at=None)
    write_events([event(lead, kind, by=actor, to_user_id=owner.pk, note=note, at=now) for lead in moving])
    _log_owner(actor, moving, owner.pk)
    outcome.changed += moved


@transaction.atomic
def claim_lead(*, actor: User, lead_id: int, now: dt.datetime | None = None) -> Lead:
    """Take a lead out of the lead pool. Exactly one of two people wins, and nobody gets over his daily cap.

    Raises ValidationError when it is not (or no longer) in the pool he sees, when his claims of the business day
    are used up, and while he as its last owner has to wait.
    """
    now = now or timezone.now()
    # His own row is the lock of his count: a second claim of his waits here for the first.
    User.objects.select_for_update(of=("self",), no_key=True).only("pk").get(pk=actor.pk)
    options = SystemOptions.load()
    if queries.claims_left(actor, now, options) == 0:
        raise ValidationError(
            _("You have claimed all the leads you may claim today (%(n)s)."),
            params={"n": queries.daily_claim_cap(actor, options)},
        )
    lead = Lead.objects.filter(queries.pool_q(actor, options), pk=lead_id).first()
    if lead is None:
        raise ValidationError(_("This lead is no longer in the pool; somebody was faster."))
    _require_cooled_down(actor, lead, now, options)
    free = Lead.objects.filter(pk=lead_id, owner__isnull=True, deleted_at__isnull=True)
    won = free.exclude(stage=LeadStage.CONVERTED).update(
        owner=actor, received_on=business_day(now), pooled_at=None
    )
    if not won:
        raise ValidationError(_("This lead is no longer in the pool; somebody was faster."))
    event(lead, LeadEventKind.CLAIMED, by=actor, to_user_id=actor.pk, at=now).save()
    _log_owner(actor, [lead], actor.pk)
    lead.refresh_from_db()
    return lead


def _require_cooled_down(actor: User, lead: Lead, now: dt.datetime, options: SystemOptions) -> None:
    if lead.last_owner_id != actor.pk or lead.pooled_at is None:
        return
    until = lead.pooled_at + dt.timedelta(hours=options.cooldown_hours)
    if now < until:
        raise ValidationError(
            _("You had this lead last; you may claim it again from %(time)s."),
            params={"time": timezone.localtime(until).strftime("%m-%d %H:%M")},
        )


@transaction.atomic
def release_leads(
    *, actor: User | None, leads: Iterable[int], note: str = "", now: dt.datetime | None = None
) -> LeadOutcome:
    """Give these leads back to the lead pool, each one checked by itself; refuses those not the actor's people's."""
    now = now or timezone.now()
    outcome = LeadOutcome()
    rows = Lead.objects.filter(deleted_at__isnull=True) if actor is None else Lead.objects.visible_to(actor)
    for ids in chunks(leads):
        mine = _locked(rows, ids)
        moving = []
        for pk in ids:
            lead = mine.get(pk)
            if lead is None:
                outcome.refused[pk] = not_yours()
            elif lead.stage == LeadStage.CONVERTED:
                outcome.refused[pk] = _("“%(name)s” is a customer already.") % {"name": lead.name}
            elif lead.owner_id is None:
                outcome.refused[pk] = _("“%(name)s” is in the pool already.") % {"name": lead.name}
            else:
                moving.append(lead)
        _to_pool(actor, moving, LeadEventKind.RELEASED, note, now)
        outcome.changed += [lead.pk for lead in moving]
    return outcome


def recycle_leads(*, day: dt.date, now: dt.datetime, since: dt.datetime | None = None) -> int:
    """Take open leads whose clock has run out by business day `day` back into the lead pool; returns how many.

    The clocks are the system options' (crm.rules.leads.recycle_on); both unset: nothing. "Never followed up" counts
    from the received date. In batches, each a transaction that holds no more than its own rows: safe to run twice, also
    at once, and one that breaks off leaves whole batches behind. Owners are told of what was recycled since `since`
    (`now`), each of the same leads once.
    """
    due = _due(day)
    if not due:
        return 0
    rows = Lead.objects.filter(due, owner__isnull=False, deleted_at__isnull=True).exclude(stage__in=_CLOSED)
    recycled = after = 0
    while ids := list(rows.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:CHUNK]):
        recycled += _recycle_batch(rows, ids, now)
        after = ids[-1]
    _tell_recycled(since or now, now)
    return recycled


def _due(day: dt.date) -> Q:
    options = SystemOptions.load()
    due = Q()
    if options.lead_no_follow_up_days is not None:
        before = day - dt.timedelta(days=options.lead_no_follow_up_days)
        silent = Q(last_follow_up_on__isnull=True) | Q(last_follow_up_on__lt=before)
        due |= Q(received_on__lt=before) & silent
    if options.lead_max_hold_days is not None:
        due |= Q(received_on__lt=day - dt.timedelta(days=options.lead_max_hold_days))
    return due


@transaction.atomic
def _recycle_batch(rows: LeadQuerySet, ids: list[int], now: dt.datetime) -> int:
    # Asked again under the lock: another run, or a follow-up, may have been faster.
    leads = list(_locked(rows, ids).values())
    _to_pool(None, leads, LeadEventKind.RECYCLED, "", now)
    return len(leads)


def _to_pool(actor: User | None, leads: list[Lead], kind: LeadEventKind, note: str, now: dt.datetime) -> None:
    Lead.objects.filter(pk__in=[lead.pk for lead in leads]).update(
        last_owner=F("owner"), owner=None, received_on=None, pooled_at=now
    )
    write_events([event(lead, kind, by=actor, note=note, at=now) for lead in leads])
    _log_owner(actor, leads, None)


def _assignable(actor: User | None) -> LeadQuerySet:
    if actor is not None:
        return queries.assignable_leads(actor)
    rows: LeadQuerySet = Lead.objects.filter(deleted_at__isnull=True).exclude(stage="converted")
    return rows


def _locked(rows: LeadQuerySet, ids: list[int]) -> dict[int, Lead]:
    # In the order of the key, so that two bulk actions cannot wait for each other in a ring.
    found = rows.filter(pk__in=ids).select_for_update(of=("self",)).order_by("pk")
    return {lead.pk: lead for lead in found.only("pk", "name", "stage", "owner_id")}


def _log_owner(actor: User | None, leads: list[Lead], owner_id: int | None) -> None:
    log_changes(
        actor=actor,
        changes=[(lead, {"owner": [text(lead.owner_id), text(owner_id)]}) for lead in leads],
    )


def _tell_new_owner(owner: User, ids: list[int], now: dt.datetime) -> None:
    def title() -> str:
        return ngettext("You got %(n)s new lead", "You got %(n)s new leads", len(ids)) % {"n": len(ids)}

    names = list(Lead.objects.filter(pk__in=ids[:3]).order_by("pk").values_list("name", flat=True))
    url = f"/leads/{ids[0]}/" if len(ids) == 1 else f"/leads/?owner={owner.pk}&stage=new"
    notify([Notice(owner.pk, NoticeKind.LEAD, title, partial(listed, names), url)], now=now)


def _tell_recycled(since: dt.datetime, now: dt.datetime) -> None:
    lost = (
        LeadEvent.objects.filter(kind=LeadEventKind.RECYCLED, at__gte=since, from_user__isnull=False)
        .order_by()
        .values("from_user_id")
        .annotate(n=Count("pk"), last=Max("pk"))
    )
    # The last line of history in the key: nobody is told of the same leads twice.
    notify(
        [
            Notice(
                row["from_user_id"],
                NoticeKind.LEAD,
                partial(_recycled_words, row["n"]),
                gettext_lazy("Nobody followed them up in time."),
                "/leads/pool/",
                f"leads-recycled:{row['from_user_id']}:{row['last']}",
            )
            for row in lost
        ],
        now=now,
    )


def _recycled_words(count: int) -> str:
    return ngettext(
        "%(n)s lead of yours went back to the pool",
        "%(n)s leads of yours went back to the pool",
        count,
    ) % {"n": count}
