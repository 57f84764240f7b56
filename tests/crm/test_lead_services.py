"""Making, moving and throwing away leads (C1, C2)."""

import datetime as dt

import pytest
from auditlog.models import LogEntry
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from accounts.models import SystemOptions
from comms.models import Notification
from crm.enums import LeadEventKind, LeadStage
from crm.models import FollowUp, FollowUpPhoto, Lead, LeadChannel, LeadContact, LeadEvent
from crm.services import leads as services
from tests.factories import LeadFactory

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 3, 10, 4, tzinfo=dt.UTC)
TODAY = dt.date(2026, 3, 10)


def follow_up(lead, rep, **fields):
    return FollowUp.objects.create(lead=lead, rep=rep, at=NOW, day=TODAY, text="谈了样品", **fields)


# --- making
def test_create_gives_it_to_the_actor_with_person_search_and_history(people):
    lead = services.create_lead(
        actor=people.owner,
        name=" 蜗牛烘焙坊 ",
        contact="王芳",
        job="店长",
        phones="13800138000/0551-62345678",
    )
    assert (lead.name, lead.owner, lead.stage) == ("蜗牛烘焙坊", people.owner, LeadStage.NEW)
    assert lead.received_on == timezone.localdate()
    rows = list(lead.contacts.values_list("name", "job", "raw", "e164"))
    assert rows == [
        ("王芳", "店长", "13800138000", "+8613800138000"),
        ("王芳", "店长", "0551-62345678", "+8655162345678"),
    ]
    for text in ("wnhb", "138001", "王芳", "烘焙"):
        assert list(Lead.objects.search(text)) == [lead]
    event = lead.events.get()
    assert (event.kind, event.from_user, event.to_user, event.by) == (
        LeadEventKind.CREATED,
        None,
        people.owner,
        people.owner,
    )
    assert LogEntry.objects.get_for_object(lead).filter(actor=people.owner).exists()


def test_create_into_the_pool(people):
    lead = services.create_lead(actor=people.owner, name="路口新店", owner=None)
    assert (lead.owner, lead.received_on) == (None, None)
    assert lead.pooled_at is not None


def test_a_rep_cannot_give_a_new_lead_to_a_stranger(people):
    with pytest.raises(ValidationError):
        services.create_lead(actor=people.owner, name="甲店", owner=people.outsider)
    people.owner.is_active = False
    people.owner.save()
    with pytest.raises(ValidationError):
        services.create_lead(actor=people.superior, name="甲店", owner=people.owner)
    assert not Lead.objects.exists()


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "字" * 121}, "name"),
        ({"name": "甲", "latitude": 31.8}, "longitude"),
        ({"name": "甲", "latitude": 31.8, "longitude": 181.0}, "longitude"),
        ({"name": "甲", "phones": "1" * 61}, "phones"),
        ({"name": "甲", "contact": "字" * 41}, "contact"),
        ({"name": "甲", "notes": "字" * 2001}, "notes"),
    ],
)
def test_bad_input_is_refused_at_its_field(people, fields, field):
    with pytest.raises(ValidationError) as error:
        services.create_lead(actor=people.owner, **fields)
    assert field in error.value.message_dict
    assert not Lead.objects.exists()


def test_owner_and_stage_are_no_fields(people):
    with pytest.raises(TypeError, match="stage"):
        services.create_lead(actor=people.owner, name="甲", stage="converted")
    with pytest.raises(TypeError, match="owner"):
        services.update_lead(actor=people.owner, lead=LeadFactory(owner=people.owner), owner=people.outsider)


def test_one_channels_id_is_taken_once(people):
    channel = LeadChannel.objects.create(name="抖音")
    services.create_lead(actor=None, name="甲", owner=None, channel=channel, external_id="x1")
    with pytest.raises(ValidationError) as error:
        services.create_lead(actor=None, name="甲", owner=None, channel=channel, external_id="x1")
    assert "external_id" in error.value.message_dict
    other = LeadChannel.objects.create(name="百度")
    services.create_lead(actor=None, name="甲", owner=None, channel=other, external_id="x1")
    assert Lead.objects.count() == 2


def test_update_replaces_the_first_person_and_keeps_the_others(people):
    lead = services.create_lead(actor=people.owner, name="甲店", contact="王芳", phones="13800138000")
    LeadContact.objects.create(lead=lead, name="李雷", raw="13900139000", position=5)
    services.update_lead(
        actor=people.owner, lead=lead, name="乙店", phones="13700137000", address="长江路1号"
    )
    lead.refresh_from_db()
    assert (lead.name, lead.address) == ("乙店", "长江路1号")
    assert list(lead.contacts.values_list("name", "raw")) == [
        ("王芳", "13700137000"),
        ("李雷", "13900139000"),
    ]
    assert list(Lead.objects.search("137001")) == [lead]
    assert not Lead.objects.search("138001").exists()
    assert Lead.objects.search("乙店").exists()


