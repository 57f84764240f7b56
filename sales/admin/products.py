from typing import Any

from auditlog.registry import auditlog
from django.contrib import admin
from django.http import HttpRequest

from sales import services
from sales.models import Product, ProductCategory

auditlog.register(Product, exclude_fields=["search_text"])
auditlog.register(ProductCategory)


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
