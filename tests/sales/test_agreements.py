"""Agreements through their services: state, term, renewal, end, files, reminder, progress (G3)."""

import datetime as dt
import io
import zipfile
from dataclasses import replace
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import override
from django_celery_beat.models import PeriodicTask
from PIL import Image

from comms.models import Notification
from sales.enums import AgreementFileKind, AgreementStatus
from sales.models import Agreement
from sales.queries import agreements as queries
from sales.rules import agreements as rules
from sales.rules.agreements import AgreementState, Year, renewed_term, state, time_share, year_of, years_of
from sales.services import agreement_files as files
from sales.services import agreements as services
from sales.tasks import remind_of_agreement_ends
from tests.factories import CustomerFactory, SalesOrderFactory
from tests.readers import english, last_words

D = dt.date


@pytest.fixture
def today():
    return timezone.localdate()


@pytest.fixture
def values(today):
    """A year that began a hundred days ago."""
    return services.AgreementInput(
        title=" 年度经销协议 ",
        starts_on=today - dt.timedelta(days=100),
        ends_on=today + dt.timedelta(days=264),
        territory="包河区",
        clauses="第一条 价格\n第二条 返利",
        yearly_amount=Decimal(1000),
        deposit=Decimal("50.00"),
    )


@pytest.fixture
def write(people, shop, values, today):
    """write(days=12): an agreement in force that ends in so many days; `sign=False` leaves it a draft."""

    def _write(*, days=264, sign=True, customer=shop, **change):
        changed = replace(values, ends_on=today + dt.timedelta(days=days), **change)
        agreement = services.create_agreement(actor=people.superior, customer=customer, values=changed)
        if sign:
            services.sign_agreement(actor=people.superior, agreement=agreement, signed_by="王老板")
        return Agreement.objects.get(pk=agreement.pk)

    return _write


# --- rules
@pytest.mark.parametrize(
    ("status", "day", "expected"),
    [
        ("draft", D(2026, 6, 1), "draft"),
        ("ended", D(2026, 6, 1), "ended"),
        ("active", D(2025, 12, 31), "upcoming"),
        ("active", D(2026, 1, 1), "running"),
        ("active", D(2026, 11, 30), "running"),
        ("active", D(2026, 12, 1), "expiring"),
        ("active", D(2026, 12, 31), "expiring"),  # the last day still counts
        ("active", D(2027, 1, 1), "expired"),
    ],
)
def test_state_follows_from_the_dates(status, day, expected):
    found = state(status=status, starts_on=D(2026, 1, 1), ends_on=D(2026, 12, 31), remind_days=30, today=day)
    assert found == expected


@pytest.mark.parametrize(
    ("term", "renewed"),
    [
        ((D(2026, 1, 1), D(2026, 12, 31)), (D(2027, 1, 1), D(2027, 12, 31))),
        ((D(2026, 3, 15), D(2027, 3, 14)), (D(2027, 3, 15), D(2028, 3, 14))),
        ((D(2026, 2, 1), D(2026, 2, 28)), (D(2026, 3, 1), D(2026, 3, 31))),
        ((D(2026, 1, 1), D(2026, 1, 10)), (D(2026, 1, 11), D(2026, 1, 20))),
    ],
)
def test_a_renewal_goes_on_the_next_day(term, renewed):
    assert renewed_term(*term) == renewed


def test_years_of_a_term():
    assert years_of(D(2026, 1, 1), D(2027, 1, 1)) == [Year(D(2026, 1, 1), D(2027, 1, 1))]
    assert years_of(D(2024, 2, 29), D(2026, 2, 28)) == [
        Year(D(2024, 2, 29), D(2025, 2, 27)),
        Year(D(2025, 2, 28), D(2026, 2, 28)),
    ]
    second = year_of(D(2026, 3, 15), D(2028, 6, 1), D(2027, 3, 15))
    assert second == Year(D(2027, 3, 15), D(2028, 3, 14))
    assert year_of(D(2026, 3, 15), D(2028, 6, 1), D(2020, 1, 1)).starts_on == D(2026, 3, 15)
    assert time_share(Year(D(2026, 1, 1), D(2026, 1, 10)), D(2026, 1, 5)) == Decimal("0.5")


