"""A pair of customers of which the second has rows of every kind, and the first clashes with it wherever it can."""

import datetime as dt
import uuid
from decimal import Decimal
from types import SimpleNamespace

from django.apps import apps
from django.utils import timezone

from alerts.models import Alert, AlertExemption, CustomerRhythm
from crm import services
from crm.models import (
    BulkItem,
    BulkJob,
    Competitor,
    CompetitorSighting,
    Contact,
    CustomerShare,
    FollowUp,
    GeocodeItem,
    GeocodeJob,
    Merge,
    NotDuplicate,
    PoolWarning,
    Tag,
)
from crm.services.merge_journal import dump_row
from sales.models import (
    Agreement,
    Allocation,
    CollectionNote,
    CostEntry,
    CustomerTerms,
    Delivery,
    FinanceSlip,
    GiftRule,
    PriceList,
    Quote,
    Receipt,
    Refund,
    SalesReturn,
)
from sales.services.ledger import default_warehouse
from team.models import CustomerTask, ScheduleEntry
from territory.models import ScenarioCustomer, TerritoryScenario, Tour, TourPlan, TourPlanShop, TourStop
from tests.factories import (
    BillFactory,
    CustomerFactory,
    LeadFactory,
    ProductFactory,
    RouteFactory,
    RouteStopFactory,
    SalesOrderFactory,
    VisitFactory,
    VisitTaskFactory,
)
from visits.models import CustomForm, DisplayReport, FormAnswer, SellOut, ShelfCount, VisitPlan

TODAY = dt.date(2026, 3, 2)
NOON = timezone.make_aware(dt.datetime(2026, 3, 2, 12, 0, 0, 123456))
# What a merge and its undoing are expected to write.
LOGS = {"auditlog.LogEntry", "crm.Merge", "comms.Notification", "alerts.AlertMark"}


def make_pair(people) -> SimpleNamespace:
    """keep and merge of one rep; other: a third customer."""
    owner = people.owner
    early = CustomerFactory(owner=owner)  # its key is the smaller one of a dismissed pair
    keep = services.create_customer(
        actor=owner,
        name="合肥蜗牛烘焙有限公司",
        phones="13800138000",
        contact="王店长",
        city="合肥市",
        notes="先送货",
        created_on=dt.date(2026, 2, 1),
    )
    merge = services.create_customer(
        actor=owner,
        name="蜗牛烘焙坊",
        phones="13800138000, 13700137000",
        contact="王小明",
        city="合肥",
        address="长江路 1 号",
        latitude=31.82,
        longitude=117.22,
        notes="后付款",
        created_on=dt.date(2026, 1, 5),
        extra={"冰柜": 2},
    )
    pair = SimpleNamespace(keep=keep, merge=merge, early=early, other=CustomerFactory(owner=owner))
    _crm_rows(pair, people)
    _upper_rows(pair, people)
    _task_rows(pair, people)
    keep.refresh_from_db()
    merge.refresh_from_db()
    return pair


