from django.urls import URLPattern, path

from team.views import report_form, report_people, report_templates, reports

urls: list[URLPattern] = [
    path("work-reports/", reports.WorkReportList.as_view(), name="work_report_list"),
    path("work-reports/new/", report_form.WorkReportEdit.as_view(), name="work_report_new"),
    path("work-reports/read/", reports.read_all, name="work_report_read_all"),
    path("work-reports/missing/", report_people.MissingList.as_view(), name="work_report_missing"),
    path("work-reports/missing/remind/", report_people.remind, name="work_report_remind"),
    path("work-reports/statistics/", report_people.StatisticsList.as_view(), name="work_report_statistics"),
    path("work-reports/templates/", report_templates.template_list, name="work_report_templates"),
    path(
        "work-reports/templates/<slug:role>/<slug:kind>/",
        report_templates.template_edit,
        name="work_report_template",
    ),
    path(
        "work-reports/templates/<slug:role>/<slug:kind>/remove/",
        report_templates.template_remove,
        name="work_report_template_remove",
    ),
    path("work-reports/files/<int:pk>/", reports.report_file, name="work_report_file"),
    path("work-reports/<int:pk>/", reports.work_report, name="work_report"),
    path("work-reports/<int:pk>/edit/", report_form.WorkReportEdit.as_view(), name="work_report_edit"),
    path("work-reports/<int:pk>/take-back/", reports.take_back, name="work_report_take_back"),
    path("work-reports/<int:pk>/discard/", reports.discard, name="work_report_discard"),
    path("work-reports/<int:pk>/comment/", reports.comment, name="work_report_comment"),
    path("work-reports/<int:pk>/copies/", reports.copies, name="work_report_copies"),
]
