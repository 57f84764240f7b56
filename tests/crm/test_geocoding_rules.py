"""What each map service is asked and what its answers mean (crm.rules.geocoding); answers as their documents show them."""

import json

import pytest

from common.geo import Datum, convert, distance_m
from crm.enums import GeocodeOutcome
from crm.rules.geocoding import (
    PROVIDERS,
    AddressRefused,
    BadGeocoder,
    Busy,
    Candidate,
    Closed,
    asked_text,
    best,
    judge,
    provider_of,
)

PLACE = (31.8206, 117.229)


def amap_row(lat, lng, level="门牌号", **more):
    return {
        "formatted_address": "安徽省合肥市蜀山区望江西路1号",
        "location": f"{lng},{lat}",
        "level": level,
        **more,
    }


def answers(place=PLACE):
    """{provider: (an exact answer for the place in the provider's own datum)}"""
    gcj = convert(*place, Datum.WGS84, Datum.GCJ02)
    bd = convert(*place, Datum.WGS84, Datum.BD09)
    return {
        "amap": {"status": "1", "info": "OK", "infocode": "10000", "count": "1", "geocodes": [amap_row(*gcj)]},
        "baidu": {
            "status": 0,
            "result": {
                "location": {"lng": bd[1], "lat": bd[0]}, "precise": 1, "confidence": 80,
                "comprehension": 100, "level": "门址",
            },
        },
        "tianditu": {
            "status": "0", "msg": "ok",
            "location": {"lon": str(place[1]), "lat": str(place[0]), "level": "门址", "score": 100, "keyWord": "望江西路1号"},
        },
        "nominatim": [
            {"lat": str(place[0]), "lon": str(place[1]), "display_name": "望江西路1号", "addresstype": "building", "place_rank": 30}
        ],
    }  # fmt: skip


@pytest.mark.parametrize("name", PROVIDERS)
def test_every_answer_comes_home_to_wgs84(name):
    provider = provider_of(f"{name}://KEY")
    [found] = provider.read(answers()[name])
    assert distance_m(found.lat, found.lng, *PLACE) < 0.5
    assert found.exact
    assert judge([found]) == GeocodeOutcome.FOUND


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("amap", {"key": "kEy9", "address": "望江西路1号", "city": "合肥市", "output": "JSON"}),
        ("baidu", {"ak": "kEy9", "address": "望江西路1号", "city": "合肥市", "output": "json"}),
        ("nominatim", {"q": "望江西路1号", "format": "jsonv2", "limit": "5", "key": "kEy9"}),
    ],
)
def test_what_is_asked(name, query):
    assert provider_of(f"{name}://kEy9").parameters("望江西路1号", "合肥市") == query


def test_tianditu_is_asked_in_json():
    query = provider_of("tianditu://kEy9").parameters("望江西路1号", "合肥市")
    assert query.pop("tk") == "kEy9"
    assert json.loads(query["ds"]) == {"keyWord": "望江西路1号"}


@pytest.mark.parametrize(
    ("name", "payload", "error", "words"),
    [
        ("amap", {"status": "0", "info": "INVALID_USER_KEY", "infocode": "10001"}, Closed, "INVALID_USER_KEY"),
        ("amap", {"status": "0", "info": "USER_DAILY_QUERY_OVER_LIMIT", "infocode": "10044"}, Closed, "OVER_LIMIT"),
        ("amap", {"status": "0", "info": "CUQPS_HAS_EXCEEDED_THE_LIMIT", "infocode": "10021"}, Busy, "CUQPS"),
        ("amap", {"status": "0", "info": "INVALID_PARAMS", "infocode": "20000"}, AddressRefused, "INVALID_PARAMS"),
        ("baidu", {"status": 2, "message": "Request Parameter Error"}, AddressRefused, "Parameter"),
        ("baidu", {"status": 302, "message": "天配额超限，限制访问"}, Closed, "配额"),
        ("baidu", {"status": 401, "message": "当前并发量已经超过约定并发配额"}, Busy, "并发"),
        ("tianditu", {"code": 301001, "msg": "非法key"}, Closed, "非法key"),
        ("tianditu", {"status": "404", "msg": "出错"}, AddressRefused, "出错"),
        ("nominatim", {"error": "Nothing to search for."}, AddressRefused, "Nothing to search"),
    ],
)  # fmt: skip
def test_refusals_are_told_apart_and_keep_their_words(name, payload, error, words):
    with pytest.raises(error, match=words):
        provider_of(f"{name}://KEY").read(payload)


