"""The funnel against a naive count over every lead (C2)."""

import datetime as dt
import random

import pytest
from django.urls import reverse

from crm.enums import LeadEventKind, LeadStage
from crm.models import Lead, LeadChannel, LeadEvent
from crm.queries.lead_funnel import funnel_board
from crm.rules.leads import FUNNEL
from tests.factories import DictionaryFactory, LeadFactory

pytestmark = pytest.mark.django_db
FIRST, LAST = dt.date(2026, 3, 1), dt.date(2026, 3, 31)
START = dt.datetime(2026, 2, 20, tzinfo=dt.UTC)


@pytest.fixture
def leads(people):
    """60 leads with random histories: some before the period, deleted, of strangers or in the pool."""
    rng = random.Random(7)
    channels = [None, *(LeadChannel.objects.create(name=name) for name in ("抖音", "官网"))]
    sources = [None, DictionaryFactory(kind="source", name="地推")]
    made = []
    for _ in range(60):
        lead = LeadFactory(
            owner=rng.choice([people.owner, people.colleague, people.outsider, None]),
            channel=rng.choice(channels),
            source=rng.choice(sources),
            created_at=START + dt.timedelta(hours=rng.randrange(0, 24 * 45)),
            deleted_at=START if rng.random() < 0.1 else None,
        )
        stage = LeadStage.NEW
        for _step in range(rng.randrange(0, 5)):
            after = rng.choice([step for step in LeadStage if step != stage])
            LeadEvent.objects.create(lead=lead, kind=LeadEventKind.STAGE, from_stage=stage, to_stage=after)
            stage = after
        Lead.objects.filter(pk=lead.pk).update(stage=stage)
        made.append(lead)
    return made


def naive(leads, by, key):
    """Reached at each step, and lost, by walking every lead's history."""
    reached, lost = [0] * len(FUNNEL), 0
    for lead in leads:
        if str(getattr(lead, f"{by}_id") or "none") != key and key != "":
            continue
        stages = {lead.stage, *lead.events.values_list("to_stage", flat=True)}
        furthest = max((FUNNEL.index(stage) for stage in FUNNEL if stage in stages), default=0)
        for place in range(furthest + 1):
            reached[place] += 1
        lost += lead.stage == LeadStage.LOST
    return reached, lost


@pytest.mark.parametrize("by", ["channel", "source", "owner"])
@pytest.mark.parametrize("who", ["superior", "admin"])
def test_against_a_naive_count(people, leads, by, who):
    user = getattr(people, who)
    # Business days are Shanghai's: eight hours ahead.
    seen = [
        lead
        for lead in Lead.objects.filter(deleted_at=None)
        if FIRST <= (lead.created_at + dt.timedelta(hours=8)).date() <= LAST
        and (who == "admin" or lead.owner in (people.owner, people.colleague))
    ]
    board = funnel_board(user, first=FIRST, last=LAST, by=by)
    assert board.whole.created == len(seen) > 10
    assert ([step.reached for step in board.whole.steps], board.whole.lost) == naive(seen, by, "")
    assert {row.key for row in board.rows} == {str(getattr(lead, f"{by}_id") or "none") for lead in seen}
    for row in board.rows:
        assert ([step.reached for step in row.funnel.steps], row.funnel.lost) == naive(seen, by, row.key)


@pytest.mark.parametrize("by", ["channel", "source", "owner"])
@pytest.mark.parametrize("who", ["superior", "admin"])
def test_every_figure_links_to_just_its_rows(people, leads, login, by, who):
    client = login(getattr(people, who))
    page = client.get(reverse("crm:lead_funnel"), {"from": FIRST, "to": LAST, "by": by}).context
    blocks = [(page["steps"], page["lost_url"], page["whole"])]
    blocks += [(row["steps"], row["lost_url"], row["funnel"]) for row in page["rows"]]
    for steps, lost_url, funnel in blocks[:4]:
        assert client.get(lost_url).context["page"].paginator.count == funnel.lost
        for line in steps:
            assert client.get(line["url"]).context["page"].paginator.count == line["step"].reached


def test_one_query_for_the_figures(people, leads, django_assert_num_queries):
    funnel_board(people.superior, first=FIRST, last=LAST, by="owner")
    with django_assert_num_queries(2):  # the figures, and the names
        funnel_board(people.superior, first=FIRST, last=LAST, by="owner")


@pytest.mark.parametrize(
    "query", ["", "?from=2026-02-30", "?from=x&to=y&by=z", "?from=2026-03-31&to=2026-03-01", "?to=0001-01-01"]
)
def test_odd_periods_do_no_harm(people, login, query):
    assert login(people.owner).get(f"/leads/funnel/{query}").status_code == 200
