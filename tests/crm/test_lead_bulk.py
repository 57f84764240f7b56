"""Bulk actions on leads: each lead judged by itself, all rows of a filter, the result page, and the way back."""

import datetime as dt
import io

import pytest
from auditlog.models import LogEntry
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from comms.models import Notification
from crm.enums import BulkState
from crm.models import BulkItem, BulkJob, Lead, LeadEvent
from crm.queries.lead_funnel import with_furthest
from crm.rules.leads import FUNNEL
from crm.services import bulk
from crm.services import leads as services
from crm.tasks import bulk as tasks
from tests.crm.bulk_jobs import reasons, reload, run_on_leads
from tests.factories import CustomerFactory, LeadFactory

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()


def back(actor, job):
    bulk.undo(actor=actor, job=job)
    return bulk.run_job(job.pk)


# --- each kind, and its undoing
def test_assigning_judges_each_lead_and_tells_once(people):
    mine = [LeadFactory(owner=people.owner, name=name) for name in ("甲店", "乙店")]
    his = LeadFactory(owner=people.colleague, name="丙店")
    sold = LeadFactory(owner=people.owner, name="丁店", stage="converted")
    foreign = LeadFactory(owner=people.outsider, name="戊店")
    params = {"owner": people.colleague.pk, "note": "周五前要回访"}
    job = run_on_leads(people.superior, "lead_assign", params, *mine, his, sold, foreign)
    assert (job.state, job.total, job.changed, job.refused) == (BulkState.DONE, 5, 2, 3)
    assert set(reasons(job)) == {"丙店", "丁店", "戊店"}
    reload(*mine, sold, foreign)
    assert [lead.owner for lead in mine] == [people.colleague] * 2
    assert (sold.owner, foreign.owner) == (people.owner, people.outsider)
    assert LeadEvent.objects.filter(lead=mine[0]).latest("pk").note == "周五前要回访"
    notice = Notification.objects.get(recipient=people.colleague)
    assert "2" in notice.title
    assert notice.body == "周五前要回访"


@pytest.mark.parametrize("kind", ["lead_assign", "lead_release"])
def test_owners_come_back_with_their_clock(people, kind):
    received = TODAY - dt.timedelta(days=12)
    lead, moved = (
        LeadFactory(owner=people.owner, received_on=received, name=name) for name in ("甲", "又转走")
    )
    params = {"owner": people.colleague.pk} if kind == "lead_assign" else {}
    job = run_on_leads(people.superior if params else people.admin, kind, params, lead, moved)
    services.assign_leads(actor=people.admin, leads=[moved.pk], owner=people.outsider)
    job = back(people.admin, job)
    assert (job.state, list(reasons(job))) == (BulkState.UNDONE, ["又转走"])
    reload(lead, moved)
    assert (lead.owner, lead.received_on, lead.pooled_at) == (people.owner, received, None)
    assert moved.owner == people.outsider


def test_a_rep_takes_his_own_giving_back_back(people):
    lead = LeadFactory(owner=people.owner)
    job = run_on_leads(people.owner, "lead_release", {}, lead)
    reload(lead)
    assert lead.owner is None
    assert back(people.owner, job).state == BulkState.UNDONE
    reload(lead)
    assert lead.owner == people.owner


def test_an_assignment_out_of_the_pool_goes_back_to_the_pool(people):
    lead = LeadFactory(owner=None, pooled_at=timezone.now())
    job = run_on_leads(people.superior, "lead_assign", {"owner": people.owner.pk}, lead)
    assert job.changed == 1
    back(people.superior, job)
    reload(lead)
    assert (lead.owner, lead.received_on) == (None, None)


