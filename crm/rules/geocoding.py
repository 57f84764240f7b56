"""Finding addresses on the map by web services (F1): what each is asked, and what its answer means.

A provider is a small class: the datum it declares, the request for an address, and the reading of its answer. Pure:
nothing here speaks HTTP (crm.services.geocoding does).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from common.geo import Datum, convert, distance_m, valid_coordinates
from crm.enums import GeocodeOutcome

SAME_PLACE_M = 300  # candidates no further apart mean one place
MOST_CANDIDATES = 5


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place that a provider offers for an address: WGS-84 degrees, its own word for how exact it is, what it matched."""

    lat: float
    lng: float
    precision: str
    matched: str
    exact: bool  # a house, a shop, a crossing; not a road, a town or a district


class Refused(Exception):
    """The provider did not answer; the message is in its own words."""


class AddressRefused(Refused):
    """It does not take this address; others may pass."""


class Busy(Refused):
    """It asks to wait, or cannot be reached just now."""


class Closed(Refused):
    """Its key is wrong or used up: no address passes before somebody does something."""


class BadGeocoder(ValueError):
    """GEOCODER_URL cannot be read."""


# --- providers
@dataclass(frozen=True, slots=True)
class Provider:
    """Base. `address` is where it is asked, `rate` how often a second at most."""

    key: str
    address: str
    rate: float

    name: ClassVar[str]
    datum: ClassVar[Datum]
    default_address: ClassVar[str] = ""
    needs_key: ClassVar[bool] = True
    shapes: ClassVar[tuple[type, ...]] = (dict,)  # what an answer can be
    default_rate: ClassVar[float] = 3

    def parameters(self, text: str, city: str) -> dict[str, str]:
        """The query of a request for the address `text`."""
        raise NotImplementedError

    def read(self, payload: Any) -> list[Candidate]:
        """The places in an answer, the best first. Raises AddressRefused, Busy or Closed."""
        raise NotImplementedError

    def candidate(self, lat: Any, lng: Any, precision: Any, matched: Any, *, exact: bool) -> list[Candidate]:
        """The place in WGS-84, or nothing when the figures are no place on Earth."""
        try:
            place = convert(float(lat), float(lng), self.datum, Datum.WGS84)
        except (TypeError, ValueError):
            return []
        if not valid_coordinates(*place):
            return []
        return [
            Candidate(
                round(place[0], 7),
                round(place[1], 7),
                str(precision or "")[:40],
                str(matched or "")[:200],
                exact,
            )
        ]


class AMap(Provider):
    """AMap (高德) web service, 地理编码 v3: GCJ-02."""

    name, datum = "amap", Datum.GCJ02
    default_address = "https://restapi.amap.com/v3/geocode/geo"
    _EXACT = frozenset(
        {
            "门牌号",
            "门址",
            "单元号",
            "楼栋号",
            "兴趣点",
            "公交站台、地铁站",
            "公交地铁站点",
            "道路交叉路口",
            "道路交叉口",
        }
    )
    _BUSY = frozenset({"10004", "10014", "10015", "10019", "10020", "10021", "10022", "10023", "10029"})
    _NOTHING = "30001"  # ENGINE_RESPONSE_DATA_ERROR: it cannot make anything of the address

    def parameters(self, text: str, city: str) -> dict[str, str]:
        return {"key": self.key, "address": text, "output": "JSON", **({"city": city} if city else {})}

    def read(self, payload: Any) -> list[Candidate]:
        if str(payload.get("status")) != "1":
            code, words = str(payload.get("infocode", "")), str(payload.get("info") or payload)
            if code == self._NOTHING:
                return []
            if code in self._BUSY:
                raise Busy(words)
            raise AddressRefused(words) if code.startswith(("2", "3")) else Closed(words)
        found: list[Candidate] = []
        for row in payload.get("geocodes") or []:
            lng, _comma, lat = str(row.get("location", "")).partition(",")
            level = str(row.get("level") or "")  # what is empty comes as []
            found += self.candidate(lat, lng, level, row.get("formatted_address"), exact=level in self._EXACT)
        return found


class Baidu(Provider):
    """Baidu (百度) web service, 地理编码 v3: BD-09 (bd09ll, which is what it answers unless asked for another)."""

    name, datum = "baidu", Datum.BD09
    default_address = "https://api.map.baidu.com/geocoding/v3/"
    EXACT_CONFIDENCE = 75  # by its document, the place is right to 200 m from here on
    _BUSY = frozenset({1, 8, 401, 402})

    def parameters(self, text: str, city: str) -> dict[str, str]:
        return {"ak": self.key, "address": text, "output": "json", **({"city": city} if city else {})}

    def read(self, payload: Any) -> list[Candidate]:
        status = payload.get("status")
        words = str(payload.get("message") or payload.get("msg") or payload)
        if status != 0:
            if status == 2:
                raise AddressRefused(words)
            raise Busy(words) if status in self._BUSY else Closed(words)
        result = payload.get("result") or {}
        place = result.get("location") or {}
        level = result.get("level")
        exact = result.get("precise") == 1 or _number(result.get("confidence")) >= self.EXACT_CONFIDENCE
        return self.candidate(place.get("lat"), place.get("lng"), level, level, exact=exact)


