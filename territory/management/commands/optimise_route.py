from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from common.management.base import JobCommand
from territory import services
from territory.models import Route
from territory.queries.route_plans import route_plans


class Command(JobCommand):
    help = "A better order for a route (F3); stops without location go last. `order` names the customers by code."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("route_id", type=int)
        parser.add_argument("--apply", action="store_true", help="put the stops into this order")

    def run(self, **options: Any) -> dict[str, Any]:
        route = Route.objects.select_related("rep").filter(pk=options["route_id"]).first()
        if route is None:
            raise CommandError(_("There is no route %(id)s.") % {"id": options["route_id"]}, returncode=2)
        plan = route_plans([route.pk])[route.pk]
        found = services.find_order(plan, services.SECONDS_AS_JOB)
        lengths = services.compare_orders(plan, found)
        order = services.stops_in_order(plan, found)
        seen = list(route.stops.order_by("position", "pk").values_list("pk", flat=True))
        if options["apply"] and order != seen:
            services.order_stops(actor=route.rep, route=route, order=order, seen=seen)
            services.measure_now(route)
        codes = dict(route.stops.values_list("pk", "customer__code"))
        return {
            "stops": len(order),
            "before_m": round(lengths["before_m"], 1),
            "after_m": round(lengths["after_m"], 1),
            "order": [codes[pk] for pk in order],
        }