def contacts(lead):
    return list(lead.contacts.values_list("name", "job", "raw"))


def test_a_second_person_from_the_start(people):
    lead = services.create_lead(
        actor=people.owner,
        name="甲店",
        contact="王芳",
        phones="13800138000、13700137000",
        contact2="李雷",
        job2="采购",
        phones2="13900139000",
    )
    first = [("王芳", "", "13800138000"), ("王芳", "", "13700137000")]
    assert contacts(lead) == [*first, ("李雷", "采购", "13900139000")]
    assert list(Lead.objects.search("139001")) == [lead]
    LeadContact.objects.create(lead=lead, name="韩梅", position=9)
    services.update_lead(actor=people.owner, lead=lead, phones2="13600136000")
    assert contacts(lead) == [*first, ("李雷", "采购", "13600136000"), ("韩梅", "", "")]
    services.update_lead(actor=people.owner, lead=lead, contact2="", job2="", phones2="")
    assert contacts(lead) == [*first, ("韩梅", "", "")]
    assert not Lead.objects.search("136001").exists()


def test_a_second_person_is_another_person(people):
    lead = services.create_lead(actor=people.owner, name="甲店", contact="王芳", phones="13800138000")
    for fields in ({"contact2": "王芳"}, {"contact2": " 王芳", "phones2": "13900139000"}):
        with pytest.raises(ValidationError) as refused:
            services.update_lead(actor=people.owner, lead=lead, **fields)
        assert list(refused.value.message_dict) == ["contact2"]
        with pytest.raises(ValidationError):
            services.create_lead(actor=people.owner, name="乙店", contact="王芳", **fields)
    assert contacts(lead) == [("王芳", "", "13800138000")]


def test_an_edit_starts_no_clock(people):
    lead = LeadFactory(owner=people.owner, received_on=TODAY)
    services.update_lead(actor=people.owner, lead=lead, notes="改一下")
    lead.refresh_from_db()
    assert (lead.received_on, lead.last_follow_up_on) == (TODAY, None)


def test_a_stranger_changes_nothing(people):
    lead = LeadFactory(owner=people.owner)
    for change in (
        lambda: services.update_lead(actor=people.outsider, lead=lead, name="我的"),
        lambda: services.change_stage(actor=people.outsider, lead=lead, stage="contacted"),
        lambda: services.convert_lead(actor=people.outsider, lead=lead),
    ):
        with pytest.raises(ValidationError):
            change()
    lead.refresh_from_db()
    assert (lead.stage, lead.owner) == ("new", people.owner)


# --- stages
def test_stages_forward_back_lost_and_reopened(people):
    lead = LeadFactory(owner=people.owner)
    for stage in ("negotiating", "contacted"):
        services.change_stage(actor=people.owner, lead=lead, stage=stage)
    services.change_stage(actor=people.owner, lead=lead, stage="lost", lost_reason=" 空号 ")
    lead.refresh_from_db()
    assert (lead.stage, lead.lost_reason) == ("lost", "空号")
    services.change_stage(actor=people.owner, lead=lead, stage="interested")
    lead.refresh_from_db()
    assert (lead.stage, lead.lost_reason) == ("interested", "")
    moves = list(lead.events.order_by("pk").values_list("from_stage", "to_stage"))
    assert moves == [
        ("new", "negotiating"),
        ("negotiating", "contacted"),
        ("contacted", "lost"),
        ("lost", "interested"),
    ]
    assert LogEntry.objects.get_for_object(lead).filter(action=LogEntry.Action.UPDATE).count() == 4


def test_the_same_stage_again_writes_nothing(people):
    lead = LeadFactory(owner=people.owner)
    services.change_stage(actor=people.owner, lead=lead, stage="new")
    assert not lead.events.exists()


@pytest.mark.parametrize(
    ("stage", "reason"), [("converted", ""), ("lost", "  "), ("lost", "字" * 201), ("nonsense", "")]
)
def test_moves_that_are_refused(people, stage, reason):
    lead = LeadFactory(owner=people.owner)
    with pytest.raises(ValidationError):
        services.change_stage(actor=people.owner, lead=lead, stage=stage, lost_reason=reason)
    lead.refresh_from_db()
    assert lead.stage == "new"


def test_a_follow_up_makes_a_new_lead_contacted_and_no_other(people):
    new, far = LeadFactory(owner=people.owner), LeadFactory(owner=people.owner, stage="negotiating")
    assert services.note_contact(actor=people.owner, lead_id=new.pk)
    assert not services.note_contact(actor=people.owner, lead_id=far.pk)
    new.refresh_from_db()
    far.refresh_from_db()
    assert (new.stage, far.stage) == ("contacted", "negotiating")
    assert new.events.get().to_stage == "contacted"


