from django.urls import URLPattern, path

from team.views import task_detail, task_list, task_making, task_people, task_statistics

urls: list[URLPattern] = [
    path("customer-tasks/", task_list.CustomerTaskList.as_view(), name="customer_task_list"),
    path("customer-tasks/new/", task_making.TaskCreate.as_view(), name="customer_task_create"),
    path("customer-tasks/complaint/", task_making.ComplaintCreate.as_view(), name="complaint_create"),
    path("customer-tasks/bulk/", task_making.for_customers, name="customer_task_bulk"),
    path("customer-tasks/from-alerts/", task_making.from_alerts, name="customer_task_from_alerts"),
    path(
        "customer-tasks/statistics/",
        task_statistics.TaskStatisticsView.as_view(),
        name="customer_task_statistics",
    ),
    path("customer-tasks/files/<int:pk>/", task_detail.file_show, name="customer_task_file"),
    path("customer-tasks/<int:pk>/", task_detail.task_page, name="customer_task"),
    path("customer-tasks/<int:pk>/edit/", task_making.task_edit, name="customer_task_edit"),
    path("customer-tasks/<int:pk>/status/", task_detail.set_status, name="customer_task_status"),
    path("customer-tasks/<int:pk>/progress/", task_detail.set_progress, name="customer_task_progress"),
    path("customer-tasks/<int:pk>/steps/", task_detail.add_steps, name="customer_task_steps"),
    path("customer-tasks/<int:pk>/steps/<int:step_pk>/", task_detail.step, name="customer_task_step"),
    path(
        "customer-tasks/<int:pk>/contacts/", task_detail.ContactCreate.as_view(), name="task_contact_create"
    ),
    path(
        "customer-tasks/<int:pk>/contacts/<int:contact_pk>/remove/",
        task_detail.remove_contact,
        name="task_contact_remove",
    ),
    path("customer-tasks/<int:pk>/history/", task_detail.history, name="customer_task_history"),
    path("customer-tasks/<int:pk>/people/", task_people.PeoplePage.as_view(), name="customer_task_people"),
    path("customer-tasks/<int:pk>/hand-over/", task_people.hand_over, name="customer_task_hand_over"),
    path(
        "customer-tasks/<int:pk>/shares/<int:share_pk>/revoke/",
        task_people.revoke,
        name="customer_task_revoke",
    ),
    path("customers/<int:pk>/tasks/", task_list.customer_panel, name="customer_task_panel"),
]
