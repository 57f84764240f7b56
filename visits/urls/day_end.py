from django.urls import URLPattern, path

from visits.views import day_end

urls: list[URLPattern] = [
    path("day-end/", day_end.DayEndView.as_view(), name="day_end"),
    path("daily-reports/", day_end.ReportListView.as_view(), name="daily_report_list"),
    path("daily-reports/card/", day_end.report_card, name="daily_report_card"),
    path("daily-reports/<int:pk>/", day_end.daily_report, name="daily_report"),
    path("daily-reports/<int:pk>/take-back/", day_end.unsend, name="daily_report_unsend"),
]
