from django.urls import URLPattern, path

from visits.enums import StepKind
from visits.views import in_store, locations, phrases, store_reports

urls: list[URLPattern] = [
    path(
        "visits/<int:pk>/stock-count/",
        in_store.LineStepView.as_view(kind=StepKind.STOCK_COUNT),
        name="step_stock_count",
    ),
    path("visits/<int:pk>/stock-count/<int:report_pk>/", in_store.shelf_count, name="shelf_count"),
    path(
        "visits/<int:pk>/stock-count/<int:report_pk>/order/",
        in_store.order_suggestion,
        name="order_suggestion",
    ),
    path(
        "visits/<int:pk>/sell-out/",
        in_store.LineStepView.as_view(kind=StepKind.SELL_OUT),
        name="step_sell_out",
    ),
    path(
        "visits/<int:pk>/display/",
        in_store.LineStepView.as_view(kind=StepKind.DISPLAY),
        name="step_display",
    ),
    path("visits/<int:pk>/forms/<int:form_pk>/", in_store.FormStepView.as_view(), name="step_form"),
    path("visits/<int:pk>/maturity/", in_store.MaturityView.as_view(), name="step_maturity"),
    path("visits/stock-counts/", store_reports.CountList.as_view(), name="count_list"),
    path("visits/sell-out/", store_reports.SellOutList.as_view(), name="sell_out_list"),
    path("visits/displays/", store_reports.DisplayList.as_view(), name="display_list"),
    path("visits/forms/", store_reports.AnswerList.as_view(), name="answer_list"),
    path("visits/locations/", locations.LocationsView.as_view(), name="location_list"),
    path("visits/phrases/", phrases.PhraseListView.as_view(), name="phrase_list"),
    path("visits/phrases/<int:pk>/delete/", phrases.phrase_delete, name="phrase_delete"),
]
