from django.urls import path

from reports.views import home, sales_query

app_name = "reports"
urlpatterns = [
    path("", home.home, name="home"),
    path("sales-query/", sales_query.ByCustomer.as_view(), name="sales_query"),
    path("sales-query/products/", sales_query.ByProduct.as_view(), name="sales_query_products"),
    path("sales-query/days/", sales_query.ByDay.as_view(), name="sales_query_days"),
]
