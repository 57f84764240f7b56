from django.urls import path

from alerts.views import analysis, backtest, bulk, fragments, mine, panel, reps, rhythm, value

app_name = "alerts"
urlpatterns = [
    path("alerts/", analysis.AlertList.as_view(), name="alert_list"),
    path("alerts/facets/", fragments.facet_panel, name="facets"),
    path("alerts/points/", fragments.points, name="points"),
    path("alerts/trend/", fragments.trend, name="trend"),
    path("alerts/group/", analysis.group_rows, name="group_rows"),
    path("alerts/mine/", mine.my_alerts, name="my_alerts"),
    path("alerts/reps/", reps.rep_alerts, name="rep_alerts"),
    path("alerts/reps/<int:pk>/", reps.rep_days, name="rep_days"),
    path("alerts/add-to-plan/", bulk.add_to_plan, name="add_to_plan"),
    path("alerts/take-back-plan/", bulk.take_back_plan, name="take_back_plan"),
    path("alerts/hand-over/", bulk.hand_over, name="hand_over"),
    path("alerts/snooze/", bulk.snooze, name="snooze"),
    path("alerts/snoozes/<uuid:batch>/", bulk.undo_snooze, name="undo_snooze"),
    path("alerts/<int:pk>/wake/", bulk.wake, name="wake"),
    path("alerts/compute/", analysis.compute, name="compute"),
    path("alerts/runs/last/", analysis.run_state, name="last_run"),
    path("alerts/runs/<int:pk>/", analysis.run_state, name="run_state"),
    path("alerts/backtest/", backtest.backtest, name="backtest"),
    path("alerts/backtest/run/", backtest.run, name="run_backtest"),
    path("alerts/backtest/<int:pk>/", backtest.progress, name="backtest_progress"),
    path("customer-value/", value.value_board, name="value_board"),
    path("customer-value/customers/", value.ValueList.as_view(), name="value_list"),
    path("customers/<int:pk>/rhythm/", rhythm.rhythm_panel, name="rhythm_panel"),
    path("customers/<int:pk>/alerts/", panel.customer_panel, name="customer_panel"),
]
