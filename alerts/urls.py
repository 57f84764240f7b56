from django.urls import path

from alerts.views import analysis, mine, panel, reps

app_name = "alerts"
urlpatterns = [
    path("alerts/", analysis.AlertList.as_view(), name="alert_list"),
    path("alerts/mine/", mine.my_alerts, name="my_alerts"),
    path("alerts/reps/", reps.rep_alerts, name="rep_alerts"),
    path("alerts/add-to-plan/", mine.add_to_plan, name="add_to_plan"),
    path("alerts/compute/", analysis.compute, name="compute"),
    path("alerts/runs/last/", analysis.run_state, name="last_run"),
    path("alerts/runs/<int:pk>/", analysis.run_state, name="run_state"),
    path("customers/<int:pk>/alerts/", panel.customer_panel, name="customer_panel"),
]