def test_stages_move_and_come_back(people):
    new, lost = (
        LeadFactory(owner=people.owner),
        LeadFactory(owner=people.owner, stage="lost", lost_reason="空号"),
    )
    there = LeadFactory(owner=people.owner, stage="interested", name="已是")
    later = LeadFactory(owner=people.owner, name="又动了")
    params = {"stage": "interested", "lost_reason": ""}
    job = run_on_leads(people.owner, "lead_stage", params, new, lost, there, later)
    assert (job.changed, list(reasons(job))) == (3, ["已是"])
    assert LogEntry.objects.get_for_object(new).latest("pk").changes == {"stage": ["new", "interested"]}
    services.change_stage(actor=people.owner, lead=later, stage="negotiating")
    job = back(people.owner, job)
    assert "又动了" in reasons(job)
    reload(new, lost, later)
    assert (new.stage, lost.stage, lost.lost_reason, later.stage) == ("new", "lost", "空号", "negotiating")


def furthest(lead):
    return with_furthest(Lead.objects.filter(pk=lead.pk)).get().furthest


def test_stages_that_were_taken_back_are_no_steps_of_the_funnel(people, login):
    wrong, right = (LeadFactory(owner=people.owner, name=name) for name in ("误点", "后来真的"))
    start = furthest(wrong)
    job = run_on_leads(people.owner, "lead_stage", {"stage": "negotiating"}, wrong, right)
    assert (furthest(wrong), furthest(right)) == (FUNNEL.index("negotiating"),) * 2
    # Somebody moved this one himself and back again: what he did counts, whatever becomes of the action.
    for stage in ("interested", "negotiating"):
        services.change_stage(actor=people.owner, lead=right, stage=stage)
    back(people.owner, job)
    reload(wrong, right)
    assert (wrong.stage, right.stage) == ("new", "new")
    assert (furthest(wrong), furthest(right)) == (start, FUNNEL.index("negotiating"))
    assert list(wrong.events.filter(kind="stage").values_list("to_stage", "taken_back")) == [
        ("new", False),
        ("negotiating", True),
    ]
    page = login(people.owner).get(f"/leads/{wrong.pk}/").content.decode()
    assert page.count(">已撤销<") == 1


def test_lost_needs_a_reason_for_all_of_them(people):
    lead = LeadFactory(owner=people.owner)
    job = run_on_leads(people.owner, "lead_stage", {"stage": "lost", "lost_reason": " "}, lead)
    assert (job.changed, job.refused) == (0, 1)


def test_into_the_bin_and_out_again(people):
    lead, sold = (
        LeadFactory(owner=people.owner),
        LeadFactory(owner=people.owner, stage="converted", name="成交"),
    )
    job = run_on_leads(people.superior, "lead_delete", {}, lead, sold)
    assert (job.changed, list(reasons(job))) == (1, ["成交"])
    assert back(people.superior, job).state == BulkState.UNDONE
    reload(lead)
    assert (lead.deleted_at, lead.owner) == (None, people.owner)
    services.delete_leads(actor=people.superior, leads=[lead.pk])
    restored = run_on_leads(people.superior, "lead_restore", {}, lead)
    back(people.superior, restored)
    reload(lead)
    assert lead.deleted_at is not None


def test_what_is_gone_for_good_does_not_come_back(people, login):
    lead, kept = LeadFactory(owner=people.owner, deleted_at=timezone.now()), LeadFactory(owner=people.owner)
    job = run_on_leads(people.superior, "lead_purge", {}, lead, kept)
    assert (job.state, job.changed, job.refused) == (BulkState.DONE, 1, 1)
    assert list(Lead.objects.all()) == [kept]
    with pytest.raises(ValidationError):
        bulk.undo(actor=people.superior, job=job)
    page = login(people.superior).get(f"/leads/bulk/{job.pk}/").content.decode()
    assert f"/leads/bulk/{job.pk}/undo/" not in page


def test_who_lost_the_right_does_nothing_any_more(people):
    lead = LeadFactory(owner=people.owner)
    job = run_on_leads(people.owner, "lead_assign", {"owner": people.colleague.pk}, lead)
    assert job.state == BulkState.FAILED
    reload(lead)
    assert lead.owner == people.owner