# --- services
def test_a_draft_is_written_cleaned_and_changed(people, shop, values):
    agreement = services.create_agreement(
        actor=people.superior,
        customer=shop,
        values=replace(values, clauses="<p onclick=x>一</p><script>y</script>"),
    )
    assert agreement.number == f"HT{timezone.localdate():%Y%m%d}-0001"
    assert (agreement.title, agreement.rep, agreement.status) == ("年度经销协议", people.owner, "draft")
    assert agreement.clauses == "<p>一</p>"
    services.update_agreement(actor=people.superior, agreement=agreement, values=values)
    agreement.refresh_from_db()
    assert agreement.clauses == "<p>第一条 价格</p><p>第二条 返利</p>"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": " "}, "title"),
        ({"ends_on": D(2020, 1, 1)}, "ends_on"),
        ({"yearly_amount": Decimal(-1)}, "yearly_amount"),
        ({"deposit": Decimal("NaN")}, "deposit"),
        ({"clauses": "条" * (rules.MAX_CLAUSES + 1)}, "clauses"),
    ],
)
def test_bad_values_are_refused_at_their_field(people, shop, values, change, field):
    with pytest.raises(ValidationError) as refusal:
        services.create_agreement(actor=people.superior, customer=shop, values=replace(values, **change))
    assert field in refusal.value.error_dict


def test_the_database_keeps_the_term(people, shop):
    with pytest.raises(IntegrityError), transaction.atomic():
        Agreement.objects.create(
            number="HT-X", customer=shop, title="x", starts_on=D(2026, 2, 1), ends_on=D(2026, 1, 1)
        )


def test_signing_ending_and_nothing_twice(people, write, today):
    agreement = write()
    assert (agreement.status, agreement.signed_on, agreement.signed_by) == ("active", today, "王老板")
    with pytest.raises(ValidationError):
        services.sign_agreement(actor=people.superior, agreement=agreement, signed_by="王老板")
    with pytest.raises(ValidationError):
        services.update_agreement(
            actor=people.superior, agreement=agreement, values=services.AgreementInput("x", today, today)
        )
    with pytest.raises(ValidationError):
        services.end_agreement(actor=people.superior, agreement=agreement, reason=" ")
    services.end_agreement(actor=people.superior, agreement=agreement, reason="店铺转让")
    agreement.refresh_from_db()
    assert (agreement.status, agreement.ended_on, agreement.end_reason) == ("ended", today, "店铺转让")
    with pytest.raises(ValidationError):
        services.end_agreement(actor=people.superior, agreement=agreement, reason="再来")
    with pytest.raises(ValidationError):
        services.discard_agreement(actor=people.superior, agreement=agreement)


def test_a_renewal_takes_over_what_stays_and_is_linked(people, write):
    agreement = write(days=10)
    renewal = services.renew_agreement(actor=people.superior, agreement=agreement)
    assert renewal.renews == agreement
    assert (renewal.status, renewal.starts_on) == ("draft", agreement.ends_on + dt.timedelta(days=1))
    assert (renewal.title, renewal.clauses, renewal.yearly_amount) == (
        agreement.title,
        agreement.clauses,
        agreement.yearly_amount,
    )
    assert renewal.signed_on is None
    with pytest.raises(ValidationError):
        services.renew_agreement(actor=people.superior, agreement=agreement)
    services.discard_agreement(actor=people.superior, agreement=renewal)
    assert services.renew_agreement(actor=people.superior, agreement=agreement).renews == agreement


def test_history_outlives_a_change_of_rep(people, write, shop):
    agreement = write()
    shop.owner = people.outsider
    shop.save()
    for person in (people.owner, people.outsider, people.superior):
        assert agreement in Agreement.objects.visible_to(person)
    assert agreement not in Agreement.objects.visible_to(people.colleague)