@pytest.mark.parametrize(
    ("name", "payload"),
    [
        ("amap", {"status": "1", "count": "0", "geocodes": []}),
        ("amap", {"status": "0", "info": "ENGINE_RESPONSE_DATA_ERROR", "infocode": "30001"}),
        ("amap", {"status": "1", "geocodes": [{"formatted_address": [], "location": [], "level": []}]}),
        ("baidu", {"status": 0, "result": {}}),
        ("tianditu", {"status": "101", "msg": "no result"}),
        ("tianditu", {"status": "0", "location": {"lon": "400", "lat": "95", "score": 100}}),
        ("nominatim", []),
    ],
)
def test_no_place_is_nothing(name, payload):
    assert judge(provider_of(f"{name}://KEY").read(payload)) == GeocodeOutcome.NOTHING


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("amap", lambda answer: answer["geocodes"][0].update(level="区县")),
        ("amap", lambda answer: answer["geocodes"][0].update(level="道路")),
        ("amap", lambda answer: answer["geocodes"].append(amap_row(32.0, 118.0))),  # 80 km apart
        ("baidu", lambda answer: answer["result"].update(precise=0, confidence=50)),
        ("tianditu", lambda answer: answer["location"].update(score=60)),
        ("tianditu", lambda answer: answer["location"].update(level="道路")),
        ("nominatim", lambda answer: answer[0].update(place_rank=26, addresstype="road")),
    ],
)
def test_inexact_or_several_places_are_for_a_person(name, change):
    answer = answers()[name]
    change(answer)
    found = provider_of(f"{name}://KEY").read(answer)
    assert found
    assert judge(found) == GeocodeOutcome.AMBIGUOUS


def test_an_exact_place_beats_the_town_around_it():
    town = Candidate(31.8, 117.2, "区县", "蜀山区", False)
    door = Candidate(31.82, 117.23, "门牌号", "望江西路1号", True)
    twin = Candidate(31.8201, 117.2301, "门牌号", "望江西路1号甲", True)
    assert judge([town, door, twin]) == GeocodeOutcome.FOUND
    assert best([town, door, twin]) is door


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        ({"province": "安徽省", "city": "合肥市", "district": "蜀山区", "address": "望江西路1号"}, "安徽省合肥市蜀山区望江西路1号"),
        ({"province": "安徽省", "city": "合肥市", "district": "", "address": "合肥市 望江西路1号"}, "安徽省合肥市 望江西路1号"),
        ({"province": "安徽省", "city": "合肥市", "district": "蜀山区", "address": "  "}, ""),
    ],
)  # fmt: skip
def test_what_an_address_is_asked_as(parts, text):
    assert asked_text(**parts) == text


@pytest.mark.parametrize(
    "url", ["google://KEY", "amap://", "amap://KEY?rate=0", "amap://KEY?rate=often", "KEY"]
)
def test_a_setting_that_cannot_be_read_is_refused(url):
    with pytest.raises(BadGeocoder):
        provider_of(url)


def test_the_setting():
    assert provider_of("") is None
    own = provider_of("nominatim://?rate=10&address=http://10.0.0.5/search")
    assert (own.name, own.rate, own.address, own.key) == ("nominatim", 10, "http://10.0.0.5/search", "")
    assert provider_of("nominatim://").rate == 1  # what its public server asks for
    assert [kind.datum for kind in PROVIDERS.values()] == ["gcj02", "bd09", "wgs84", "wgs84"]
