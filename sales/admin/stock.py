from auditlog.registry import auditlog
from django.contrib import admin
from django.http import HttpRequest

from sales.admin.base import ReadOnly
from sales.models import (
    DaySettlement,
    DaySettlementLine,
    SalesReturn,
    SalesReturnLine,
    StockDocument,
    StockDocumentLine,
    StockLocation,
    StockMove,
)
from sales.services.locations import save_location

auditlog.register(StockLocation)
auditlog.register(StockDocument)
auditlog.register(SalesReturn)
auditlog.register(DaySettlement)


@admin.register(StockLocation)
class StockLocationAdmin(admin.ModelAdmin):
    """Places are kept on their page, which says what forbids a change; here they are looked at and named."""

    list_display = ["code", "name", "kind", "rep", "is_default", "may_be_negative", "is_active"]
    list_filter = ["kind", "is_active"]
    list_select_related = ["rep"]
    search_fields = ["code", "name"]
    fields = ["code", "name"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: StockLocation | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: StockLocation, form: object, change: bool) -> None:
        save_location(actor=request.user, location=obj)


class StockDocumentLineInline(ReadOnly, admin.TabularInline):
    model = StockDocumentLine
    extra = 0


class SalesReturnLineInline(ReadOnly, admin.TabularInline):
    model = SalesReturnLine
    extra = 0


class DaySettlementLineInline(ReadOnly, admin.TabularInline):
    model = DaySettlementLine
    extra = 0


@admin.register(StockDocument)
class StockDocumentAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ["number", "kind", "status", "source", "target", "happened_on"]
    list_filter = ["kind", "status"]
    list_select_related = ["source", "target"]
    search_fields = ["number"]
    inlines = [StockDocumentLineInline]


@admin.register(StockMove)
class StockMoveAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ["moved_on", "kind", "product", "quantity", "source", "target", "is_reversal"]
    list_filter = ["kind"]
    list_select_related = ["product", "source", "target"]
    search_fields = ["product__code", "product__name"]


@admin.register(SalesReturn)
class SalesReturnAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ["number", "customer", "rep", "status", "returned_on", "amount"]
    list_filter = ["status"]
    list_select_related = ["customer", "rep"]
    search_fields = ["number", "customer__name"]
    inlines = [SalesReturnLineInline]


@admin.register(DaySettlement)
class DaySettlementAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ["number", "location", "rep", "day", "status", "cash_expected", "cash_counted"]
    list_filter = ["status"]
    list_select_related = ["location", "rep"]
    search_fields = ["number"]
    inlines = [DaySettlementLineInline]
