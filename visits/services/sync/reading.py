"""Reading what a phone sent: nothing of it is trusted, and a refusal says which name is wrong."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import io
import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Q
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from accounts.models import User
from common.business_calendar import business_day
from common.photos import Upload
from crm.models import Customer
from visits.models import Visit
from visits.rules import Fix
from visits.services.own import NotYet

Answer = dict[str, Any]
_MAX_ID = 2**63


@dataclass(frozen=True, slots=True)
class Call:
    """One action as it came in: the phone's time and the server's."""

    actor: User
    uuid: UUID
    kind: str
    payload: Mapping[str, Any]
    occurred_at: dt.datetime
    now: dt.datetime

    @property
    def day(self) -> dt.date:
        """The business day of the doorway; a clock that runs ahead does not reach into tomorrow's books."""
        return min(business_day(self.occurred_at), business_day(self.now))

    def need(self, permission: str) -> None:
        if not self.actor.has_perm(permission):
            raise PermissionDenied

    # --- plain values
    def text(self, name: str, length: int | None = None) -> str:
        return str(self.payload.get(name) or "")[:length]

    def integer(self, name: str) -> int:
        return integer(self.payload, name)

    def optional_integer(self, name: str) -> int | None:
        return None if self.payload.get(name) is None else self.integer(name)

    def decimal(self, name: str) -> Decimal:
        return decimal(self.payload, name)

    def optional_decimal(self, name: str) -> Decimal | None:
        return optional_decimal(self.payload, name)

    def lines(self, name: str = "lines") -> list[Mapping[str, Any]]:
        value = self.payload.get(name)
        if not isinstance(value, list) or not all(isinstance(line, Mapping) for line in value):
            raise ValidationError(_("%(name)s must be a list of objects.") % {"name": name})
        return value

    @property
    def online(self) -> bool:
        return self.payload.get("online") is True

    @property
    def fix(self) -> Fix | None:
        return read_fix(self.payload.get("fix"))

    @property
    def photos(self) -> list[Upload]:
        return read_photos(self.payload.get("photos"))

    # --- what it is about
    def visit(self) -> Visit:
        return read_visit(self.actor, self.payload.get("visit"))

    def optional_visit(self) -> Visit | None:
        return None if self.payload.get("visit") is None else self.visit()

    def customer(self) -> Customer:
        """The one named; where a visit is named as well, the services see to it that they fit."""
        customer = Customer.objects.filter(pk=self.integer("customer")).first()
        if customer is None or not Customer.objects.visible_to(self.actor).filter(pk=customer.pk).exists():
            raise ValidationError(_("This customer is not yours any more."), code="customer")
        return customer


def moment(value: object) -> dt.datetime | None:
    """An ISO 8601 time with its zone, else None."""
    if not isinstance(value, str):
        return None
    try:
        found = parse_datetime(value)
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None


def integer(values: Mapping[str, Any], name: str) -> int:
    value = values.get(name)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _MAX_ID:
        return value
    raise ValidationError(_("%(name)s must be a number.") % {"name": name})


def decimal(values: Mapping[str, Any], name: str) -> Decimal:
    """A number, best sent as text: JSON's own numbers are floats."""
    value = values.get(name)
    if isinstance(value, (str, int, float)) and not isinstance(value, bool):
        try:
            number = Decimal(str(value).strip())
        except InvalidOperation:
            number = Decimal("NaN")
        if number.is_finite():
            return number
    raise ValidationError(_("%(name)s must be a number.") % {"name": name})


def optional_decimal(values: Mapping[str, Any], name: str) -> Decimal | None:
    return None if values.get(name) in (None, "") else decimal(values, name)


def optional_date(values: Mapping[str, Any], name: str) -> dt.date | None:
    value = values.get(name)
    if value in (None, ""):
        return None
    try:
        return dt.date.fromisoformat(str(value))
    except ValueError as error:
        raise ValidationError(_("%(name)s must be a date.") % {"name": name}) from error


def read_uuid(value: object, name: str) -> UUID:
    try:
        return UUID(str(value))
    except ValueError as error:
        raise ValidationError(_("%(name)s must be a uuid.") % {"name": name}) from error


def read_fix(value: object) -> Fix | None:
    """A fix or None; anything but three finite numbers is an error, since it would silently become "unverified"."""
    if value is None:
        return None
    if isinstance(value, Mapping):
        numbers = [value.get(name) for name in ("lat", "lng", "acc")]
        if all(isinstance(n, (int, float)) and not isinstance(n, bool) and math.isfinite(n) for n in numbers):
            return Fix(*(float(n) for n in numbers if n is not None))
    raise ValidationError(_("fix must have the numbers lat, lng and acc."))


def read_visit(actor: User, value: object) -> Visit:
    """By id, or by the uuid of the check-in: a phone that was offline knows no ids. NotYet when it is not here."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value < _MAX_ID:
        wanted = Q(pk=value)
    else:
        try:
            wanted = Q(uuid=UUID(str(value)))
        except ValueError as error:
            raise ValidationError(_("visit must be an id or the uuid of the check-in.")) from error
    visit: Visit | None = Visit.objects.filter(wanted, rep=actor).first()
    if visit is None:
        raise NotYet(_("The check-in of this visit was not received, or was refused."), code="visit")
    return visit


def read_photos(value: object) -> list[Upload]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise ValidationError(_("photos must be a list of base64 texts."))
    photos: list[Upload] = []
    for text in value:
        try:
            # "data:image/jpeg;base64,…" and the bare text are both common.
            photos.append(io.BytesIO(base64.b64decode(str(text).rpartition(",")[2], validate=True)))
        except (binascii.Error, ValueError) as error:
            raise ValidationError(_("photos must be a list of base64 texts.")) from error
    return photos
