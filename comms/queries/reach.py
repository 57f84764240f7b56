"""How people can be reached: addresses, hours, choices. Read for many at once, because notices come in thousands."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from accounts.models import SystemOptions, User
from comms.enums import Channel
from comms.models import NotifySettings, PushDevice
from comms.queries.channels import installed
from comms.rules.delivery import Hours

_CHUNK = 5000


@dataclass(frozen=True, slots=True)
class Reach:
    """One person's addresses and wishes. `hours` are his own or None; `company_hours` fills in."""

    user_id: int
    addresses: dict[Channel, str]
    choices: dict[str, str]
    quiet_start: dt.time | None
    quiet_end: dt.time | None
    quiet_days_off: bool | None
    devices: tuple[int, ...] = ()

    @property
    def channels(self) -> list[Channel]:
        return [channel for channel in Channel if channel in self.addresses]


def reach_of(user_ids: Collection[int]) -> dict[int, Reach]:
    """Active people whom some channel reaches; one statement, and one for phones where the installation has push."""
    found = installed()
    ids = sorted(user_ids)
    people: dict[int, Reach] = {}
    for start in range(0, len(ids), _CHUNK):
        chunk = ids[start : start + _CHUNK]
        devices = _devices(chunk) if Channel.PUSH in found else {}
        for row in _rows(chunk):
            reach = _reach(row, devices.get(row["pk"], ()), found)
            if reach.addresses:
                people[reach.user_id] = reach
    return people


def reach(user: User) -> Reach:
    """How this person can be reached, also when nothing reaches him."""
    found = installed()
    devices = _devices([user.pk]).get(user.pk, ()) if Channel.PUSH in found else ()
    return _reach(next(_rows([user.pk])), devices, found)


def _rows(ids: list[int]) -> Iterator[dict[str, Any]]:
    names = ("choices", "quiet_start", "quiet_end", "quiet_days_off", "chat_url")
    rows = User.objects.filter(pk__in=ids, is_active=True).order_by()
    return iter(rows.values("pk", "email", "phone", *(f"notify_settings__{name}" for name in names)))


def _devices(ids: list[int]) -> dict[int, tuple[int, ...]]:
    devices: dict[int, tuple[int, ...]] = {}
    for user_id, pk in PushDevice.objects.filter(user__in=ids).order_by("pk").values_list("user_id", "pk"):
        devices[user_id] = (*devices.get(user_id, ()), pk)
    return devices


def _reach(row: dict[str, Any], devices: tuple[int, ...], found: frozenset[Channel]) -> Reach:
    addresses = {
        Channel.EMAIL: row["email"],
        Channel.PUSH: "phone" if devices else "",
        Channel.CHAT: row["notify_settings__chat_url"] or "",
        Channel.SMS: row["phone"],
        Channel.CONSOLE: "log",
    }
    return Reach(
        user_id=row["pk"],
        addresses={channel: text for channel, text in addresses.items() if text and channel in found},
        choices=row["notify_settings__choices"] or {},
        quiet_start=row["notify_settings__quiet_start"],
        quiet_end=row["notify_settings__quiet_end"],
        quiet_days_off=row["notify_settings__quiet_days_off"],
        devices=devices,
    )


def hours_of(person: Reach | NotifySettings | None, options: SystemOptions) -> Hours:
    """A person's own hours, and the company's for what he left open."""
    own = person is not None and person.quiet_start is not None and person.quiet_end is not None
    days_off = None if person is None else person.quiet_days_off
    return Hours(
        start=person.quiet_start if own else options.quiet_start,  # type: ignore[union-attr,arg-type]
        end=person.quiet_end if own else options.quiet_end,  # type: ignore[union-attr,arg-type]
        days_off=options.quiet_days_off if days_off is None else days_off,
        digest_at=options.digest_at,
    )


def local(at: dt.datetime) -> dt.datetime:
    """The moment by the company's clock, as comms.rules.delivery wants it."""
    return timezone.localtime(at, timezone.get_default_timezone())
