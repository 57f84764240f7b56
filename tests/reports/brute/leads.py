from functools import partial

from crm.models import CapturedLead, Lead
from tests.reports.brute import Entry, brute
from tests.reports.brute.customers import local_day

STEPS = ["new", "contacted", "interested", "negotiating", "converted"]


def furthest(lead):
    """The furthest step that a lead's history or its stage shows; 0 is new."""
    stages = [lead.stage]
    stages += [event.to_stage for event in lead.events.all() if not event.taken_back]
    return max(STEPS.index(stage) if stage in STEPS else 0 for stage in stages)


def leads():
    rows = Lead.objects.all().select_related("owner").prefetch_related("events")
    for lead in rows:
        if lead.deleted_at is None:
            yield lead


def word(value):
    return "none" if value in (None, "") else str(value)


def entry(lead, day, value=1):
    more = [(f"{name}", word(getattr(lead, f"{name}_id"))) for name in ("source", "region", "industry")]
    more += [("lead_channel", word(lead.channel_id)), ("city", word(lead.city))]
    more += [(name, lead.stage) for name in ("lead_stage", "lead_step")]
    more += [("lost_reason", word(lead.lost_reason))]
    return Entry(lead.owner, local_day(day), value, more=tuple(more))


def made(wanted):
    for lead in leads():
        if wanted(lead):
            yield entry(lead, lead.created_at)


brute("lead_count")(partial(made, lambda lead: True))
brute("lead_lost")(partial(made, lambda lead: lead.stage == "lost"))
brute("lost_leads")(partial(made, lambda lead: lead.stage == "lost"))
for _code, _step in (
    ("lead_contacted", 1),
    ("lead_interested", 2),
    ("lead_negotiating", 3),
    ("lead_converted", 4),
):
    brute(_code)(partial(made, lambda lead, step=_step: furthest(lead) >= step))


@brute("leads_converted")
def leads_converted():
    for lead in leads():
        if lead.stage == "converted":
            yield entry(lead, lead.converted_at)


@brute("lead_seconds")
def lead_seconds():
    for lead in leads():
        if lead.stage == "converted":
            yield entry(lead, lead.converted_at, round((lead.converted_at - lead.created_at).total_seconds()))


def captured(*states):
    for call in CapturedLead.objects.all().select_related("lead__owner"):
        if call.state in states:
            more = (("lead_channel", str(call.channel_id)), ("capture_state", call.state))
            yield Entry(call.lead.owner if call.lead else None, local_day(call.received_at), 1, more=more)


brute("captured_count")(partial(captured, "queued", "new", "known", "refused"))
for _state in ("new", "known", "refused"):
    brute(f"captured_{_state}")(partial(captured, _state))