# --- rows
def test_a_row_is_a_customer_or_a_lead(people):
    job = BulkJob.objects.create(kind="lead_stage", created_by=people.owner)
    lead, customer = LeadFactory(owner=people.owner), CustomerFactory(owner=people.owner)
    for fields in ({}, {"lead": lead, "customer": customer}):
        with pytest.raises(IntegrityError), transaction.atomic():
            BulkItem.objects.create(job=job, **fields)
    BulkItem.objects.create(job=job, lead=lead)
    with pytest.raises(IntegrityError), transaction.atomic():
        BulkItem.objects.create(job=job, lead=lead)
    with pytest.raises(TypeError):
        bulk.start(actor=people.owner, kind=bulk.jobs.BulkKind.CHANGE, params={}, rows=Lead.objects.all())


# --- pages
def test_all_leads_of_a_filter(people, login):
    for stage in ("new", "new", "contacted"):
        LeadFactory(owner=people.owner, stage=stage)
    foreign = LeadFactory(owner=people.outsider, stage="new")
    client = login(people.owner)
    fields = {"all": "1", "query": "stage=new&sort=name&page=3"}
    for page in ("lead_stages", "lead_release", "lead_delete"):
        asked = client.post(reverse(f"crm:{page}"), fields)
        assert asked.status_code == 200
        assert asked.context["count"] == 2
        assert 'name="pk"' not in asked.content.decode()
    assert Lead.objects.filter(stage="new", owner__isnull=False, deleted_at=None).count() == 3
    done = client.post(
        reverse("crm:lead_stages"), {**fields, "go": "1", "stage": "lost", "lost_reason": "空号"}
    )
    assert done["Location"] == "/leads/?stage=new&sort=name&page=3"
    assert Lead.objects.filter(owner=people.owner, stage="lost", lost_reason="空号").count() == 2
    reload(foreign)
    assert foreign.stage == "new"
    nothing = client.post(reverse("crm:lead_delete"), {"all": "1", "query": "stage=nonsense", "go": "1"})
    assert nothing.status_code == 302
    assert not Lead.objects.deleted().exists()


def test_all_of_the_pool_and_of_the_bin(people, login):
    pooled = [LeadFactory(owner=None, pooled_at=timezone.now()) for _ in range(2)]
    client = login(people.superior)
    fields = {"all": "1", "query": "", "owner": people.owner.pk}
    assert client.post(reverse("crm:lead_pool_assign"), fields).status_code == 302
    reload(*pooled)
    assert [lead.owner for lead in pooled] == [people.owner] * 2
    services.delete_leads(actor=people.superior, leads=[lead.pk for lead in pooled])
    asked = client.post(reverse("crm:lead_purge"), {"all": "1", "query": ""})
    assert asked.context["count"] == 2
    assert Lead.objects.count() == 2
    client.post(reverse("crm:lead_restore"), {"all": "1", "query": "", "go": "1"})
    assert not Lead.objects.deleted().exists()
    services.delete_leads(actor=people.superior, leads=[lead.pk for lead in pooled])
    client.post(reverse("crm:lead_purge"), {"all": "1", "query": "", "go": "1"})
    assert not Lead.objects.exists()


def test_bad_input_keeps_what_was_typed(people, login):
    lead = LeadFactory(owner=people.owner)
    client = login(people.superior)
    for page, fields in (
        ("lead_stages", {"stage": "lost", "lost_reason": "长" * 201}),
        ("lead_stages", {"stage": "nonsense", "lost_reason": "长长"}),
        ("lead_assign", {"owner": people.outsider.pk, "note": "长长"}),
    ):
        answer = client.post(reverse(f"crm:{page}"), {"pk": lead.pk, "go": "1", **fields})
        assert answer.status_code == 422
        assert "长长" in answer.content.decode()
        assert f'value="{lead.pk}"' in answer.content.decode()
    assert not BulkJob.objects.exists()


