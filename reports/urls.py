from django.urls import path

from reports.views import dashboard, home, report, rows, sales_query, schedules, search

app_name = "reports"
urlpatterns = [
    path("", home.home, name="home"),
    path("search/", search.search, name="search"),
    path("dashboard/", dashboard.dashboard, name="dashboard"),
    path("dashboard/change/", dashboard.change_dashboard, name="change_dashboard"),
    path("dashboard/cards/<slug:code>/", dashboard.dashboard_card, name="dashboard_card"),
    path("reports/", report.report_index, name="report_index"),
    path("reports/scheduled/", schedules.schedule_list, name="schedules"),
    path("reports/scheduled/<int:pk>/", schedules.schedule_detail, name="schedule"),
    path("reports/scheduled/<int:pk>/edit/", schedules.schedule_edit, name="schedule_edit"),
    path("reports/scheduled/<int:pk>/switch/", schedules.schedule_switch, name="schedule_switch"),
    path("reports/scheduled/<int:pk>/try/", schedules.schedule_try, name="schedule_try"),
    path("reports/scheduled/<int:pk>/delete/", schedules.schedule_delete, name="schedule_delete"),
    path("reports/<slug:code>/", report.ReportView.as_view(), name="report"),
    path("reports/<slug:code>/rows/", rows.RowsPage.as_view(), name="report_rows"),
    path("reports/<slug:code>/schedule/", schedules.schedule_create, name="schedule_create"),
    path("sales-query/", sales_query.ByCustomer.as_view(), name="sales_query"),
    path("sales-query/products/", sales_query.ByProduct.as_view(), name="sales_query_products"),
    path("sales-query/days/", sales_query.ByDay.as_view(), name="sales_query_days"),
]