@pytest.mark.parametrize("wanted", AgreementState.values)
def test_the_database_cuts_states_as_the_rule_does(write, today, wanted):
    write(sign=False)
    write(days=40, remind_days=30)
    write(days=40, remind_days=60)
    write(days=30, remind_days=30)
    write(days=0, remind_days=0)
    Agreement.objects.filter(pk=write().pk).update(ends_on=today - dt.timedelta(days=1))
    write(starts_on=today + dt.timedelta(days=1))
    Agreement.objects.filter(pk=write().pk).update(status="ended")
    found = set(queries.in_state(Agreement.objects.all(), wanted, today))
    assert found == {row for row in Agreement.objects.all() if queries.state_of(row, today) == wanted}
    assert found


# --- the yearly amount
def test_progress_counts_orders_of_the_year(write, shop, today):
    agreement = write()
    assert queries.progress(agreement, today).ordered == 0
    SalesOrderFactory(customer=shop, total="300.00", ordered_on=today)
    SalesOrderFactory(customer=shop, total="200.50", ordered_on=agreement.starts_on)
    SalesOrderFactory(customer=shop, total="999.00", ordered_on=agreement.starts_on - dt.timedelta(days=1))
    SalesOrderFactory(customer=shop, total="999.00", ordered_on=today, status="cancelled")
    SalesOrderFactory(customer=shop, total="999.00", ordered_on=today, status="draft")
    SalesOrderFactory(total="999.00", ordered_on=today)
    progress = queries.progress(agreement, today)
    assert (progress.ordered, progress.missing) == (Decimal("500.50"), Decimal("499.50"))
    assert progress.share == Decimal("0.5005")
    assert not progress.is_behind
    assert queries.progress(write(yearly_amount=None), today) is None


# --- the reminder
def test_owner_and_superior_are_told_once(people, write, today):
    agreement = write(days=30)
    write(days=31)  # not yet
    write(days=5, sign=False)  # a draft
    renewed = write(days=5)
    services.renew_agreement(actor=people.superior, agreement=renewed)
    assert remind_of_agreement_ends() == 1
    notices = Notification.objects.filter(url=f"/agreements/{agreement.pk}/")
    assert {notice.recipient for notice in notices} == {people.owner, people.superior}
    assert Notification.objects.count() == 2
    assert remind_of_agreement_ends() == 0
    # Even where the mark was lost, the key keeps it to one.
    Agreement.objects.update(reminded_at=None)
    services.remind_of_ends()
    assert Notification.objects.count() == 2


@pytest.mark.parametrize("worker", ["en", "zh-hans"])
def test_owner_and_superior_read_it_each_in_his_language(people, write, worker):
    english(people.owner)
    write(days=3)
    with override(worker):
        services.remind_of_ends()
    assert " ends on " in last_words(people.owner)
    assert "3 days left. Renew it or let it end." in last_words(people.owner)
    assert "到期" in last_words(people.superior)


def test_the_new_owner_is_told_and_who_left_is_not(people, write, shop):
    write(days=3)
    shop.owner = people.outsider  # has no superior
    shop.save()
    services.remind_of_ends()
    assert {notice.recipient for notice in Notification.objects.all()} == {people.outsider}


def test_a_customer_in_the_pool_is_the_reps(people, write, shop):
    write(days=3)
    shop.owner = None
    shop.save()
    people.owner.is_active = False
    people.owner.save()
    services.remind_of_ends()
    assert {notice.recipient for notice in Notification.objects.all()} == {people.superior}


def test_the_job_is_a_few_statements(write, django_assert_num_queries):
    for _number in range(3):
        write(days=3)
    # days of reminding, the agreements, languages, notices, the marks, savepoint and its release
    with django_assert_num_queries(8):
        assert services.remind_of_ends() == 3


def test_it_stands_in_the_timetable(db):
    entry = PeriodicTask.objects.get(task="sales.tasks.remind_of_agreement_ends")
    assert (entry.crontab.minute, entry.crontab.hour, entry.enabled) == ("40", "7", True)