def test_the_result_page_its_workbook_and_undo(people, login):
    mine, his = (
        LeadFactory(owner=people.owner, name="甲店"),
        LeadFactory(owner=people.colleague, name="=乙店"),
    )
    job = run_on_leads(
        people.superior, "lead_assign", {"owner": people.colleague.pk, "note": "<b>x</b>"}, mine, his
    )
    client = login(people.superior)
    page = client.get(f"/leads/bulk/{job.pk}/").content.decode()
    assert "=乙店" in page
    assert "<b>x</b>" not in page
    answer = client.get(f"/leads/bulk/{job.pk}/?export=refused")
    rows = list(load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active.values)
    assert [row[0] for row in rows[1:]] == ["=乙店"]
    assert client.post(f"/leads/bulk/{job.pk}/undo/").status_code == 302
    reload(mine)
    assert mine.owner == people.owner
    assert "甲店" in client.get(f"/leads/bulk/{job.pk}/?show=undone").content.decode()


def test_who_sees_a_bulk_action(people, login):
    job = run_on_leads(people.owner, "lead_stage", {"stage": "contacted"}, LeadFactory(owner=people.owner))
    assert login(people.owner).get(f"/leads/bulk/{job.pk}/").status_code == 200
    assert login(people.superior).get(f"/leads/bulk/{job.pk}/").status_code == 200
    for path in ("", "progress/"):
        assert login(people.outsider).get(f"/leads/bulk/{job.pk}/{path}").status_code == 404
        assert login(people.finance).get(f"/leads/bulk/{job.pk}/{path}").status_code == 403
        # The other side's page does not know it.
        assert login(people.owner).get(f"/customers/bulk/{job.pk}/{path}").status_code == 404
    for path in ("undo/", "resume/"):
        assert login(people.outsider).post(f"/leads/bulk/{job.pk}/{path}").status_code == 404
        assert login(people.finance).post(f"/leads/bulk/{job.pk}/{path}").status_code == 403
    assert f"/leads/bulk/{job.pk}/" not in login(people.outsider).get("/leads/bulk/").content.decode()
    assert f"/leads/bulk/{job.pk}/" not in login(people.owner).get("/customers/bulk/").content.decode()
    assert login(people.finance).get("/leads/bulk/").status_code == 403


def test_an_action_on_leads_is_none_on_customers(people, login):
    shop = CustomerFactory(owner=people.owner)
    assert login(people.admin).post("/customers/bulk/lead_stage/", {"pk": shop.pk}).status_code == 404


def test_more_than_500_leads_are_the_workers(people, login, django_capture_on_commit_callbacks):
    Lead.objects.bulk_create(Lead(name=f"潜客{n}", owner=people.owner, received_on=TODAY) for n in range(501))
    client = login(people.owner)
    fields = {"all": "1", "query": "", "go": "1", "stage": "contacted"}
    with django_capture_on_commit_callbacks(execute=False) as callbacks:
        answer = client.post(reverse("crm:lead_stages"), fields)
    job = BulkJob.objects.get()
    assert answer["Location"] == f"/leads/bulk/{job.pk}/"
    assert (job.state, job.total, len(callbacks)) == ("queued", 501, 1)
    assert f"/leads/bulk/{job.pk}/progress/" in client.get(f"/leads/bulk/{job.pk}/").content.decode()
    tasks.run_bulk_job(job.pk)
    assert client.get(f"/leads/bulk/{job.pk}/progress/")["HX-Refresh"] == "true"
    assert Lead.objects.filter(stage="contacted").count() == 501
    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"/leads/bulk/{job.pk}/undo/")
    assert Lead.objects.filter(stage="new").count() == 501


def test_a_batch_takes_the_same_statements_for_one_and_for_three(people, django_assert_num_queries):
    for count in (1, 3):
        leads = [LeadFactory(owner=people.owner) for _ in range(count)]
        rows = Lead.objects.filter(pk__in=[lead.pk for lead in leads])
        params = {"stage": "contacted", "lost_reason": ""}
        job = bulk.start(actor=people.owner, kind=bulk.jobs.BulkKind.LEAD_STAGE, params=params, rows=rows)
        with django_assert_num_queries(28):
            bulk.run_job(job.pk)


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_of_actions_costs_the_same(people, login, django_assert_num_queries, count):
    for _ in range(count):
        run_on_leads(people.owner, "lead_stage", {"stage": "contacted"}, LeadFactory(owner=people.owner))
    client = login(people.owner)
    with django_assert_num_queries(5):
        assert client.get("/leads/bulk/").status_code == 200
