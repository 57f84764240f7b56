"""Leads that come in through a channel (C1): every call is a row first, the row becomes a lead, and can be replayed.

The row is the job: it is stored before anything can go wrong, processed in the same request when there is time, and
else by the sweeper. Whatever the channel sends twice under one id is one lead.
"""

import datetime as dt
import logging
from collections.abc import Iterable
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import OperationalError, transaction
from django.db.models import F, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.enums import AccessAction
from accounts.models import User
from accounts.services import record_access
from common.phones import normalise_phone, split_phones
from common.throttle import wait_seconds
from comms.enums import NoticeKind
from comms.services import Notice, notify
from crm.enums import AssignMode, CaptureState, ChannelKind, DictionaryKind, LeadEventKind
from crm.models import CapturedLead, Dictionary, Lead, LeadChannel
from crm.queries import lead_capture as queries
from crm.rules.lead_capture import Extracted, extract, next_in_turn
from crm.rules.lead_payloads import (
    BODY_LIMIT,
    Unreadable,
    body_text,
    flatten,
    holds_several,
    read_payload,
    signature_fits,
    storable,
)
from crm.services.leads import create_lead

# Our own form: its names are ours whatever mapping the channel's calls have.
FORM_TYPE = "application/x-paodian-form"
# More calls than this are stored and left to the sweeper, so that a burst does not hold every web process.
MAX_IN_FLIGHT = 16
MAX_ATTEMPTS = 5
RETRY_AFTER = dt.timedelta(minutes=1)
# Calls we refuse at the door are logged, but a stranger cannot fill the log with them.
_LOGGED_REFUSALS_A_MINUTE = 30
_IN_FLIGHT = "lead-capture-in-flight"
_TURNS_TRIED = 20
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Answer:
    """What the sender hears. `errors` is {field: reason}; it never says whom we know."""

    status: int
    state: CaptureState
    captured_id: int | None = None
    lead_id: int | None = None
    errors: dict[str, str] = field(default_factory=dict)
    retry_after: int = 0

    def as_json(self) -> dict[str, Any]:
        data: dict[str, Any] = {"status": self.state.value}
        if self.captured_id is not None:
            data["id"] = self.captured_id
        if self.lead_id is not None:
            data["lead"] = self.lead_id
        if self.errors:
            data["errors"] = self.errors
        return data