def _crm_rows(pair, people) -> None:
    keep, merge, owner = pair.keep, pair.merge, people.owner
    both, mine = Tag.objects.create(name="重点"), Tag.objects.create(name="冷链")
    keep.tags.add(both)
    merge.tags.add(both, mine)
    job = BulkJob.objects.create(kind="add_tags", created_by=owner)
    for customer in (keep, merge):
        BulkItem.objects.create(job=job, customer=customer)
        PoolWarning.objects.create(
            customer=customer, owner=owner, recycle_on=TODAY, clock="max_hold", days_before=3
        )
    BulkItem.objects.create(job=BulkJob.objects.create(kind="share", created_by=owner), customer=merge)
    for customers in ((keep, merge), (merge,)):
        looked_up = GeocodeJob.objects.create(provider="amap", created_by=owner, state="done")
        for customer in customers:
            GeocodeItem.objects.create(job=looked_up, customer=customer, asked="长江路")
    PoolWarning.objects.create(customer=merge, owner=owner, recycle_on=TODAY, clock="max_hold", days_before=1)
    Merge.objects.create(
        kept=merge, kept_name=merge.name, merged_id=9_000_001, merged_code="X", merged_name="旧"
    )
    for low, high in ((merge, pair.other), (keep, pair.other), (keep, merge)):
        NotDuplicate.objects.create(low=low, high=high)
    NotDuplicate.objects.create(low=pair.early, high=merge)
    rival = Competitor.objects.create(name="隔壁牌")
    CompetitorSighting.objects.create(
        customer=merge, competitor=rival, product="可乐", price=Decimal("3.50"), seen_on=TODAY, rep=owner
    )
    boss = Contact.objects.get(customer=merge, is_primary=True)
    buyer = Contact.objects.create(customer=merge, name="采购", reports_to=boss, birthday=dt.date(1990, 5, 5))
    services.save_contact(actor=owner, customer=merge, contact=buyer, phones="13600136000")
    LeadFactory(customer=merge, owner=owner, stage="converted")
    FollowUp.objects.create(
        customer=merge,
        rep=owner,
        at=NOON,
        day=TODAY,
        text="谈了陈列",
        contact=boss,
        latitude=31.1,
        longitude=117.3,
    )
    for customer, write, until in ((keep, False, NOON), (merge, True, None)):
        CustomerShare.objects.create(
            customer=customer, user=people.colleague, can_write=write, expires_at=until
        )
    CustomerShare.objects.create(customer=merge, user=people.outsider)


def _task_rows(pair, people) -> None:
    """Tasks of one selection, which a customer may have only once, and entries of a schedule."""
    for place, customer in enumerate((pair.keep, pair.merge)):
        CustomerTask.objects.create(
            number=f"CT-M{place}",
            title="回访",
            customer=customer,
            assignee=people.owner,
            creator=people.owner,
            source="selection",
            source_key="bulk-1",
        )
        at = dt.datetime.combine(TODAY, dt.time(10, tzinfo=dt.UTC))
        ends_at = at + dt.timedelta(hours=1)
        ScheduleEntry.objects.create(
            owner=people.owner,
            title="拜访",
            customer=customer,
            starts_at=at,
            ends_at=ends_at,
            last_end_at=ends_at,
        )


def _upper_rows(pair, people) -> None:
    keep, merge, owner = pair.keep, pair.merge, people.owner
    for number, customer in enumerate((keep, merge)):
        money = {"customer": customer, "rep": owner}
        order = SalesOrderFactory(ordered_on=TODAY, **money)
        Delivery.objects.create(
            number=f"D{number}", order=order, issued_on=TODAY, due_on=TODAY, amount=100 + number, **money
        )
        receipt = Receipt.objects.create(
            number=f"R{number}", received_on=TODAY, amount=Decimal("30.25"), **money
        )
        _money_rows(number, order, receipt, money)
        VisitPlan.objects.create(
            rep=owner, customer=customer, weekdays="1,3" if number else "1", starts_on=TODAY
        )
        task = VisitTaskFactory(rep=owner, customer=customer, date=TODAY, status="done" if number else "open")
        for sequence in (1, 2):
            VisitFactory(
                customer=customer,
                task=task if sequence == 1 else None,
                day=TODAY,
                sequence=sequence,
                check_in_at=NOON + dt.timedelta(minutes=10 * number + 30 * sequence),
            )
        for kind, closed in (("unvisited", None), ("unordered", TODAY)):
            Alert.objects.create(
                customer=customer,
                kind=kind,
                base_on=TODAY,
                period_days=14,
                due_on=TODAY,
                opened_on=TODAY,
                closed_on=closed,
            )
        CustomerRhythm.objects.create(customer=customer, orders=1, last_on=TODAY, money=Decimal("12.50"))
        AlertExemption.objects.create(customer=customer, kind="unsold", reason="装修")
        report = {"customer": customer, "rep": owner, "day": TODAY, "occurred_at": NOON}
        for model in (ShelfCount, SellOut, DisplayReport):
            model.objects.create(client_uuid=uuid.uuid4(), **report)
        form, _made = CustomForm.objects.get_or_create(name="问卷")
        FormAnswer.objects.create(client_uuid=uuid.uuid4(), form=form, **report)
    Alert.objects.create(
        customer=merge, kind="unsold", base_on=TODAY, period_days=7, due_on=TODAY, opened_on=TODAY
    )
    VisitTaskFactory(rep=owner, customer=merge, date=TODAY + dt.timedelta(days=1))
    VisitPlan.objects.create(rep=people.colleague, customer=merge, weekdays="5", starts_on=TODAY)
    shared = RouteFactory(rep=owner)
    for customer in (keep, merge):
        RouteStopFactory(route=shared, customer=customer)
    RouteStopFactory(route=RouteFactory(rep=owner), customer=merge)
    for customers in ((keep, merge), (merge,)):
        _territory_rows(people, customers)
    services.record_event(customer_id=keep.pk, kind="visit", day=TODAY)
    services.record_event(customer_id=merge.pk, kind="order", day=TODAY)