class Tianditu(Provider):
    """Tianditu (天地图), 地理编码查询: CGCS2000, which is WGS-84 to the centimetre."""

    name, datum = "tianditu", Datum.WGS84
    default_address = "https://api.tianditu.gov.cn/geocoder"
    EXACT_SCORE = 80
    _COARSE = frozenset(
        {"省", "省级", "市", "市级", "区县", "区县级", "乡镇", "乡镇级", "街道", "村", "道路", "地名"}
    )

    def parameters(self, text: str, city: str) -> dict[str, str]:
        return {"ds": json.dumps({"keyWord": text}, ensure_ascii=False), "tk": self.key}

    def read(self, payload: Any) -> list[Candidate]:
        status = str(payload.get("status", payload.get("code", "")))
        words = str(payload.get("msg") or payload.get("message") or payload)
        if status == "101":  # its word for "no result"
            return []
        if status == "404":
            raise AddressRefused(words)
        if status != "0":
            raise Closed(words)
        place = payload.get("location") or {}
        level = place.get("level")
        exact = _number(place.get("score")) >= self.EXACT_SCORE and level not in self._COARSE
        return self.candidate(place.get("lat"), place.get("lon"), level, place.get("keyWord"), exact=exact)


class Nominatim(Provider):
    """Nominatim or a service that answers like it (OpenStreetMap data): WGS-84. Its public server asks for one a second."""

    name, datum = "nominatim", Datum.WGS84
    shapes = (dict, list)
    default_address = "https://nominatim.openstreetmap.org/search"
    needs_key = False
    default_rate = 1
    EXACT_RANK = 28  # streets are 26 and 27, houses and shops 28 to 30

    def parameters(self, text: str, city: str) -> dict[str, str]:
        limit = str(MOST_CANDIDATES)
        return {"q": text, "format": "jsonv2", "limit": limit, **({"key": self.key} if self.key else {})}

    def read(self, payload: Any) -> list[Candidate]:
        if isinstance(payload, Mapping):
            raise AddressRefused(str(payload.get("error") or payload))
        found: list[Candidate] = []
        for row in payload:
            precision = row.get("addresstype") or row.get("type")
            exact = _number(row.get("place_rank")) >= self.EXACT_RANK
            found += self.candidate(
                row.get("lat"), row.get("lon"), precision, row.get("display_name"), exact=exact
            )
        return found


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return 0


PROVIDERS: Mapping[str, type[Provider]] = {each.name: each for each in (AMap, Baidu, Tianditu, Nominatim)}


def provider_of(url: str) -> Provider | None:
    """The provider of GEOCODER_URL, `name://key`; None for an empty one. Raises BadGeocoder.

    `?rate=` sets how many requests a second, `?address=` another server that answers alike.
    """
    if not url.strip():
        return None
    parts = urlsplit(url.strip())
    kind = PROVIDERS.get(parts.scheme)
    if kind is None:
        raise BadGeocoder(
            f"GEOCODER_URL must begin with one of {', '.join(f'{name}://' for name in PROVIDERS)}"
        )
    options = {name: values[0] for name, values in parse_qs(parts.query).items()}
    try:
        rate = float(options.get("rate", kind.default_rate))
    except ValueError:
        rate = 0
    if not 0 < rate <= 1000:
        raise BadGeocoder("The rate of GEOCODER_URL is a number of requests a second")
    key = parts.netloc  # not hostname, which would come in small letters
    if kind.needs_key and not key:
        raise BadGeocoder(f"GEOCODER_URL lacks the key: {kind.name}://KEY")
    return kind(key=key, address=options.get("address", kind.default_address), rate=rate)


# --- what is to be done with an answer
def judge(candidates: Sequence[Candidate]) -> GeocodeOutcome:
    """Found when there is one exact place, or several that are the same one; else a person chooses, if there is any."""
    if not candidates:
        return GeocodeOutcome.NOTHING
    exact = [one for one in candidates if one.exact]
    apart = any(distance_m(a.lat, a.lng, b.lat, b.lng) > SAME_PLACE_M for a, b in combinations(exact, 2))
    return GeocodeOutcome.AMBIGUOUS if not exact or apart else GeocodeOutcome.FOUND


def best(candidates: Sequence[Candidate]) -> Candidate:
    """The one to take when `judge` says found."""
    return next(one for one in candidates if one.exact)


def asked_text(*, province: str, city: str, district: str, address: str) -> str:
    """What a provider is asked, the parts that the address does not begin with put before it; "" without an address.

    A city alone is no address: its middle would be taken for the shop.
    """
    text = " ".join(address.split())
    if not text:
        return ""
    before = "".join(part for part in (province, city, district) if part and part not in text)
    return f"{before}{text}"[:200]
