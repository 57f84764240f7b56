from django.urls import URLPattern, path, re_path

from sales.views import categories, product_files, product_options, products

urls: list[URLPattern] = [
    path("products/", products.ProductList.as_view(), name="product_list"),
    path("products/new/", products.ProductCreate.as_view(), name="product_create"),
    path("products/options/", product_options.product_options, name="product_options"),
    path("products/stop/", products.product_sale, {"on_sale": False}, name="product_stop"),
    path("products/resume/", products.product_sale, {"on_sale": True}, name="product_resume"),
    path("products/import/", product_files.product_import, name="product_import"),
    path("products/<int:pk>/", products.product_detail, name="product_detail"),
    path("products/<int:pk>/edit/", products.ProductEdit.as_view(), name="product_edit"),
    re_path(
        r"^products/(?P<pk>\d{1,18})/picture/(?P<size>small|full)/$",
        products.product_picture,
        name="product_picture",
    ),
    path("products/categories/", categories.category_list, name="category_list"),
    path("products/categories/<int:pk>/", categories.category_edit, name="category_edit"),
    path("products/categories/<int:pk>/up/", categories.category_move, {"way": "up"}, name="category_up"),
    path(
        "products/categories/<int:pk>/down/", categories.category_move, {"way": "down"}, name="category_down"
    ),
    path("products/categories/<int:pk>/delete/", categories.category_delete, name="category_delete"),
]
