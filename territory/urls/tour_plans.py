from django.urls import path

from territory.views import tour_plan_changes as changes
from territory.views import tour_plan_shops as shops
from territory.views import tour_plans

urls = [
    path("tour-plans/", tour_plans.TourPlanList.as_view(), name="tour_plan_list"),
    path("tour-plans/new/", tour_plans.create, name="tour_plan_create"),
    path("tour-plans/compare/", tour_plans.compare, name="tour_plan_compare"),
    path("tour-plans/collect/", shops.collect, name="tour_plan_collect"),
    path("tour-plans/<int:pk>/", tour_plans.detail, name="tour_plan"),
    path("tour-plans/<int:pk>/edit/", tour_plans.edit, name="tour_plan_edit"),
    path("tour-plans/<int:pk>/board/", tour_plans.board, name="tour_plan_board"),
    path("tour-plans/<int:pk>/lines/", tour_plans.lines, name="tour_plan_lines"),
    path("tour-plans/<int:pk>/progress/", tour_plans.progress, name="tour_plan_progress"),
    path("tour-plans/<int:pk>/reps/<int:rep_pk>/", tour_plans.places, name="tour_plan_places"),
    # customers
    path("tour-plans/<int:pk>/customers/", shops.ShopList.as_view(), name="tour_plan_shops"),
    path("tour-plans/<int:pk>/customers/find/", shops.find, name="tour_plan_find"),
    path("tour-plans/<int:pk>/customers/add/", shops.add, name="tour_plan_add"),
    path("tour-plans/<int:pk>/customers/remove/", shops.remove, name="tour_plan_remove"),
    path("tour-plans/<int:pk>/customers/<int:shop_pk>/", shops.change, name="tour_plan_shop"),
    # what changes it
    path("tour-plans/<int:pk>/search/", changes.search, name="tour_plan_search"),
    path("tour-plans/<int:pk>/cancel/", changes.cancel, name="tour_plan_cancel"),
    path("tour-plans/<int:pk>/move/", changes.move, name="tour_plan_move"),
    path("tour-plans/<int:pk>/undo/", changes.undo, name="tour_plan_undo"),
    path("tour-plans/<int:pk>/copy/", changes.copy, name="tour_plan_copy"),
    path("tour-plans/<int:pk>/delete/", changes.delete, name="tour_plan_delete"),
    path("tour-plans/<int:pk>/publish/", changes.publish, name="tour_plan_publish"),
    path("tour-plans/<int:pk>/withdraw/", changes.withdraw, name="tour_plan_withdraw"),
]
