from django.urls import path

from territory.views import territories, territory_changes

urls = [
    path("territories/", territories.ScenarioList.as_view(), name="scenario_list"),
    path("territories/new/", territories.create, name="scenario_create"),
    path("territories/compare/", territories.compare, name="scenario_compare"),
    path("territories/<int:pk>/", territories.detail, name="scenario_detail"),
    path("territories/<int:pk>/edit/", territories.edit, name="scenario_edit"),
    path("territories/<int:pk>/progress/", territories.progress, name="scenario_progress"),
    path("territories/<int:pk>/map/", territories.places, name="scenario_map"),
    path("territories/<int:pk>/customers/", territories.customers, name="scenario_customers"),
    path("territories/<int:pk>/move/", territory_changes.move, name="scenario_move"),
    path("territories/<int:pk>/undo/", territory_changes.undo, name="scenario_undo"),
    path("territories/<int:pk>/again/", territory_changes.again, name="scenario_again"),
    path("territories/<int:pk>/delete/", territory_changes.delete, name="scenario_delete"),
    path("territories/<int:pk>/publish/", territory_changes.publish, name="scenario_publish"),
    path("territories/<int:pk>/take-back/", territory_changes.take_back, name="scenario_take_back"),
]
