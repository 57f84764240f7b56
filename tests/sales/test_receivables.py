"""Who owes what: receivable and its overdue part (domain-rules §6)."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from sales import queries
from sales.models import Receipt
from sales.services.billing import allocate_oldest
from tests.factories import BillFactory, CustomerFactory

pytestmark = pytest.mark.django_db
TODAY = dt.date(2026, 11, 22)


def bill(customer, amount, due, status="posted"):
    return BillFactory(customer=customer, due_on=due, amount=Decimal(amount), status=status)


def pay(customer, amount, status="posted"):
    receipt = Receipt.objects.create(
        number=f"SK-{Receipt.objects.count()}",
        customer=customer,
        received_on=TODAY,
        amount=Decimal(amount),
        status=status,
    )
    allocate_oldest(actor=customer.owner, source=receipt, day=TODAY)
    return receipt


@pytest.mark.parametrize(
    ("bills", "paid", "receivable", "overdue"),
    [
        ([("100.10", -1)], "0", "100.10", "100.10"),
        ([("100.10", 0)], "0", "100.10", "0"),  # due today is not overdue
        ([("100", -1), ("50", 5)], "100", "50", "0"),  # receipts pay the oldest first
        ([("100", -1), ("50", 5)], "30.05", "119.95", "69.95"),
        ([("100", -9), ("50", -1)], "120", "30", "30"),
    ],
)
def test_worked_examples(people, bills, paid, receivable, overdue):
    customer = CustomerFactory(owner=people.owner)
    for amount, days in bills:
        bill(customer, amount, TODAY + dt.timedelta(days=days))
    bill(customer, "999", TODAY - dt.timedelta(days=9), status="reversed")
    if Decimal(paid):
        pay(customer, paid)
    pay(customer, "5", status="reversed")
    found = queries.debtors(people.owner, TODAY).get()
    assert (found.receivable, found.overdue) == (Decimal(receivable), Decimal(overdue))


def test_who_owes_nothing_or_paid_ahead_is_not_listed(people):
    paid, ahead = CustomerFactory(owner=people.owner), CustomerFactory(owner=people.owner)
    bill(paid, "10", TODAY)
    pay(paid, "10")
    pay(ahead, "10")
    assert not queries.debtors(people.owner, TODAY).exists()


@pytest.mark.parametrize(("who", "seen"), [("owner", 1), ("superior", 1), ("finance", 1), ("outsider", 0)])
def test_scope(people, login, who, seen):
    bill(
        CustomerFactory(owner=people.owner, name="欠款小店"),
        "10",
        timezone.localdate() - dt.timedelta(days=3),
    )
    page = login(getattr(people, who)).get("/receivables/").content.decode()
    assert page.count("欠款小店") >= seen
    assert ("欠款小店" in page) == bool(seen)


def test_without_permission_it_is_refused(people, login):
    people.owner.role.permissions.remove(*people.owner.role.permissions.filter(codename="view_receipt"))
    assert login(people.owner).get("/receivables/").status_code == 403


def test_overdue_filter_and_export(people, login):
    bill(
        CustomerFactory(owner=people.owner, name="逾期店"), "10", timezone.localdate() - dt.timedelta(days=3)
    )
    bill(CustomerFactory(owner=people.owner, name="未到期店"), "10", timezone.localdate())
    client = login(people.superior)
    page = client.get("/receivables/?late=yes").content.decode()
    assert "逾期店" in page
    assert "未到期店" not in page
    whole = client.get("/receivables/").context["totals"]
    assert [entry["text"] for entry in whole] == ["¥20.00", "¥10.00"]  # owed, and of it late
    assert [entry["text"] for entry in client.get("/overdue/").context["totals"]] == ["¥10.00", "¥10.00"]
    assert client.get("/receivables/?late=yes").context["totals"][0]["text"] == "¥10.00"
    export = client.get("/receivables/?export=xlsx")
    assert b"".join(export.streaming_content)[:2] == b"PK"
    export.close()


def test_as_many_queries_for_three_rows_as_for_one(people, login):
    client = login(people.superior)
    counts = []
    for rows in (1, 2):
        for _ in range(rows):
            bill(CustomerFactory(owner=people.owner), "10", timezone.localdate())
        with CaptureQueriesContext(
            connection,
        ) as captured:
            client.get("/receivables/")
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 12
