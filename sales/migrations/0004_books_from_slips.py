"""Places of the ledger to start with, and bills for what was delivered before there were bills."""

from decimal import Decimal

from django.db import migrations

PLACES = [
    ("MAIN", "主仓库", "warehouse", True),
    ("@customer", "客户", "customer", False),
    ("@supplier", "供应商", "supplier", False),
    ("@loss", "损耗", "loss", False),
]


def seed_places(apps, schema_editor):
    location = apps.get_model("sales", "StockLocation")
    location.objects.bulk_create(
        [
            location(code=code, name=name, kind=kind, may_be_negative=main, is_default=main)
            for code, name, kind, main in PLACES
        ],
        ignore_conflicts=True,
    )


def open_books(apps, schema_editor):
    """A bill for each posted delivery, paid by the customer's receipts, oldest due first (domain-rules §6)."""
    delivery, bill = apps.get_model("sales", "Delivery"), apps.get_model("sales", "Bill")
    slips = delivery.objects.filter(status="posted", is_history=False, amount__gt=0)
    bill.objects.bulk_create(
        (
            bill(
                kind="delivery",
                customer_id=slip.customer_id,
                rep_id=slip.rep_id,
                delivery_id=slip.pk,
                order_id=slip.order_id,
                billed_on=slip.issued_on,
                due_on=slip.due_on,
                amount=slip.amount,
                created_by_id=slip.created_by_id,
            )
            for slip in slips.iterator(chunk_size=2000)
        ),
        batch_size=1000,
    )
    receipts = apps.get_model("sales", "Receipt").objects.filter(status="posted")
    for customer_id in receipts.order_by().values_list("customer_id", flat=True).distinct():
        pay(apps, customer_id, list(receipts.filter(customer_id=customer_id).order_by("received_on", "pk")))


def pay(apps, customer_id, receipts):
    bill, allocation = apps.get_model("sales", "Bill"), apps.get_model("sales", "Allocation")
    bills = list(bill.objects.filter(customer_id=customer_id).order_by("due_on", "pk"))
    made = []
    for receipt in receipts:
        for row in bills:
            part = min(receipt.amount - receipt.used, row.amount - row.settled)
            if part > 0:
                receipt.used += part
                row.settled += part
                day = max(receipt.received_on, row.billed_on)
                made.append(
                    allocation(
                        bill=row,
                        receipt=receipt,
                        amount=part,
                        made_on=day,
                        created_by_id=receipt.created_by_id,
                    )
                )
    bill.objects.bulk_update([row for row in bills if row.settled > Decimal(0)], ["settled"], batch_size=500)
    apps.get_model("sales", "Receipt").objects.bulk_update(receipts, ["used"], batch_size=500)
    allocation.objects.bulk_create(made, batch_size=1000)


class Migration(migrations.Migration):
    dependencies = [("sales", "0003_sales_stock_money")]

    operations = [
        migrations.RunPython(seed_places, migrations.RunPython.noop),
        migrations.RunPython(open_books, migrations.RunPython.noop),
    ]
