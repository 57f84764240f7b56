from typing import Any

from auditlog.registry import auditlog
from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from sales import services
from sales.models import GiftRule, PriceList, PriceListLine, Product, ProductCategory
from sales.services.products import check_barcodes

auditlog.register(Product, exclude_fields=["search_text"])
auditlog.register(ProductCategory)
auditlog.register(PriceList)
auditlog.register(PriceListLine)
auditlog.register(GiftRule)


@admin.register(ProductCategory)
class ProductCategoryAdmin(admin.ModelAdmin):
    list_display = ["name", "parent", "position"]
    list_select_related = ["parent"]
    list_editable = ["position"]
    search_fields = ["name"]


class ProductAdminForm(forms.ModelForm):
    def _post_clean(self) -> None:
        """A barcode of another product is said at its field, as everywhere."""
        super()._post_clean()
        if self.errors:
            return
        try:
            check_barcodes(self.instance)
        except ValidationError as refusal:
            self.add_error(None, refusal)


@admin.register(Product)
class ProductAdmin(admin.ModelAdmin):
    form = ProductAdminForm
    list_display = ["code", "name", "category", "barcode", "unit", "box_quantity", "price", "is_active"]
    list_filter = ["category", "is_active"]
    list_select_related = ["category"]
    search_fields = ["search_text"]
    # Pictures go in by the form of the product, which makes them small and strips them.
    readonly_fields = ["picture"]

    def get_exclude(self, request: HttpRequest, obj: Product | None = None) -> list[str]:
        return [] if request.user.has_perm("sales.view_margin") else ["cost"]

    def save_model(self, request: HttpRequest, obj: Product, form: Any, change: bool) -> None:
        services.save_product(product=obj)


class PriceListLineInline(admin.TabularInline):
    model = PriceListLine
    extra = 0
    autocomplete_fields = ["product"]


@admin.register(PriceList)
class PriceListAdmin(admin.ModelAdmin):
    list_display = ["name", "level", "channel", "customer", "starts_on", "ends_on", "is_active"]
    list_filter = ["is_active", "level"]
    list_select_related = ["channel", "customer"]
    search_fields = ["name", "customer__name"]
    autocomplete_fields = ["customer"]
    inlines = [PriceListLineInline]


@admin.register(GiftRule)
class GiftRuleAdmin(admin.ModelAdmin):
    list_display = ["name", "product", "buy_quantity", "gift", "gift_quantity", "repeats", "is_active"]
    list_filter = ["is_active"]
    list_select_related = ["product", "gift"]
    search_fields = ["name", "product__name", "gift__name"]
    autocomplete_fields = ["customer", "product", "gift"]