# --- the recycle bin
def test_delete_restore_and_the_scope_of_each_id(people):
    mine, other = LeadFactory(owner=people.owner), LeadFactory(owner=people.outsider)
    done = LeadFactory(owner=people.owner, stage="converted")
    outcome = services.delete_leads(actor=people.owner, leads=[mine.pk, other.pk, done.pk, 10**9])
    assert outcome.changed == [mine.pk]
    assert set(outcome.refused) == {other.pk, done.pk, 10**9}
    assert not Lead.objects.visible_to(people.owner).filter(pk=mine.pk).exists()
    assert services.restore_leads(actor=people.outsider, leads=[mine.pk]).changed == []
    assert services.restore_leads(actor=people.superior, leads=[mine.pk, other.pk]).changed == [mine.pk]
    mine.refresh_from_db()
    assert (mine.deleted_at, mine.deleted_by, mine.owner) == (None, None, people.owner)
    kinds = list(mine.events.order_by("pk").values_list("kind", flat=True))
    assert kinds == ["deleted", "restored"]


def test_restored_without_its_owner_it_goes_to_the_pool(people):
    lead = LeadFactory(owner=people.owner)
    services.delete_leads(actor=people.superior, leads=[lead.pk])
    people.owner.is_active = False
    people.owner.save()
    services.restore_leads(actor=people.superior, leads=[lead.pk])
    lead.refresh_from_db()
    assert (lead.owner, lead.last_owner, lead.received_on) == (None, people.owner, None)


def test_purge_takes_only_what_is_in_the_bin_and_removes_the_files(
    people, django_capture_on_commit_callbacks
):
    kept, gone = LeadFactory(owner=people.owner), LeadFactory(owner=people.owner)
    talk = follow_up(gone, people.owner, voice=ContentFile(b"a", name="a.webm"))
    photo = FollowUpPhoto.objects.create(
        follow_up=talk, image=ContentFile(b"p", name="p.jpg"), sha256="0" * 64
    )
    files = [talk.voice.name, photo.image.name]
    assert services.purge_leads(actor=people.superior, leads=[gone.pk]).refused.keys() == {gone.pk}
    services.delete_leads(actor=people.owner, leads=[gone.pk])
    with django_capture_on_commit_callbacks(execute=True):
        assert services.purge_leads(actor=people.outsider, leads=[gone.pk]).changed == []
    assert all(default_storage.exists(name) for name in files)
    with django_capture_on_commit_callbacks(execute=True):
        outcome = services.purge_leads(actor=people.superior, leads=[kept.pk, gone.pk])
    assert (outcome.changed, set(outcome.refused)) == ([gone.pk], {kept.pk})
    assert list(Lead.objects.all()) == [kept]
    assert not FollowUp.objects.exists()
    assert not LeadEvent.objects.exists()
    assert not any(default_storage.exists(name) for name in files)
    assert LogEntry.objects.filter(action=LogEntry.Action.DELETE, object_id=gone.pk).exists()


# --- recycling
def test_recycling_by_the_clocks(people):
    options = SystemOptions.load()
    options.lead_no_follow_up_days, options.lead_max_hold_days = 15, 30
    options.save()

    def lead(received, followed=None, **fields):
        owner = fields.pop("owner", people.owner)
        fields["received_on"] = TODAY - dt.timedelta(days=received)
        fields["last_follow_up_on"] = None if followed is None else TODAY - dt.timedelta(days=followed)
        return LeadFactory(owner=owner, **fields)

    due = [lead(16), lead(29, 16), lead(31, 1), lead(16, 90)]
    # On the last day still his; followed up in time; lost, converted, deleted or in the pool: not judged.
    stay = [lead(15), lead(29, 15), lead(30, 1), lead(40, stage="lost"), lead(40, stage="converted")]
    stay.append(lead(40, deleted_at=NOW))
    assert services.recycle_leads(day=TODAY, now=NOW) == len(due)
    assert services.recycle_leads(day=TODAY, now=NOW) == 0
    for one in due:
        one.refresh_from_db()
        assert (one.owner, one.last_owner, one.received_on, one.pooled_at) == (None, people.owner, None, NOW)
        assert one.events.get().kind == LeadEventKind.RECYCLED
    for one in stay:
        one.refresh_from_db()
        assert one.owner == people.owner
    notice = Notification.objects.get(recipient=people.owner)
    assert "4" in notice.title


def test_without_clocks_nobody_loses_a_lead(people):
    SystemOptions.objects.filter(pk=SystemOptions.load().pk).update(
        lead_no_follow_up_days=None, lead_max_hold_days=None
    )
    LeadFactory(owner=people.owner, received_on=dt.date(2020, 1, 1))
    assert services.recycle_leads(day=TODAY, now=NOW) == 0


def test_recycling_takes_the_same_statements_for_one_and_for_three(people, django_assert_num_queries):
    for count in (1, 3):
        for _ in range(count):
            LeadFactory(owner=people.owner, received_on=dt.date(2026, 1, 1))
        SystemOptions.load()
        with django_assert_num_queries(13):
            assert services.recycle_leads(day=TODAY, now=NOW) == count
