from django.urls import URLPattern, path

from sales.views import gift_rules, price_lists, product_files

urls: list[URLPattern] = [
    path("products/price-lists/", price_lists.PriceListList.as_view(), name="price_list_list"),
    path("products/price-lists/new/", price_lists.PriceListCreate.as_view(), name="price_list_create"),
    path("products/price-lists/<int:pk>/", price_lists.price_list_detail, name="price_list_detail"),
    path("products/price-lists/<int:pk>/edit/", price_lists.PriceListEdit.as_view(), name="price_list_edit"),
    path("products/price-lists/<int:pk>/copy/", price_lists.price_list_copy, name="price_list_copy"),
    path("products/price-lists/<int:pk>/import/", product_files.price_list_import, name="price_list_import"),
    path("products/price-lists/<int:pk>/export/", price_lists.price_list_export, name="price_list_export"),
    path("products/price-lists/<int:pk>/lines/", price_lists.line_add, name="price_line_add"),
    path("products/price-lists/<int:pk>/lines/<int:line_pk>/", price_lists.line_save, name="price_line_save"),
    path(
        "products/price-lists/<int:pk>/lines/<int:line_pk>/delete/",
        price_lists.line_delete,
        name="price_line_delete",
    ),
    path("products/price-check/", price_lists.price_check, name="price_check"),
    path("products/gifts/", gift_rules.GiftRuleList.as_view(), name="gift_rule_list"),
    path("products/gifts/new/", gift_rules.GiftRuleCreate.as_view(), name="gift_rule_create"),
    path("products/gifts/<int:pk>/", gift_rules.GiftRuleEdit.as_view(), name="gift_rule_edit"),
]
