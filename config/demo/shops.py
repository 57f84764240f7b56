"""The shops: who owns them, where they lie, and the routes through them."""

import datetime as dt
import math
from dataclasses import dataclass, replace
from random import Random

from django.utils import timezone

from accounts.models import User
from common.geo import distance_m
from config.demo.city import GIVEN, KINDS, LUCKY, SURNAMES, ZONES, Zone
from crm.enums import CustomerStatus, DictionaryKind, Level, LocationStatus, OwnerChangeReason
from crm.models import Contact, Customer, Dictionary, OwnerChange, Phone
from crm.services import index_fields
from territory.models import Route, RouteStop

ROUTE_DAYS = (1, 2, 3, 4, 5)
WEEKDAYS = "一二三四五六日"
_NEW = 0.06  # share of the shops that came within the story


@dataclass(frozen=True)
class RoutePlan:
    """A rep's ordered shops of one weekday (Monday is 1)."""

    rep: User
    weekday: int
    stops: list[Customer]
    route_id: int | None = None  # once the route is written


def make_shops(rng: Random, reps: list[User], count: int, since: dt.date, today: dt.date) -> list[Customer]:
    """`count` shops in the reps' zones, with contact and phone; some without owner, location or life, some new."""
    regions = _entries(DictionaryKind.REGION, [zone.name for zone in ZONES])
    channels = _entries(DictionaryKind.CHANNEL, [kind for kind, _, _ in KINDS])
    shops: list[Customer] = []
    used: set[str] = set()
    for n in range(count):
        rep = reps[n % len(reps)]
        zone = ZONES[(n % len(reps)) % len(ZONES)]
        shop = _shop(rng, n, zone, used)
        shop.region = regions[zone.name]
        shop.channel = channels[shop.extra.pop("kind")]
        if rng.random() < _NEW:
            shop.created_on = today - dt.timedelta(days=rng.randrange(1, max(2, (today - since).days)))
        else:
            shop.created_on = since - dt.timedelta(days=rng.randrange(30, 700))
        shop.created_by = rep
        if rng.random() < 0.02:
            shop.owner = None  # in the public pool
        else:
            # Territories were cut anew in the months before the story begins.
            taken_over = since - dt.timedelta(days=rng.randrange(0, 60))
            shop.owner, shop.received_on = rep, max(shop.created_on, taken_over)
        shops.append(shop)
    phones = [f"1{rng.choice('3589')}{rng.randrange(10**9):09}" for _ in shops]
    people = [rng.choice(SURNAMES) + rng.choice(GIVEN) for _ in shops]
    for shop, phone, name in zip(shops, phones, people, strict=True):
        for field, value in index_fields(
            code=shop.code, name=shop.name, phones=[phone], contacts=[name]
        ).items():
            setattr(shop, field, value)
    Customer.objects.bulk_create(shops, batch_size=500)
    contacts = [
        Contact(customer=s, name=p, is_primary=True, position="店主")
        for s, p in zip(shops, people, strict=True)
    ]
    Contact.objects.bulk_create(contacts, batch_size=1000)
    Phone.objects.bulk_create(
        [
            Phone(customer=c.customer, contact=c, raw=p, e164=f"+86{p}")
            for c, p in zip(contacts, phones, strict=True)
        ],
        batch_size=1000,
    )
    OwnerChange.objects.bulk_create(
        [
            OwnerChange(
                customer=s,
                to_user=s.owner,
                by=s.owner,
                reason=OwnerChangeReason.CREATED,
                at=timezone.make_aware(dt.datetime.combine(s.created_on, dt.time(10))),
            )
            for s in shops
            if s.owner
        ],
        batch_size=1000,
    )
    return shops


def _entries(kind: DictionaryKind, names: list[str]) -> dict[str, Dictionary]:
    return {name: Dictionary.objects.get_or_create(kind=kind, name=name)[0] for name in names}


