from auditlog.registry import auditlog
from django.contrib import admin

from sales.admin.base import ReadOnly
from sales.models import Allocation, Bill, CollectionNote, CostEntry, CustomerTerms, Refund

auditlog.register(Refund)
auditlog.register(CostEntry)
auditlog.register(CustomerTerms)
auditlog.register(CollectionNote, exclude_fields=["reminded_at"])


class AllocationInline(ReadOnly, admin.TabularInline):
    model = Allocation
    extra = 0


@admin.register(Bill)
class BillAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ["kind", "customer", "rep", "status", "billed_on", "due_on", "amount", "settled"]
    list_filter = ["status", "kind"]
    list_select_related = ["customer", "rep"]
    search_fields = ["customer__name", "delivery__number", "order__number"]
    inlines = [AllocationInline]


@admin.register(Refund)
class RefundAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ["number", "customer", "rep", "status", "refunded_on", "amount", "method"]
    list_filter = ["status", "method"]
    list_select_related = ["customer", "rep"]
    search_fields = ["number", "customer__name"]


@admin.register(CostEntry)
class CostEntryAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ["number", "kind", "customer", "rep", "status", "spent_on", "amount"]
    list_filter = ["status", "kind"]
    list_select_related = ["customer", "rep"]
    search_fields = ["number", "customer__name"]
