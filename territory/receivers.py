"""Check-ins and check-outs are positions too (domain-rules §7); an imported file names routes."""

import datetime as dt
from collections.abc import Collection
from typing import Any

from django.dispatch import receiver

from accounts.models import User
from common import business_calendar
from crm.services.merge_journal import MergeJournal
from crm.signals import customers_imported, customers_merging
from territory import queries
from territory.services import put_on_named_routes, store_fix
from territory.services.merging import resolve_merge
from visits.models import Visit
from visits.signals import checked_in, checked_out, collecting_day, naming_routes


@receiver(checked_in, dispatch_uid="territory.check_in_point")
def keep_check_in(sender: Any, visit: Visit, **kwargs: Any) -> None:
    store_fix(
        rep=visit.rep,
        time=visit.check_in_at,
        latitude=visit.check_in_lat,
        longitude=visit.check_in_lng,
        accuracy_m=visit.check_in_accuracy_m,
    )


@receiver(checked_out, dispatch_uid="territory.check_out_point")
def keep_check_out(sender: Any, visit: Visit, **kwargs: Any) -> None:
    assert visit.check_out_at is not None
    store_fix(
        rep=visit.rep,
        time=visit.check_out_at,
        latitude=visit.check_out_lat,
        longitude=visit.check_out_lng,
        accuracy_m=visit.check_out_accuracy_m,
    )


@receiver(customers_imported, dispatch_uid="territory.imported_routes")
def put_on_routes(sender: Any, actor: User | None, routes: dict[int, str], **kwargs: Any) -> None:
    put_on_named_routes(names=routes, actor=actor, today=business_calendar.today())


@receiver(customers_merging, dispatch_uid="territory.customers_merging")
def drop_doubled_stops(sender: Any, journal: MergeJournal, **kwargs: Any) -> None:
    resolve_merge(journal=journal)


@receiver(collecting_day, dispatch_uid="territory.day_mileage")
def tell_mileage(
    sender: Any, reps: Collection[int], day: dt.date, **kwargs: Any
) -> dict[int, dict[str, float]]:
    """Mileage (domain-rules §7) of those who have a track that day."""
    days = queries.track_days(day, reps=reps)
    return {row.rep_id: {"mileage_m": row.mileage_m} for row in days.values() if row.points}


@receiver(naming_routes, dispatch_uid="territory.route_names")
def name_routes(sender: Any, ids: Collection[int], **kwargs: Any) -> dict[int, str]:
    return queries.route_names(ids)
