from django.urls import URLPattern, path

from visits.views import tasks, today

urls: list[URLPattern] = [
    path("today/", today.TodayView.as_view(), name="today"),
    path("today/move-missed/", today.move_missed, name="move_missed"),
    path("tasks/", tasks.TaskListView.as_view(), name="task_list"),
    path("tasks/new/", tasks.TaskCreateView.as_view(), name="task_create"),
    path("tasks/bulk-move/", tasks.task_bulk_move, name="task_bulk_move"),
    path("tasks/bulk-skip/", tasks.task_bulk_skip, name="task_bulk_skip"),
    path("tasks/<int:pk>/skip/", tasks.task_skip, name="task_skip"),
    path("tasks/<int:pk>/move/", tasks.task_move, name="task_move"),
    path("tasks/<int:pk>/reopen/", tasks.task_reopen, name="task_reopen"),
]
