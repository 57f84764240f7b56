"""Empties what the demo wrote, children before parents."""

from accounts.models import Department, User
from alerts.models import Alert, RepAlert
from crm.models import CompetitorSighting, Customer, FollowUp, Lead, LeadChannel, PoolRule, Sequence
from sales.models import (
    Allocation,
    Bill,
    Delivery,
    GiftRule,
    OrderLine,
    PriceList,
    Product,
    Receipt,
    SalesOrder,
    StockBalance,
    StockDocument,
    StockMove,
)
from territory.models import Route, TrackPoint
from visits.models import Visit, VisitOrder, VisitTask


def wipe() -> None:
    for model in (
        Alert, RepAlert, TrackPoint, Route, StockMove, StockDocument, StockBalance, Allocation,
        Bill, Receipt, Delivery, VisitOrder, OrderLine, SalesOrder, Visit, VisitTask,
        FollowUp, Lead, LeadChannel, CompetitorSighting, PoolRule, GiftRule, PriceList,
        Product, Customer, Sequence, User, Department,
    ):  # fmt: skip
        model._default_manager.all().delete()