# --- the door
def receive(
    *,
    channel: LeadChannel,
    body: bytes,
    content_type: str,
    signature: str = "",
    idempotency_key: str = "",
    remote_addr: str = "",
    now: dt.datetime,
) -> Answer:
    """Take one call of a channel: 201 new, 200 known, 202 waiting, 4xx refused with reasons by field, 429 too often.

    Raises OperationalError when not even the row can be stored; the sender then has to come again.
    """
    call = _Call(channel, body, content_type, idempotency_key, remote_addr, now)
    if len(body) > BODY_LIMIT:
        reason = _("The body has more than %(limit)s kB.") % {"limit": BODY_LIMIT // 1024}
        return call.refuse(413, {"body": reason}, keep_body=False)
    if channel.secret and not signature_fits(channel.secret, body, signature):
        reason = (
            _("The signature does not fit the body.") if signature else _("The signature header is missing.")
        )
        return call.refuse(401, {"signature": reason})
    if not channel.is_active:
        return call.refuse(403, {"channel": _("This channel is switched off.")})
    if wait := wait_seconds(f"lead-channel-{channel.pk}", a_minute=channel.per_minute, now=now):
        reason = _("More than %(count)s calls a minute.") % {"count": channel.per_minute}
        return Answer(429, CaptureState.REFUSED, errors={"rate": reason}, retry_after=wait)
    captured = call.store(CaptureState.QUEUED, status=202)
    with _in_flight() as busy:
        if not busy:
            try:
                process(captured_id=captured.pk, now=now)
                captured.refresh_from_db()
            except OperationalError:
                log.warning("Captured lead %s waits: the database is busy", captured.pk, exc_info=True)
    return answer_of(captured)


def answer_of(captured: CapturedLead) -> Answer:
    """What the sender hears about a stored call."""
    state = CaptureState(captured.state)
    errors = {"lead": captured.reason} if state == CaptureState.REFUSED else {}
    return Answer(captured.status or 202, state, captured.pk, captured.lead_id, errors)


@dataclass(frozen=True)
class _Call:
    channel: LeadChannel
    body: bytes
    content_type: str
    idempotency_key: str
    remote_addr: str
    now: dt.datetime

    def store(
        self, state: CaptureState, *, status: int, reason: str = "", keep_body: bool = True
    ) -> CapturedLead:
        return CapturedLead.objects.create(
            channel=self.channel,
            external_id=storable(self.idempotency_key).strip()[:120],
            content_type=storable(self.content_type)[:120],
            body=body_text(self.body) if keep_body else "",
            remote_addr=self.remote_addr[:45],
            state=state,
            status=status,
            reason=reason[:400],
            received_at=self.now,
            processed_at=None if state == CaptureState.QUEUED else self.now,
        )

    def refuse(self, status: int, errors: dict[str, str], *, keep_body: bool = True) -> Answer:
        if wait_seconds(f"lead-refused-{self.channel.pk}", a_minute=_LOGGED_REFUSALS_A_MINUTE, now=self.now):
            return Answer(status, CaptureState.REFUSED, errors=errors)
        row = self.store(
            CaptureState.REFUSED, status=status, reason=" ".join(errors.values()), keep_body=keep_body
        )
        return Answer(status, CaptureState.REFUSED, row.pk, errors=errors)


@contextmanager
def _in_flight() -> Any:
    """Count this call among those at work; yields whether there are too many. A counter a killed process left
    behind is gone after a minute of silence."""
    cache.add(_IN_FLIGHT, 0, timeout=60)
    try:
        at_work = cache.incr(_IN_FLIGHT)
    except ValueError:
        at_work = 1
    try:
        yield at_work > MAX_IN_FLIGHT
    finally:
        try:
            cache.decr(_IN_FLIGHT)
        except ValueError:
            log.debug("The counter of calls at work is gone")


# --- from row to lead
class _Lost(Exception):
    """Somebody else has taken the row over; what this one did is rolled back."""


@dataclass(frozen=True)
class _Verdict:
    state: CaptureState
    status: int
    reason: str = ""
    lead: Lead | None = None
    external_id: str = ""


def process(*, captured_id: int, now: dt.datetime) -> bool:
    """Make a lead of a waiting row, or refuse it; False when it does not wait or waits on after an error.

    An error that is nobody's fault leaves the row waiting for the sweeper; after MAX_ATTEMPTS it is refused, with
    the error in the log.
    """
    waiting = CapturedLead.objects.filter(pk=captured_id, state=CaptureState.QUEUED)
    if not waiting.update(attempts=F("attempts") + 1, processed_at=now):
        return False
    captured = CapturedLead.objects.select_related("channel", "channel__source").get(pk=captured_id)
    try:
        with transaction.atomic():
            _settle(captured, _decide(captured, now), now)
    except _Lost:
        return False
    except Exception:
        log.exception("Captured lead %s failed, try %s", captured.pk, captured.attempts)
        if captured.attempts >= MAX_ATTEMPTS:
            text = _("It could not be processed %(count)s times; the error is in the log.") % {
                "count": captured.attempts
            }
            _settle(captured, _Verdict(CaptureState.REFUSED, 500, text), now)
        return False
    return True


def _settle(captured: CapturedLead, verdict: _Verdict, now: dt.datetime) -> None:
    mine = CapturedLead.objects.filter(pk=captured.pk, state=CaptureState.QUEUED, attempts=captured.attempts)
    done = mine.update(
        state=verdict.state,
        status=verdict.status,
        reason=verdict.reason[:400],
        lead=verdict.lead,
        external_id=verdict.external_id or captured.external_id,
        processed_at=now,
    )
    if not done:
        raise _Lost


def _decide(captured: CapturedLead, now: dt.datetime) -> _Verdict:
    channel = captured.channel
    try:
        payload = read_payload(captured.body, captured.content_type)
    except Unreadable as error:
        return _Verdict(CaptureState.REFUSED, 400, str(error))
    if holds_several(payload):
        return _Verdict(
            CaptureState.REFUSED, 422, _("One call may hold one lead only; send them one by one.")
        )
    found = read_fields(channel, payload, captured.content_type)
    external_id = found.external_id or captured.external_id
    if found.problems:
        return _Verdict(CaptureState.REFUSED, 422, found.reason, external_id=external_id)
    if known := queries.known_lead(channel, external_id):
        return _Verdict(CaptureState.KNOWN, 200, "", known, external_id)
    typed = ",".join(found.values.get(name, "") for name in ("phone", "phone2"))
    numbers = [normalise_phone(phone) for phone in split_phones(typed)]
    leads, customers = queries.same_phone_counts(numbers)
    try:
        with transaction.atomic():
            lead = _create(captured, found, external_id, now)
    except ValidationError as error:
        # Somebody else was faster with the same id: what this one began (the turn as well) is rolled back.
        if known := queries.known_lead(channel, external_id):
            return _Verdict(CaptureState.KNOWN, 200, "", known, external_id)
        return _Verdict(CaptureState.REFUSED, 422, " ".join(error.messages), external_id=external_id)
    return _Verdict(CaptureState.NEW, 201, _hint(leads, customers), lead, external_id)


def read_fields(channel: LeadChannel, payload: Any, content_type: str = "") -> Extracted:
    """Our fields out of what the channel sent, by its mapping or by guess; our own form speaks our names."""
    own = content_type == FORM_TYPE
    return extract(
        flatten(payload), {} if own else channel.mapping, ChannelKind.WEB_FORM if own else channel.kind
    )


def read_with(flat: dict[str, str], mapping: dict[str, str], kind: str) -> Extracted:
    """The same for a flat payload and a mapping that is not saved yet."""
    return extract(flat, mapping, kind)


def _hint(leads: int, customers: int) -> str:
    """For the log, never for the sender; only numbers, because not every reader sees those leads and customers."""
    parts = []
    if leads:
        parts.append(ngettext("%(n)s lead", "%(n)s leads", leads) % {"n": leads})
    if customers:
        parts.append(ngettext("%(n)s customer", "%(n)s customers", customers) % {"n": customers})
    return _("The phone is known already: %(hits)s.") % {"hits": "、".join(parts)} if parts else ""


def _create(captured: CapturedLead, found: Extracted, external_id: str, now: dt.datetime) -> Lead:
    channel, values = captured.channel, dict(found.values)
    book = queries.region_book()
    places = [values.get(name, "") for name in ("province", "city", "district", "address")]
    region_text = values.pop("region", "")
    region_id = book.region(region_text, places)
    industry = values.pop("industry", "")
    fields: dict[str, Any] = {
        name: values[name]
        for name in ("province", "city", "district", "address", "notes", "tax_id")
        if name in values
    }
    if region_id is not None:
        fields["region_id"] = region_id
    if industry and (industry_id := queries.dictionary_id(DictionaryKind.INDUSTRY, industry)):
        fields["industry_id"] = industry_id
    if found.place is not None:
        fields["latitude"], fields["longitude"] = found.place
    owner = _owner(channel, book.person(region_text, places, captured.pk))
    lead = create_lead(
        actor=None,
        name=values["name"],
        **_people(values),
        owner=owner,
        kind=LeadEventKind.CAPTURED,
        channel=channel,
        external_id=external_id,
        source=channel.source,
        **_relations(fields),
    )
    if owner is not None:
        _tell_owner(owner, lead, channel, now)
    return lead


def _tell_owner(owner: User, lead: Lead, channel: LeadChannel, now: dt.datetime) -> None:
    notice = Notice(
        owner.pk,
        NoticeKind.LEAD,
        lambda: _("New lead from %(channel)s") % {"channel": channel.name},
        lead.name,
        lead.get_absolute_url(),
        f"lead-captured-{lead.pk}",
    )
    notify([notice], now=now)


def _people(values: dict[str, str]) -> dict[str, Any]:
    """The one or two persons; a second phone without a name of its own is the first person's other number."""
    first, second = values.get("contact", ""), values.get("contact2", "")
    phone, phone2 = values.get("phone", ""), values.get("phone2", "")
    if second in ("", first):
        return {"contact": first, "phones": ",".join(filter(None, (phone, phone2)))}
    return {"contact": first, "phones": phone, "contact2": second, "phones2": phone2}


def _relations(fields: dict[str, Any]) -> dict[str, Any]:
    """region_id=3 → region=<Dictionary 3>, as the writer of leads wants them."""
    ids = {name: fields.pop(f"{name}_id") for name in ("region", "industry") if f"{name}_id" in fields}
    entries = Dictionary.objects.in_bulk(list(ids.values()))
    return fields | {name: entries[pk] for name, pk in ids.items()}


def _owner(channel: LeadChannel, regional: int | None) -> User | None:
    """Who gets the next lead of the channel; None is the lead pool. The caller holds the transaction."""
    if channel.assign_mode == AssignMode.REGION:
        return User.objects.active().filter(pk=regional).first() if regional else None
    if channel.assign_mode == AssignMode.EVENLY:
        pk = take_turn(channel)
        return User.objects.filter(pk=pk).first() if pk else None
    return None


def take_turn(channel: LeadChannel) -> int | None:
    """Whose turn it is, and moves it on: two calls at once never read the same turn. None without active people."""
    people = queries.active_assignees(channel)
    for _try in range(_TURNS_TRIED):
        last = LeadChannel.objects.values_list("last_assignee", flat=True).get(pk=channel.pk)
        following = next_in_turn(people, last)
        if following is None:
            return None
        if LeadChannel.objects.filter(pk=channel.pk, last_assignee=last).update(last_assignee=following):
            return following
    raise OperationalError("No turn could be taken")


# --- again
@dataclass
class Replayed:
    """How many rows became what; `skipped` are those that have a lead or may not be replayed in bulk."""

    made: int = 0
    known: int = 0
    refused: int = 0
    waiting: int = 0
    skipped: int = 0


def replay(*, actor: User, captured: Iterable[int], unsigned_too: bool = False, now: dt.datetime) -> Replayed:
    """Process rows again that became no lead, with the channel's mapping and assignment of today.

    Only rows the actor sees. A row refused for its signature may be forged: it is left out unless `unsigned_too`.
    """
    ids = sorted(set(captured))
    again = Q(state=CaptureState.QUEUED) | Q(lead__isnull=True)
    if not unsigned_too:
        again &= ~Q(status=401)
    rows = list(queries.captured_visible_to(actor).filter(again, pk__in=ids).values_list("pk", flat=True))
    outcome = Replayed(skipped=len(ids) - len(rows))
    for pk in rows:
        CapturedLead.objects.filter(pk=pk, lead__isnull=True).exclude(state=CaptureState.QUEUED).update(
            state=CaptureState.QUEUED, attempts=0, reason=""
        )
        process(captured_id=pk, now=now)
        _tally(outcome, CapturedLead.objects.values_list("state", flat=True).get(pk=pk))
    if rows:
        record_access(
            actor=actor, action=AccessAction.IMPORT, what=str(_("Captured leads replayed")), rows=len(rows)
        )
    return outcome


def _tally(outcome: Replayed, state: str) -> None:
    names = {
        CaptureState.NEW: "made",
        CaptureState.KNOWN: "known",
        CaptureState.REFUSED: "refused",
        CaptureState.QUEUED: "waiting",
    }
    name = names[CaptureState(state)]
    setattr(outcome, name, getattr(outcome, name) + 1)


def sweep(*, now: dt.datetime, limit: int = 500) -> int:
    """Process rows that have waited for a minute, oldest first; returns how many were settled."""
    since = now - RETRY_AFTER
    waiting = CapturedLead.objects.filter(state=CaptureState.QUEUED).filter(
        Q(processed_at__isnull=True, received_at__lte=since) | Q(processed_at__lte=since)
    )
    ids = list(waiting.order_by("received_at").values_list("pk", flat=True)[:limit])
    return sum(process(captured_id=pk, now=now) for pk in ids)