def _shop(rng: Random, n: int, zone: Zone, used: set[str]) -> Customer:
    kind, endings, _ = rng.choices(KINDS, weights=[weight for *_, weight in KINDS])[0]
    street = rng.choice(zone.streets)
    name = f"{rng.choice(LUCKY)}{rng.choice(endings)}"
    if name in used:
        name = f"{name}（{street}店）"
    if name in used:
        name = f"{name[:-1]}{n}）"
    used.add(name)
    # A zone is about 3 km wide; shops crowd towards its middle.
    radius, angle = abs(rng.gauss(0, 0.011)) + 0.0006, rng.random() * 2 * math.pi
    located = rng.random() > 0.04
    return Customer(
        code=f"C{n + 1:06}",
        name=name,
        level=rng.choices([Level.A, Level.B, Level.C], weights=[12, 33, 55])[0],
        province="安徽省",
        city="合肥市",
        district=zone.district,
        address=f"{street}{rng.randrange(1, 400)}号",
        latitude=round(zone.latitude + radius * math.sin(angle), 6) if located else None,
        longitude=round(zone.longitude + radius * math.cos(angle) * 1.17, 6) if located else None,
        location_status=LocationStatus.NONE
        if not located
        else (LocationStatus.TO_CONFIRM if rng.random() < 0.03 else LocationStatus.CONFIRMED),
        status=CustomerStatus.INACTIVE if rng.random() < 0.02 else CustomerStatus.ACTIVE,
        credit_limit=rng.choice([None, 5000, 10000, 20000]),
        extra={"kind": kind},
    )


def make_routes(rng: Random, reps: list[User], shops: list[Customer], since: dt.date) -> list[RoutePlan]:
    """Five routes for each rep, one a weekday, cut from his zone like a cake; about one shop in eight is on none."""
    plans = []
    for rep in reps:
        mine = [
            s for s in shops if s.owner_id == rep.pk and s.has_location and s.status == CustomerStatus.ACTIVE
        ]
        mine = [s for s in mine if rng.random() > 0.12]
        if not mine:
            continue
        places = [place_of(shop) for shop in mine]
        middle = (sum(lat for lat, _ in places) / len(mine), sum(lng for _, lng in places) / len(mine))
        mine.sort(key=lambda shop: _bearing(middle, place_of(shop)))
        size = math.ceil(len(mine) / len(ROUTE_DAYS))
        for weekday in ROUTE_DAYS:
            stops = _nearest_first(mine[(weekday - 1) * size : weekday * size])
            if stops:
                plans.append(RoutePlan(rep, weekday, stops))
    routes = Route.objects.bulk_create(
        [
            Route(
                name=f"{ZONES[reps.index(plan.rep) % len(ZONES)].name}·周{WEEKDAYS[plan.weekday - 1]}线",
                rep=plan.rep,
                weekdays=str(plan.weekday),
                starts_on=since,
            )
            for plan in plans
        ]
    )
    RouteStop.objects.bulk_create(
        [
            RouteStop(route=route, customer=stop, position=position)
            for route, plan in zip(routes, plans, strict=True)
            for position, stop in enumerate(plan.stops, start=1)
        ],
        batch_size=1000,
    )
    return [replace(plan, route_id=route.pk) for route, plan in zip(routes, plans, strict=True)]


def place_of(shop: Customer) -> tuple[float, float]:
    """Latitude and longitude of a shop that has a location."""
    assert shop.latitude is not None
    assert shop.longitude is not None
    return shop.latitude, shop.longitude


def _bearing(origin: tuple[float, float], place: tuple[float, float]) -> float:
    return math.atan2(place[0] - origin[0], place[1] - origin[1])


def _nearest_first(stops: list[Customer]) -> list[Customer]:
    """A rep's own habit: always on to the nearest shop; leaves something for the optimiser to save."""
    left = sorted(stops, key=lambda shop: -place_of(shop)[0])
    order = left[:1]
    left = left[1:]
    while left:
        here = place_of(order[-1])
        nearest = min(left, key=lambda shop: distance_m(*here, *place_of(shop)))
        left.remove(nearest)
        order.append(nearest)
    return order
