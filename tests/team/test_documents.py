"""Documents: whom they are for, versions, publishing, must-reads, folders, what was shown at a follow-up."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import Role
from common.business_calendar import today
from comms.models import Notification
from comms.queries.todos import todos_of
from crm.services.follow_ups import record_follow_up
from team.enums import DocumentStatus
from team.models import Document, DocumentAudience, DocumentRead, DocumentVersion, Folder
from team.queries import documents as queries
from team.rules.documents import Audience
from team.services import document_folders as folders
from team.services import documents as services
from tests.factories import CustomerFactory, DepartmentFactory, UserFactory
from tests.team.document_data import content, only, write

pytestmark = pytest.mark.django_db


def sees(user, document):
    return Document.objects.visible_to(user).filter(pk=document.pk).exists()


def told(document):
    key = f"document:{document.pk}:{document.asked_version}"
    return set(Notification.objects.filter(key=key).values_list("recipient__username", flat=True))


# --- whom it is for
def test_the_author_the_audience_and_who_leads_the_author_see_it(people):
    document = write(people.superior, audience=only(people.owner))
    assert sees(people.superior, document)
    assert sees(people.owner, document)
    assert not sees(people.colleague, document)
    assert not sees(people.outsider, document)
    assert sees(people.admin, document)  # an editor whose scope is the company


def test_who_leads_the_author_sees_his_drafts_and_others_do_not(people):
    people.owner.role.permissions.add(
        *Role.objects.get(code="manager").permissions.filter(codename="add_document")
    )
    draft = write(people.owner, published=False)
    assert sees(people.superior, draft)
    assert not sees(people.colleague, draft)
    # The whole company's customers are his to see, others' drafts are not.
    assert not sees(people.finance, draft)


@pytest.mark.parametrize(
    ("audience", "readers"),
    [
        (lambda p: Audience(for_all=True), {"owner", "colleague", "outsider", "finance"}),
        (lambda p: Audience(False, departments=frozenset([p.sales.pk])), {"owner", "colleague"}),
        (lambda p: Audience(False, departments=frozenset([p.head.pk])), {"owner", "colleague", "outsider", "finance"}),
        (lambda p: Audience(False, roles=frozenset([p.finance.role_id])), {"finance"}),
        (lambda p: Audience(False, roles=frozenset([p.finance.role_id]), people=frozenset([p.owner.pk])), {"finance", "owner"}),
    ],
)  # fmt: skip
def test_audiences(people, audience, readers):
    document = write(people.superior, audience=audience(people))
    others = (people.owner, people.colleague, people.outsider, people.finance)
    assert {person.username for person in others if sees(person, document)} == {
        getattr(people, name).username for name in readers
    }
    asked = {pk for pk in queries.people_of(document) if pk in {person.pk for person in others}}
    assert asked == {getattr(people, name).pk for name in readers}


def test_only_while_it_is_valid(people):
    day = today()
    document = write(people.superior, valid_from=day, valid_until=day)
    rows = Document.objects
    assert document in rows.visible_to(people.outsider, day)
    for other in (day - dt.timedelta(days=1), day + dt.timedelta(days=1)):
        assert document not in rows.visible_to(people.outsider, other)
        assert document in rows.visible_to(people.superior, other)


def test_an_audience_row_names_one(people):
    document = write(people.superior)
    with pytest.raises(IntegrityError), transaction.atomic():
        DocumentAudience.objects.create(document=document)
    with pytest.raises(IntegrityError), transaction.atomic():
        DocumentAudience.objects.create(document=document, user=people.owner, department=people.sales)


def test_nobody_is_no_audience(people):
    with pytest.raises(ValidationError):
        write(people.superior, audience=Audience(for_all=False))


# --- writing
def test_a_rep_writes_none(people):
    with pytest.raises(PermissionDenied):
        write(people.owner)


def test_a_manager_elsewhere_changes_none(people):
    document = write(people.superior)
    stranger = UserFactory(role="manager", department=people.other)
    assert sees(stranger, document)
    with pytest.raises(PermissionDenied):
        services.update_document(actor=stranger, document=document, content=content(), base_version=1)


def test_a_changed_text_is_a_new_version_and_a_changed_audience_is_not(people):
    document = write(people.superior)
    changed = services.update_document(
        actor=people.superior, document=document, content=content(audience=only(people.owner)), base_version=1
    )
    assert changed.version == 1
    changed = services.update_document(
        actor=people.superior, document=document, content=content(body_html="<p>新价</p>"), base_version=1
    )
    assert changed.version == 2
    assert list(changed.versions.values_list("number", "body_html")) == [
        (2, "<p>新价</p>"),
        (1, "<p>统一出厂价</p>"),
    ]
    assert not changed.audience.exists()  # for everybody again


def test_two_at_once_the_second_is_refused(people):
    document = write(people.superior)
    services.update_document(
        actor=people.superior, document=document, content=content(title="先存的"), base_version=1
    )
    with pytest.raises(ValidationError, match="王经理"):
        services.update_document(
            actor=people.admin, document=document, content=content(title="后存的"), base_version=1
        )
    assert Document.objects.get().title == "先存的"


def test_restoring_makes_a_new_version(people):
    document = write(people.superior)
    services.update_document(
        actor=people.superior, document=document, content=content(body_html="<p>改坏了</p>"), base_version=1
    )
    restored = services.restore_version(actor=people.superior, document=document, number=1)
    assert (restored.version, restored.body_html) == (3, "<p>统一出厂价</p>")
    assert DocumentVersion.objects.get(number=3).restored_from == 1
    assert document in Document.objects.search("统一出厂价")
    with pytest.raises(ValidationError):
        services.restore_version(actor=people.superior, document=document, number=1)


def test_a_version_number_is_there_once(people):
    document = write(people.superior)
    with pytest.raises(IntegrityError), transaction.atomic():
        DocumentVersion.objects.create(document=document, number=1, title="双", by=people.superior)


# --- the status
def test_one_door(people):
    draft = write(people.superior, published=False)
    with pytest.raises(ValidationError):
        services.move(actor=people.superior, document=draft, to=DocumentStatus.ARCHIVED)
    published = services.move(actor=people.superior, document=draft, to=DocumentStatus.PUBLISHED)
    assert published.published_at is not None
    with pytest.raises(ValidationError):
        services.move(actor=people.superior, document=draft, to=DocumentStatus.PUBLISHED)
    archived = services.move(actor=people.superior, document=draft, to=DocumentStatus.ARCHIVED)
    assert not sees(people.owner, archived)
    assert sees(people.superior, archived)


def test_an_empty_one_is_not_published(people):
    with pytest.raises(ValidationError):
        write(people.superior, body_html="<p> </p>")


def test_only_a_draft_is_deleted(people):
    with pytest.raises(ValidationError):
        services.delete_draft(actor=people.superior, document=write(people.superior))
    services.delete_draft(actor=people.superior, document=write(people.superior, published=False))
    assert Document.objects.count() == 1


# --- must-reads
def test_the_audience_is_told_once(people):
    document = write(people.superior, must_read=True, audience=only(people.owner, people.superior))
    assert told(document) == {"owner"}
    services.update_document(
        actor=people.superior,
        document=document,
        content=content(must_read=True, audience=only(people.owner, people.colleague)),
        base_version=1,
    )
    assert told(document) == {"owner", "colleague"}
    assert Notification.objects.filter(kind="document").count() == 2


def test_what_begins_later_is_told_on_its_day(people):
    day = today()
    document = write(
        people.superior, must_read=True, valid_from=day + dt.timedelta(days=2), audience=only(people.owner)
    )
    assert told(document) == set()
    assert services.tell_due() == 0
    later = timezone.now() + dt.timedelta(days=2)
    assert services.tell_due(now=later) == 1
    assert services.tell_due(now=later) == 0
    assert told(document) == {"owner"}


def todo_count(user):
    lines = todos_of(user, today=today(), now=timezone.now())
    return sum(line.count for line in lines if line.key == "documents")


def test_confirming_takes_it_off_the_list(people):
    document = write(people.superior, must_read=True)
    assert todo_count(people.owner) == 1
    assert services.confirm(user=people.owner, document=document)
    assert not services.confirm(user=people.owner, document=document)
    assert todo_count(people.owner) == 0
    assert todo_count(people.outsider) == 1
    assert Notification.objects.get(recipient=people.owner, kind="document").read_at is not None


def test_nobody_confirms_what_is_not_for_him(people):
    document = write(people.superior, must_read=True, audience=only(people.owner))
    for person in (people.outsider, people.superior):
        with pytest.raises(PermissionDenied):
            services.confirm(user=person, document=document)


def test_a_new_version_may_ask_again(people):
    document = write(people.superior, must_read=True)
    services.confirm(user=people.owner, document=document)
    for version, ask, waits in ((1, False, 0), (2, True, 1)):
        services.update_document(
            actor=people.superior,
            document=document,
            content=content(body_html=f"<p>{version}</p>", must_read=True),
            base_version=version,
            ask_again=ask,
        )
        assert todo_count(people.owner) == waits
    assert "owner" in told(Document.objects.get())


def test_opening_it_is_noted_once_and_follows_the_version(people):
    document = write(people.superior)
    first = timezone.now() - dt.timedelta(days=1)
    services.mark_seen(user=people.owner, document=document, now=first)
    services.mark_seen(user=people.owner, document=document)
    assert services.mark_seen(user=people.superior, document=document) is None
    assert DocumentRead.objects.get().read_at == first


def test_reminding_reaches_those_of_ones_people_who_are_missing_once_a_day(people):
    document = write(people.admin, must_read=True)
    services.confirm(user=people.owner, document=document)
    assert services.remind(actor=people.superior, document=document) == 2  # the colleague and himself
    services.remind(actor=people.superior, document=document)
    reminders = Notification.objects.filter(key__endswith=str(today()))
    assert set(reminders.values_list("recipient__username", flat=True)) == {
        "superior",
        people.colleague.username,
    }
    assert reminders.count() == 2
    with pytest.raises(PermissionDenied):
        services.remind(actor=people.owner, document=document)


def test_progress_counts_ones_own_people(people):
    document = write(people.admin, must_read=True)
    services.confirm(user=people.owner, document=document)
    [row] = queries.must_reads(people.superior, today())
    queries.add_progress([row], people.superior)
    assert (row.asked, row.confirmed_count) == (3, 1)
    assert sorted(row.missing) == sorted(["张业务", "王经理"])
    assert document.pk == row.pk


# --- folders
def test_no_folder_in_itself(people):
    top = folders.save_folder(actor=people.admin, folder=None, name="上", parent=None)
    below = folders.save_folder(actor=people.admin, folder=None, name="下", parent=top)
    for parent in (top, below):
        with pytest.raises(ValidationError):
            folders.save_folder(actor=people.admin, folder=top, name="上", parent=parent)
    with pytest.raises(IntegrityError), transaction.atomic():
        Folder.objects.filter(pk=top.pk).update(parent=top)


def test_a_name_is_there_once_in_a_folder(people):
    top = folders.save_folder(actor=people.admin, folder=None, name="上", parent=None)
    folders.save_folder(actor=people.admin, folder=None, name="上", parent=top)
    with pytest.raises(ValidationError):
        folders.save_folder(actor=people.admin, folder=None, name=" 上 ", parent=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        Folder.objects.create(name="上")


def test_a_tree_has_its_depth(people):
    above = None
    for number in range(6):
        above = folders.save_folder(actor=people.admin, folder=None, name=f"第{number}层", parent=above)
    with pytest.raises(ValidationError):
        folders.save_folder(actor=people.admin, folder=None, name="太深", parent=above)


def test_only_an_empty_folder_goes(people):
    document = write(people.superior)
    with pytest.raises(ValidationError):
        folders.delete_folder(actor=people.admin, folder=document.folder)
    with pytest.raises(PermissionDenied):
        folders.delete_folder(actor=people.owner, folder=document.folder)
    empty = folders.save_folder(actor=people.admin, folder=None, name="空", parent=None)
    folders.delete_folder(actor=people.admin, folder=empty)
    assert list(Folder.objects.values_list("name", flat=True)) == ["政策"]


# --- follow-ups
def test_what_was_shown_is_kept_as_far_as_one_may_see_it(people):
    shown = write(people.superior, title="产品手册")
    secret = write(people.superior, title="内部价", audience=only(people.colleague))
    follow_up = record_follow_up(
        actor=people.owner,
        customer=CustomerFactory(owner=people.owner),
        text="看了手册",
        posted={"documents": [str(shown.pk), str(secret.pk), "x", "9" * 30]},
    )
    assert list(follow_up.shown_documents.values_list("document", flat=True)) == [shown.pk]
    assert queries.documents_of([follow_up.pk], people.superior, today()) == {
        follow_up.pk: [("产品手册", f"/documents/{shown.pk}/")]
    }


def test_people_of_a_department_below_are_asked_too(people):
    below = UserFactory(department=DepartmentFactory(parent=people.sales))
    document = write(people.superior, audience=Audience(False, departments=frozenset([people.sales.pk])))
    assert sees(below, document)
    assert below.pk in queries.people_of(document)


def test_saved_as_it_stands_nothing_is_noted(people):
    whole = {
        "audience": Audience(for_all=False, roles=frozenset({people.owner.role_id})),
        "valid_from": dt.date(2026, 3, 1),
    }
    document = write(people.superior, **whole)
    before = Document.objects.values().get(pk=document.pk)
    services.update_document(
        actor=people.admin, document=document, content=content(**whole), base_version=1, ask_again=True
    )
    assert Document.objects.values().get(pk=document.pk) == before
    wider = whole | {"audience": only(people.owner)}
    services.update_document(actor=people.admin, document=document, content=content(**wider), base_version=1)
    document.refresh_from_db()
    assert (document.updated_by, document.version) == (people.admin, 1)
    assert queries.audience_of(document) == only(people.owner)
