from django.urls import URLPattern, path

from team.views import day_track, instructions, supervision

urls: list[URLPattern] = [
    path("supervision/", supervision.TeamDayView.as_view(), name="supervision"),
    path("supervision/<int:rep_pk>/<str:day>/", supervision.person_day, name="person_day"),
    path("supervision/<int:rep_pk>/<str:day>/reports/", supervision.person_reports, name="person_reports"),
    path("supervision/<int:rep_pk>/<str:day>/track/", day_track.person_track, name="person_track"),
    path("instructions/", instructions.InstructionList.as_view(), name="instruction_list"),
    path("instructions/banner/", instructions.banner, name="instruction_banner"),
    path("instructions/visits/<int:pk>/", instructions.panel, {"kind": "visit"}, name="visit_instructions"),
    path(
        "instructions/follow-ups/<int:pk>/",
        instructions.panel,
        {"kind": "follow_up"},
        name="follow_up_instructions",
    ),
    path("instructions/orders/<int:pk>/", instructions.panel, {"kind": "order"}, name="order_instructions"),
    path("instructions/days/<int:rep_pk>/<str:day>/", instructions.day_panel, name="day_instructions"),
    path("instructions/<int:pk>/", instructions.instruction_page, name="instruction"),
    path("instructions/<int:pk>/answer/", instructions.answer, name="instruction_answer"),
    path("instructions/<int:pk>/done/", instructions.set_done, name="instruction_done"),
    path("instructions/<int:pk>/withdraw/", instructions.withdraw, name="instruction_withdraw"),
]
