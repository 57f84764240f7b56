"""Reads of lead channels: what came in, who is next, what a region's people are."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Max, Q, QuerySet

from accounts.models import User
from accounts.querysets import scope_q, scope_user_ids
from crm.enums import CaptureState, DictionaryKind
from crm.models import CapturedLead, Dictionary, Lead, LeadChannel, LeadContact, Phone, RegionOwner
from crm.rules.import_rows import fold_word
from crm.rules.lead_capture import match_region


def channels() -> QuerySet[LeadChannel]:
    """All channels with what came in of late: `received`, `made`, `refused`, `waiting`, `last_at`."""
    rows: QuerySet[LeadChannel] = LeadChannel.objects.select_related("source").annotate(
        received=Count("captured"),
        made=Count("captured", filter=Q(captured__state=CaptureState.NEW)),
        refused=Count("captured", filter=Q(captured__state=CaptureState.REFUSED)),
        waiting=Count("captured", filter=Q(captured__state=CaptureState.QUEUED)),
        last_at=Max("captured__received_at"),
    )
    return rows


def captured_visible_to(user: User) -> QuerySet[CapturedLead]:
    """What came in, as far as `user` may read it: a payload holds the phone, so whoever does not see the lead does
    not see it either. What has become no lead is for everybody who looks after channels."""
    rows: QuerySet[CapturedLead] = CapturedLead.objects.all()
    if scope_user_ids(user) is None:
        return rows
    return rows.filter(Q(lead__isnull=True) | scope_q(user, "lead__owner"))


def recent_payloads(user: User, channel: LeadChannel, count: int = 5) -> list[CapturedLead]:
    """The last calls of a channel that had a body, newest first."""
    return list(captured_visible_to(user).filter(channel=channel).exclude(body="")[:count])


def known_lead(channel: LeadChannel, external_id: str) -> Lead | None:
    """The lead this channel has sent under this id, the one in the recycle bin included."""
    if not external_id:
        return None
    return Lead.objects.filter(channel=channel, external_id=external_id).first()


def same_phone_counts(phones: Iterable[str]) -> tuple[int, int]:
    """(leads, customers) that have one of these numbers (E.164)."""
    numbers = [phone for phone in phones if phone]
    if not numbers:
        return 0, 0
    leads = (
        LeadContact.objects.filter(e164__in=numbers, lead__deleted_at__isnull=True)
        .values("lead")
        .distinct()
        .count()
    )
    customers = Phone.objects.filter(e164__in=numbers).values("customer").distinct().count()
    return leads, customers


def active_assignees(owner: Any) -> list[int]:
    """Ids of the people of a channel or an import that still work here, in rising order."""
    return list(owner.assignees.active().order_by("pk").values_list("pk", flat=True))


@dataclass(frozen=True)
class RegionBook:
    """All regions in use, and the active people of those that have some."""

    regions: list[tuple[int, str]] = field(default_factory=list)
    people: dict[int, list[int]] = field(default_factory=dict)

    def region(self, region: str, places: Iterable[str]) -> int | None:
        """The region a lead lies in: as it is called, else by its place."""
        return match_region(self.regions, [region]) or match_region(self.regions, places)

    def person(self, region: str, places: Iterable[str], turn: int) -> int | None:
        """Who gets the lead; `turn` chooses among several people of one region. None: nobody has this place."""
        manned = [(pk, name) for pk, name in self.regions if pk in self.people]
        found = match_region(manned, [region]) or match_region(manned, places)
        if found is None:
            return None
        people = self.people[found]
        return people[turn % len(people)]


def region_book() -> RegionBook:
    """Two reads."""
    regions = list(
        Dictionary.objects.filter(kind=DictionaryKind.REGION, is_active=True).values_list("pk", "name")
    )
    people: dict[int, list[int]] = {}
    for region_id, user_id in (
        RegionOwner.objects.filter(user__is_active=True)
        .order_by("user_id")
        .values_list("region_id", "user_id")
    ):
        if region_id is not None:
            people.setdefault(region_id, []).append(user_id)
    return RegionBook(regions, people)


def dictionary_id(kind: str, name: str) -> int | None:
    """The entry in use that is called so; width and case do not matter."""
    wanted = fold_word(name)
    rows = Dictionary.objects.filter(kind=kind, is_active=True).values_list("pk", "name")
    return next((pk for pk, entry in rows if fold_word(entry) == wanted), None)
