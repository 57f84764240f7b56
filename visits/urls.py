from django.urls import path

from visits.views import check_in, panel, sync, tasks, today, visit, visit_list

app_name = "visits"
urlpatterns = [
    # the rep's day
    path("today/", today.TodayView.as_view(), name="today"),
    path("today/move-missed/", today.move_missed, name="move_missed"),
    # tasks
    path("tasks/", tasks.TaskListView.as_view(), name="task_list"),
    path("tasks/new/", tasks.TaskCreateView.as_view(), name="task_create"),
    path("tasks/add/", tasks.task_add_many, name="task_add_many"),
    path("tasks/bulk-move/", tasks.task_bulk_move, name="task_bulk_move"),
    path("tasks/bulk-skip/", tasks.task_bulk_skip, name="task_bulk_skip"),
    path("tasks/<int:pk>/skip/", tasks.task_skip, name="task_skip"),
    path("tasks/<int:pk>/move/", tasks.task_move, name="task_move"),
    path("tasks/<int:pk>/reopen/", tasks.task_reopen, name="task_reopen"),
    # visits
    path("visits/", visit_list.VisitListView.as_view(), name="visit_list"),
    path("visits/sync/", sync.sync, name="sync"),
    path("visits/check-in/<int:customer_pk>/", check_in.CheckInView.as_view(), name="check_in"),
    path("visits/photos/<int:pk>/", visit.photo, name="photo"),
    path("visits/<int:pk>/", visit.VisitDetailView.as_view(), name="visit_detail"),
    path("visits/<int:pk>/check-out/", visit.check_out, name="check_out"),
    path("visits/<int:pk>/photos/", visit.add_photos, name="photo_add"),
    # on the customer's page
    path("customers/<int:pk>/visits/", panel.customer_panel, name="customer_panel"),
]
