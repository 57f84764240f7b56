"""Empties what the demo wrote, children before parents."""

from accounts.models import Department, User
from alerts.models import Alert, AlertRun, RepAlert
from comms.models import Announcement, Message, Thread
from crm.models import (
    BulkJob,
    CompetitorSighting,
    Customer,
    FollowUp,
    Lead,
    LeadChannel,
    Merge,
    PoolRule,
    PoolRun,
    Sequence,
)
from sales.enums import LocationKind
from sales.models import (
    Agreement,
    Allocation,
    Bill,
    CollectionNote,
    CostEntry,
    DaySettlement,
    Delivery,
    FinanceSlip,
    GiftRule,
    OrderLine,
    PriceList,
    Product,
    Quote,
    Receipt,
    Refund,
    SalesOrder,
    SalesReturn,
    StockBalance,
    StockDocument,
    StockLocation,
    StockMove,
    Target,
)
from team.models import (
    CustomerTask,
    Document,
    Folder,
    FollowUpDocument,
    Instruction,
    ScheduleEntry,
    WorkReport,
)
from territory.models import Route, TerritoryScenario, TourPlan, TrackDay, TrackPoint
from visits.models import (
    CustomForm,
    DailyReport,
    DisplayReport,
    FormAnswer,
    SellOut,
    ShelfCount,
    Visit,
    VisitOrder,
    VisitStep,
    VisitTask,
    VisitType,
)


def wipe() -> None:
    # Renewals and new versions point to rows of their own kind.
    Agreement.objects.update(renews=None)
    Folder.objects.update(parent=None)
    for model in (
        ScheduleEntry, CustomerTask, FollowUpDocument, Document, Folder, WorkReport, Instruction, Message, Thread, Announcement, TerritoryScenario, TourPlan, DailyReport, Alert, RepAlert, Target, Agreement, Quote, TrackPoint, TrackDay, Route, StockMove, StockDocument,
        StockBalance, Allocation,
        CollectionNote, CostEntry, Refund, Bill, Receipt, DaySettlement, SalesReturn, Delivery, FinanceSlip,
        VisitOrder, OrderLine,
        SalesOrder, ShelfCount, SellOut, DisplayReport, FormAnswer, Visit, VisitTask,
        BulkJob, Merge, PoolRun, AlertRun, FollowUp, Lead, LeadChannel, CompetitorSighting, PoolRule, GiftRule, PriceList,
        Product, Customer, Sequence, StockLocation, User, Department,
    ):  # fmt: skip
        rows = model._default_manager.all()
        if model is StockLocation:  # the main warehouse was there before the demo
            rows = rows.filter(kind=LocationKind.VAN)
        rows.delete()
    VisitStep.objects.filter(form__isnull=False).delete()
    CustomForm.objects.all().delete()
    VisitType.objects.filter(is_default=False).delete()
