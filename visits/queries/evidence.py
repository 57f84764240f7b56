"""What speaks for visits, read for many at once, and photos that look alike."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence

from django.db.models import Count, F, Q, Window
from django.db.models.functions import RowNumber

from common.photos import bands, distance_of_looks, near_bands
from crm.enums import LocationStatus
from visits.models import Visit, VisitPhoto
from visits.rules.evidence import VisitFacts

USUAL_OF = 10  # the customer's last so many valid visits say what is usual
REUSE_DAYS = 90
REUSE_BITS = 6


def evidence_facts(visits: Sequence[Visit]) -> dict[int, VisitFacts]:
    """Facts by visit id; two statements whatever their number. The visits bring their customer along."""
    photos = {
        visit: (n, reused)
        for visit, n, reused in VisitPhoto.objects.filter(visit__in=visits)
        .order_by()
        .values_list("visit_id")
        .annotate(Count("pk"), Count("reuse_of"))
    }
    stays = _usual_stays({visit.customer_id for visit in visits}, {visit.pk for visit in visits})
    return {
        visit.pk: VisitFacts(
            fence=visit.fence,
            accuracy_m=visit.check_in_accuracy_m,
            to_confirm=visit.customer.location_status == LocationStatus.TO_CONFIRM,
            left_distance_m=visit.check_out_distance_m,
            left_accuracy_m=visit.check_out_accuracy_m,
            radius_m=visit.radius_m,
            dwell=visit.dwell,
            usual_stays=stays[visit.customer_id],
            outcome=visit.outcome,
            photos=photos.get(visit.pk, (0, 0))[0],
            reused=photos.get(visit.pk, (0, 0))[1],
            flags=visit.flags,
        )
        for visit in visits
    }


def _usual_stays(customers: set[int], but: set[int]) -> dict[int, list[dt.timedelta]]:
    """Stays of the customers' last visits, those in question and closed shops left out."""
    rows = (
        Visit.objects.valid()
        .filter(customer__in=customers, outcome="visited")
        .exclude(pk__in=but)
        .annotate(n=Window(RowNumber(), partition_by=F("customer_id"), order_by=F("check_in_at").desc()))
        .filter(n__lte=USUAL_OF)
        .values_list("customer_id", "check_in_at", "check_out_at")
    )
    stays: dict[int, list[dt.timedelta]] = defaultdict(list)
    for customer, since, until in rows:
        if until is not None:
            stays[customer].append(until - since)
    return stays


def earlier_photo(*, looks: int, visit: Visit, taken_at: dt.datetime) -> VisitPhoto | None:
    """The photo of another visit in the last 90 days that looks most like this one (6 of 64 bits differ at most).

    Two hashes that differ in at most 6 (even 7) bits share one of their four 16-bit bands but for one bit: so it is
    enough to look each band up, as it is and with each of its bits turned, in the four indexes of bands: no full scan.
    """
    near = Q()
    for number, band in enumerate(bands(looks), start=1):
        near |= Q(**{f"band_{number}__in": near_bands(band)})
    rows = (
        VisitPhoto.objects.filter(near, taken_at__gte=taken_at - dt.timedelta(days=REUSE_DAYS))
        .exclude(visit=visit)
        .only("pk", "looks")
        .order_by("pk")
    )
    best, least = None, REUSE_BITS + 1
    for photo in rows:
        if photo.looks is not None and (bits := distance_of_looks(looks, photo.looks)) < least:
            best, least = photo, bits
    return best
