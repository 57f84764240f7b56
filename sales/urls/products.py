from django.urls import URLPattern, path

from sales.views import products

urls: list[URLPattern] = [
    path("products/", products.ProductList.as_view(), name="product_list"),
    path("products/new/", products.ProductCreate.as_view(), name="product_create"),
    path("products/<int:pk>/edit/", products.ProductEdit.as_view(), name="product_edit"),
    path("products/options/", products.product_options, name="product_options"),
]
