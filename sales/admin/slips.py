from auditlog.registry import auditlog
from django.contrib import admin

from sales.admin.base import ReadOnly
from sales.models import Delivery, DeliveryLine, OrderLine, Receipt, SalesOrder

auditlog.register(SalesOrder)
auditlog.register(Delivery)
auditlog.register(Receipt)


class OrderLineInline(ReadOnly, admin.TabularInline):
    model = OrderLine
    extra = 0


class DeliveryLineInline(ReadOnly, admin.TabularInline):
    model = DeliveryLine
    extra = 0


@admin.register(SalesOrder)
class SalesOrderAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ["number", "customer", "rep", "status", "ordered_on", "total"]
    list_filter = ["status"]
    list_select_related = ["customer", "rep"]
    search_fields = ["number", "customer__name"]
    inlines = [OrderLineInline]


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ["number", "customer", "rep", "status", "issued_on", "amount"]
    list_filter = ["status"]
    list_select_related = ["customer", "rep"]
    search_fields = ["number", "customer__name"]
    inlines = [DeliveryLineInline]


@admin.register(Receipt)
class ReceiptAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ["number", "customer", "rep", "status", "received_on", "amount", "method"]
    list_filter = ["status", "method"]
    list_select_related = ["customer", "rep"]
    search_fields = ["number", "customer__name"]
