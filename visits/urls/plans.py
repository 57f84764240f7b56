from django.urls import URLPattern, path

from visits.views import board, calendar, plan_upload, planning, plans

urls: list[URLPattern] = [
    path("visit-plans/", plans.PlanListView.as_view(), name="plan_list"),
    path("visit-plans/stop/", plans.plan_stop, name="plan_stop"),
    path("visit-plans/resume/", plans.plan_resume, name="plan_resume"),
    path("visit-plans/hand-over/", plans.plan_hand_over, name="plan_hand_over"),
    path("visit-plans/upload/", plan_upload.upload, name="plan_upload"),
    path("visit-plans/upload/template/", plan_upload.template, name="plan_template"),
    path("visit-plans/<int:pk>/edit/", plans.plan_edit, name="plan_edit"),
    path("tasks/planning/", planning.PlanningView.as_view(), name="planning"),
    path("tasks/board/", board.BoardView.as_view(), name="task_board"),
    path("tasks/board/day/", board.board_day, name="task_board_day"),
    path("tasks/calendar/", calendar.CalendarView.as_view(), name="task_calendar"),
    path("tasks/<int:pk>/assign/", board.task_assign, name="task_assign"),
]
