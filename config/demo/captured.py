"""What the channels sent: a call for each lead that came in by itself, and those that brought nothing new."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from random import Random

from crm.enums import CaptureState
from crm.models import CapturedLead, Lead, LeadChannel

Moment = Callable[[int], dt.datetime]
_KNOWN, _REFUSED = 0.22, 0.1  # beside each hundred new ones


def make_captured(
    rng: Random, channels: list[LeadChannel], leads: list[tuple[Lead, str, str]], moment: Moment
) -> None:
    """`leads` with phone and contact; those of a channel were sent by it."""
    rows = []
    for lead, phone, who in leads:
        if lead.channel is None:
            continue
        rows.append(_call(lead, phone, who, lead.created_at))
        if rng.random() < _KNOWN:
            again = moment(rng.randrange(0, 40))
            rows.append(_call(lead, phone, who, max(again, lead.created_at), state=CaptureState.KNOWN))
            rows[-1].reason = "电话已在线索中"
        if rng.random() < _REFUSED:
            rows.append(_refused(rng, rng.choice(channels), who, moment(rng.randrange(0, 40))))
    CapturedLead.objects.bulk_create(rows, batch_size=500)


def _call(
    lead: Lead, phone: str, who: str, at: dt.datetime, state: CaptureState = CaptureState.NEW
) -> CapturedLead:
    body = {"name": lead.name, "contact": who, "phone": phone, "address": lead.address}
    return CapturedLead(
        channel=lead.channel,
        external_id=lead.external_id if state == CaptureState.NEW else f"{lead.external_id}-{at:%m%d}",
        content_type="application/json",
        body=json.dumps(body, ensure_ascii=False),
        state=state,
        status=200,
        lead=lead,
        attempts=1,
        received_at=at,
        processed_at=at + dt.timedelta(seconds=1),
    )


def _refused(rng: Random, channel: LeadChannel, who: str, at: dt.datetime) -> CapturedLead:
    return CapturedLead(
        channel=channel,
        content_type="application/json",
        body=json.dumps({"contact": who, "phone": str(rng.randrange(10**7))}, ensure_ascii=False),
        state=CaptureState.REFUSED,
        reason="缺少店名",
        status=422,
        attempts=1,
        received_at=at,
        processed_at=at + dt.timedelta(seconds=1),
    )
