from typing import Any

from auditlog.registry import auditlog
from django.contrib import admin
from django.http import HttpRequest

from sales import services
from sales.models import Delivery, DeliveryLine, OrderLine, Product, ProductCategory, Receipt, SalesOrder

auditlog.register(Product, exclude_fields=["search_text"])
auditlog.register(ProductCategory)
auditlog.register(SalesOrder)
auditlog.register(Delivery)
auditlog.register(Receipt)


class ReadOnly:
    """Slips are looked at here; they change through services, which keep sums, stock and last events true."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(ProductCategory)
class ProductCategoryAdmin(admin.ModelAdmin):
    list_display = ["name", "position"]
    list_editable = ["position"]
    search_fields = ["name"]


@admin.register(Product)
class ProductAdmin(admin.ModelAdmin):
    list_display = ["code", "name", "category", "barcode", "unit", "box_quantity", "price", "is_active"]
    list_filter = ["category", "is_active"]
    list_select_related = ["category"]
    search_fields = ["search_text"]

    def save_model(self, request: HttpRequest, obj: Product, form: Any, change: bool) -> None:
        services.save_product(product=obj)


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