def _territory_rows(people, customers) -> None:
    """A territory scenario and a tour plan of these customers, each with a visit laid."""
    scenario = TerritoryScenario.objects.create(name="均衡", created_by=people.superior)
    plan = TourPlan.objects.create(name="下周", starts_on=TODAY, ends_on=TODAY, created_by=people.superior)
    tour = Tour.objects.create(plan=plan, rep=people.owner, date=TODAY)
    for customer in customers:
        ScenarioCustomer.objects.create(scenario=scenario, customer=customer, owner=people.owner)
        shop = TourPlanShop.objects.create(plan=plan, customer=customer)
        TourStop.objects.create(tour=tour, shop=shop)


def _money_rows(number: int, order, receipt, money) -> None:
    """One of everything that sales keeps for a customer; the bill is paid by the receipt in part."""
    delivery = order.deliveries.get()
    bill = BillFactory(delivery=delivery, due_on=TODAY, settled=receipt.amount)
    Allocation.objects.create(bill=bill, receipt=receipt, amount=receipt.amount, made_on=TODAY)
    Receipt.objects.filter(pk=receipt.pk).update(used=receipt.amount)
    CustomerTerms.objects.create(customer=money["customer"], payment_days=10 + number)
    PriceList.objects.create(name=f"价格{number}", customer=money["customer"])
    product = ProductFactory()
    GiftRule.objects.create(
        name=f"搭赠{number}",
        customer=money["customer"],
        product=product,
        gift=product,
        buy_quantity=10,
        gift_quantity=1,
    )
    Quote.objects.create(number=f"Q{number}", quoted_on=TODAY, valid_until=TODAY, **money)
    Agreement.objects.create(number=f"A{number}", title="经销", starts_on=TODAY, ends_on=TODAY, **money)
    back = SalesReturn.objects.create(
        number=f"T{number}",
        location=default_warehouse(),
        returned_on=TODAY,
        amount=5,
        used=5,
        refunded=5,
        **money,
    )
    Refund.objects.create(number=f"F{number}", sales_return=back, refunded_on=TODAY, amount=5, **money)
    CostEntry.objects.create(number=f"C{number}", kind="freight", spent_on=TODAY, amount=3, **money)
    CollectionNote.objects.create(text="月底付", **money)
    FinanceSlip.objects.create(
        kind="delivery", object_id=delivery.pk, number=delivery.number, amount=delivery.amount, **money
    )


def snapshot() -> dict[str, dict]:
    """Every row of every table of ours, {model: {key: columns}}, without the logs."""
    ours = {"accounts", "comms", "crm", "sales", "visits", "territory", "alerts", "team"}
    models = [m for m in apps.get_models(include_auto_created=True) if m._meta.app_label in ours]
    return {
        model._meta.label: {row.pk: dump_row(row) for row in model._base_manager.all()}
        for model in models
        if model._meta.label not in LOGS
    }