# --- files
def picture(kind="PNG", size=(30, 20)):
    target = io.BytesIO()
    Image.new("RGB", size, "teal").save(target, kind)
    return target.getvalue()


def office(part):
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as package:
        package.writestr(part, "<x/>")
    return target.getvalue()


def upload(name, content):
    return SimpleUploadedFile(name, content)


@pytest.mark.parametrize(
    ("name", "content", "stored"),
    [
        ("../../合同.PDF", b"%PDF-1.7 x", "合同.PDF"),
        ("C:\\scan\\签字页.png", picture(), "签字页.jpg"),
        ("附件.docx", office("word/document.xml"), "附件.docx"),
        ("价目.xlsx", office("xl/workbook.xml"), "价目.xlsx"),
        ("旧.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest", "旧.doc"),
    ],
)
def test_files_that_are_taken(people, write, name, content, stored):
    agreement = write()
    [row] = files.add_files(
        actor=people.superior,
        agreement=agreement,
        files=[files.prepare_file(upload(name, content))],
        kind=AgreementFileKind.ATTACHMENT,
    )
    assert row.name == stored
    assert row.size == default_storage.size(row.file.name)
    with default_storage.open(row.file.name) as kept:
        assert kept.read(2) == (b"\xff\xd8" if stored.endswith("jpg") else content[:2])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.exe", b"MZ"),
        ("a.svg", b"<svg/>"),
        ("a.html", b"<script>"),
        ("ohne", b"%PDF-1.7"),
        ("a.pdf", b"<html>"),
        ("a.pdf", b""),
        ("a.docx", b"PK\x03\x04 no zip"),
        ("a.docx", office("xl/workbook.xml")),
        ("a.png", b"\x89PNG broken"),
        ("a.jpg", b"%PDF-1.7"),
        ("a.pdf", b"%PDF-" + b"x" * rules.MAX_FILE_BYTES),
    ],
)
def test_files_that_are_refused(name, content):
    with pytest.raises(ValidationError):
        files.prepare_file(upload(name, content))


def test_what_fails_leaves_no_file(people, write, monkeypatch):
    agreement = write()
    ready = [files.prepare_file(upload(f"{n}.pdf", b"%PDF-1")) for n in range(2)]
    monkeypatch.setattr(rules, "MAX_FILES", 1)
    with pytest.raises(ValidationError):
        files.add_files(
            actor=people.superior, agreement=agreement, files=ready, kind=AgreementFileKind.ATTACHMENT
        )
    assert not agreement.files.exists()
    assert not default_storage.exists("agreements") or not any(default_storage.listdir("agreements"))


def test_removing(people, write, django_capture_on_commit_callbacks):
    draft = write(sign=False)
    rows = files.add_files(
        actor=people.superior,
        agreement=draft,
        files=[files.prepare_file(upload(f"{n}.pdf", b"%PDF-1")) for n in range(3)],
        kind=AgreementFileKind.SIGNATURE,
    )
    with django_capture_on_commit_callbacks(execute=True):
        files.remove_file(actor=people.superior, file=rows[0])
    assert not default_storage.exists(rows[0].file.name)
    services.sign_agreement(actor=people.superior, agreement=draft, signed_by="王")
    signed = draft.files.select_related("agreement").first()
    with pytest.raises(ValidationError):  # what was signed stays
        files.remove_file(actor=people.superior, file=signed)
    assert [step.what for step in queries.agreement_history(draft)][-1] == AgreementStatus.ACTIVE.label


def test_a_deleted_draft_takes_its_files_along(people, write, django_capture_on_commit_callbacks):
    draft = write(sign=False, customer=CustomerFactory(owner=people.owner))
    [row] = files.add_files(
        actor=people.superior,
        agreement=draft,
        files=[files.prepare_file(upload("a.pdf", b"%PDF-1"))],
        kind=AgreementFileKind.ATTACHMENT,
    )
    with django_capture_on_commit_callbacks(execute=True):
        services.discard_agreement(actor=people.superior, agreement=draft)
    assert not default_storage.exists(row.file.name)
