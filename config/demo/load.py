"""Write the demo company, once, in one transaction."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from django.db import transaction
from django.db.models import F, Max, Model, OuterRef, QuerySet, Subquery
from django.utils import timezone

from accounts.models import User
from alerts.services import compute_alerts
from alerts.services.backtest import request_backtest, run_backtest
from alerts.services.rhythm import refresh_rhythms
from common.business_calendar import business_day
from config.demo.alerts import make_alert_history
from config.demo.before import make_before
from config.demo.books import open_books
from config.demo.day_reports import make_day_reports
from config.demo.goods import make_products
from config.demo.history import Simulation
from config.demo.housekeeping import make_housekeeping
from config.demo.in_store import make_in_store
from config.demo.messages import make_messages
from config.demo.money import make_money
from config.demo.offers import make_offers
from config.demo.orders import make_orders
from config.demo.people import give_addresses, make_people
from config.demo.plans import make_plans
from config.demo.prices import make_prices
from config.demo.relations import make_relations
from config.demo.returns import make_returns
from config.demo.scheduled import make_scheduled
from config.demo.selling import History, Seller
from config.demo.shops import make_routes, make_shops
from config.demo.targets import make_targets
from config.demo.team_documents import make_documents
from config.demo.team_instructions import make_instructions
from config.demo.team_reports import make_work_reports
from config.demo.team_schedule import make_schedule
from config.demo.team_tasks import make_tasks
from config.demo.territories import make_territories
from config.demo.tours import make_tours
from config.demo.vans import make_vans
from crm.models import Customer, Sequence
from sales.models import Delivery, DeliveryLine, OrderLine, Receipt, SalesOrder
from territory.models import TrackDay, TrackPoint
from territory.services import measure_routes, sum_stale_days
from visits.models import Visit, VisitOrder, VisitTask

Progress = Callable[[str], None]


@dataclass(frozen=True)
class DemoResult:
    """What is in the database now (interfaces: keys of `manage.py demo`)."""

    customers: int
    reps: int
    visits: int
    orders: int
    points: int


def is_loaded() -> bool:
    return User.objects.filter(username="rep1").exists() and Customer.objects.filter(code="C000001").exists()


def load_demo(
    *,
    customers: int = 1500,
    reps: int = 12,
    days: int = 60,
    seed: int = 1,
    now: dt.datetime | None = None,
    say: Progress = lambda text: None,
) -> DemoResult:
    """Load the company unless it is there. Same seed, numbers and day give the same data."""
    if not is_loaded():
        with transaction.atomic():
            _load(customers, reps, days, Random(seed), now or timezone.now(), say)
    return DemoResult(
        customers=Customer.objects.count(),
        reps=User.objects.filter(role__code="rep").count(),
        visits=Visit.objects.count(),
        orders=SalesOrder.objects.count(),
        points=TrackPoint.objects.count(),
    )


def _load(customers: int, reps: int, days: int, rng: Random, now: dt.datetime, say: Progress) -> None:
    today = timezone.localtime(now).date()
    since = today - dt.timedelta(days=days)
    say("people")
    team = make_people(rng, reps)
    office = User.objects.get(username="office")
    goods = make_products(today)
    make_prices(goods.everything, today)
    say("shops and routes")
    shops = make_shops(rng, team, customers, since, today)
    plans = make_routes(rng, team, shops, since)
    seller = Seller(rng, plans, goods, office, today)
    say("the year before")
    make_before(Random(rng.random()), shops, seller, office, since, today)
    say("days of work")
    history = Simulation(rng, plans, seller, office, days, now).run()
    say("writing")
    _write(history)
    _sequences(customers, seller.numbers)
    _last_events()
    say("books")
    open_books(office=office, since=since, idle=goods.slow)
    say("follow-ups, leads, pool")
    # A dice of its own: what happened on the road stays the same whatever is added here.
    make_relations(Random(rng.random()), team, shops, now)
    say("quotations and agreements")
    make_offers(Random(rng.random()), team, now)
    say("targets")
    make_targets(Random(rng.random()), team, now)
    say("returns")
    make_returns(Random(rng.random()), office, now)
    say("money")
    make_money(Random(rng.random()), now)
    say("vans")
    make_vans(Random(rng.random()), team, office, now)
    say("orders of today")
    make_orders(Random(rng.random()), team, office, now)
    say("work in stores")
    make_in_store(Random(rng.random()), now)
    say("visit plans")
    make_plans(Random(rng.random()), team, now)
    say("daily reports")
    make_day_reports(Random(rng.random()), team, now)
    say("territories")
    make_territories(Random(rng.random()), team, now)
    make_tours(team, now)
    say("alerts")
    refresh_rhythms(today=today, everybody=True)
    compute_alerts(today=today)
    make_alert_history(Random(rng.random()), team, since, now)
    _replay(since, today)
    say("runs, bulk actions, doubles")
    make_housekeeping(Random(rng.random()), team, now)
    say("routes")
    measure_routes(now=now)
    say("messages")
    make_messages(team, now)
    say("documents")
    make_documents(Random(rng.random()), team, now)
    say("instructions")
    make_instructions(Random(rng.random()), team, now)
    say("work reports")
    make_work_reports(Random(rng.random()), team, now)
    say("customer tasks")
    make_tasks(Random(rng.random()), team, now)
    say("schedules")
    make_schedule(Random(rng.random()), team, now)
    say("scheduled reports")
    give_addresses()
    make_scheduled(Random(rng.random()), now)


def _replay(since: dt.date, today: dt.date) -> None:
    """The back-test of what was worked, so that its page has something to say."""
    run, _is_new = request_backtest(actor=None, first=since, last=today - dt.timedelta(days=1), horizon=3)
    run_backtest(run.pk)


def _write(history: History) -> None:
    """Parents before children: bulk_create fills the primary keys that the children's foreign keys then read."""
    batches: list[tuple[type[Model], list]] = [
        (VisitTask, history.tasks),
        (Visit, history.visits),
        (SalesOrder, history.orders),
        (OrderLine, history.order_lines),
        (VisitOrder, history.visit_orders),
        (Delivery, history.deliveries),
        (DeliveryLine, history.delivery_lines),
        (Receipt, history.receipts),
        (TrackPoint, history.points),
    ]
    for model, rows in batches:
        for row in rows:
            _take_parent_keys(row)
        model._default_manager.bulk_create(rows, batch_size=2000)
    # Whoever reads a day sums it up until the job does.
    days = {(point.rep_id, business_day(point.time)) for point in history.points}
    TrackDay.objects.bulk_create(
        (TrackDay(rep_id=rep, day=day) for rep, day in sorted(days)), batch_size=2000
    )
    sum_stale_days()
    # When a slip was made is when it happened, not when the demo was loaded.
    SalesOrder.objects.update(created_at=F("submitted_at"))


def _take_parent_keys(row: Model) -> None:
    """Copy the keys that the parents have got by now; an unsaved parent had none when the row was made."""
    for name, parent in list(row._state.fields_cache.items()):
        if parent is not None:
            setattr(row, f"{name}_id", parent.pk)


def _sequences(customers: int, numbers: dict[str, int]) -> None:
    """The next slip made by hand gets the next number."""
    values = {"customer": customers, **numbers}
    Sequence.objects.bulk_create(
        [Sequence(name=name, value=value) for name, value in values.items()],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["value"],
    )


def _last_events() -> None:
    """The customers' last-event columns, from the rows just written."""

    def latest(rows: QuerySet, column: str) -> Subquery:
        mine = rows.filter(customer=OuterRef("pk")).order_by().values("customer")
        return Subquery(mine.annotate(last=Max(column)).values("last"))

    Customer.objects.update(
        last_visit_on=latest(Visit.objects.valid(), "day"),
        last_order_on=latest(SalesOrder.objects.counted(), "ordered_on"),
        last_sale_on=latest(Delivery.objects.posted(), "issued_on"),
    )
