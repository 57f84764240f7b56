import itertools
import math
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.geo import (
    EARTH_RADIUS_M,
    Datum,
    convert,
    distance_m,
    navigation_links,
    parse_lng_lat,
    uses_shifted_datum,
    valid_coordinates,
)

# (lat, lng), WGS-84. Both banks of the border rivers, islands, and the seas between.
SHIFTED = {
    "Beijing": (39.9120, 116.3778),
    "Hefei": (31.82, 117.23),
    "Shanghai": (31.2304, 121.4737),
    "Chongming": (31.62, 121.40),
    "Zhoushan": (30.0, 122.2),
    "Shengsi": (30.73, 122.45),
    "Dongji island": (30.196, 122.69),
    "Xiamen": (24.48, 118.09),
    "Xiamen east shore": (24.49, 118.192),
    "Dadeng island": (24.56, 118.33),
    "Pingtan": (25.50, 119.79),
    "Shenzhen Luohu": (22.533, 114.113),
    "Shekou": (22.48, 113.91),
    "Zhuhai": (22.27, 113.58),
    "Zhuhai Gongbei": (22.222, 113.55),
    "Hong Kong": (22.32, 114.17),
    "Macau": (22.19, 113.54),
    "Haikou": (20.04, 110.32),
    "Sanya": (18.25, 109.51),
    "Weizhou island": (21.04, 109.11),
    "Dongxing": (21.545, 107.97),
    "Pingxiang": (22.10, 106.75),
    "Hekou": (22.53, 103.94),
    "Hekou port": (22.508, 103.957),
    "Mohan": (21.19, 101.69),
    "Ruili": (24.01, 97.85),
    "Zhangmu": (27.99, 85.98),
    "Tashkurgan": (37.77, 75.23),
    "Kashgar": (39.47, 75.99),
    "Khorgos": (44.21, 80.42),
    "Alashankou": (45.17, 82.57),
    "Erenhot": (43.65, 111.97),
    "Manzhouli": (49.59, 117.43),
    "Beiji village": (53.49, 122.34),
    "Heihe": (50.245, 127.50),
    "Fuyuan": (48.36, 134.29),
    "Suifenhe": (44.40, 131.16),
    "Hunchun": (42.862, 130.366),
    "Fangchuan": (42.435, 130.605),
    "Tumen": (42.967, 129.843),
    "Changbai": (41.42, 128.20),
    "Ji'an": (41.125, 126.19),
    "Dandong": (40.129, 124.394),
    "Dandong bridge": (40.1165, 124.389),
    "Dalian": (38.91, 121.60),
    "Changdao": (37.92, 120.74),
}
NOT_SHIFTED = {
    "Taipei": (25.04, 121.56),
    "Kaohsiung": (22.63, 120.30),
    "Hualien": (23.98, 121.60),
    "Penghu": (23.57, 119.58),
    "Kinmen": (24.43, 118.32),
    "Little Kinmen": (24.43, 118.24),
    "Matsu": (26.15, 119.93),
    "Seoul": (37.57, 126.98),
    "Jeju": (33.50, 126.50),
    "Pyongyang": (39.03, 125.75),
    "Sinuiju": (40.10, 124.40),
    "Namyang": (42.95, 129.86),
    "Manpo": (41.155, 126.29),
    "Hyesan": (41.395, 128.175),
    "Vladivostok": (43.12, 131.89),
    "Khasan": (42.43, 130.645),
    "Khabarovsk": (48.48, 135.08),
    "Blagoveshchensk": (50.275, 127.54),
    "Zabaikalsk": (49.65, 117.33),
    "Ulaanbaatar": (47.90, 106.90),
    "Zamyn-Uud": (43.73, 111.90),
    "Almaty": (43.24, 76.90),
    "Islamabad": (33.70, 73.05),
    "Delhi": (28.61, 77.21),
    "Kathmandu": (27.70, 85.30),
    "Thimphu": (27.47, 89.64),
    "Gangtok": (27.33, 88.61),
    "Dhaka": (23.80, 90.40),
    "Yangon": (16.80, 96.15),
    "Muse": (23.985, 97.90),
    "Boten": (21.165, 101.68),
    "Bangkok": (13.76, 100.50),
    "Vientiane": (17.97, 102.60),
    "Hanoi": (21.03, 105.85),
    "Haiphong": (20.86, 106.68),
    "Lang Son": (21.85, 106.76),
    "Lao Cai": (22.485, 103.97),
    "Mong Cai": (21.525, 107.965),
    "Manila": (14.60, 120.98),
    "Fukuoka": (33.59, 130.40),
    "London": (51.50, -0.12),
}
PAIRS = list(itertools.permutations(Datum, 2))


# --- distance ---------------------------------------------------------------------------------------
def test_distance_of_known_arcs():
    degree = EARTH_RADIUS_M * math.pi / 180
    assert distance_m(0, 0, 1, 0) == pytest.approx(degree)
    assert distance_m(0, 0, 0, 1) == pytest.approx(degree)
    assert distance_m(60, 10, 60, 11) == pytest.approx(degree / 2, rel=1e-4)
    assert distance_m(31.82, 117.23, 31.82, 117.23) == 0
    assert distance_m(0, 179.9, 0, -179.9) == pytest.approx(degree * 0.2)  # across the date line
    assert distance_m(90, 0, -90, 0) == pytest.approx(math.pi * EARTH_RADIUS_M)


def test_distance_beijing_to_shanghai():
    assert distance_m(39.9042, 116.4074, 31.2304, 121.4737) == pytest.approx(1_067_000, rel=0.002)


def test_distance_keeps_centimetres_within_a_shop():
    step = 0.01 / (EARTH_RADIUS_M * math.pi / 180)
    assert distance_m(31.82, 117.23, 31.82 + step, 117.23) == pytest.approx(0.01, rel=1e-4)


@given(st.floats(-90, 90), st.floats(-180, 180), st.floats(-90, 90), st.floats(-180, 180))
def test_distance_is_symmetric_and_at_most_half_the_globe(lat1, lng1, lat2, lng2):
    there, back = distance_m(lat1, lng1, lat2, lng2), distance_m(lat2, lng2, lat1, lng1)
    assert there == pytest.approx(back, abs=1e-6)
    assert 0 <= there <= math.pi * EARTH_RADIUS_M + 1e-6


# --- datums -----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("wgs", "gcj"),
    [
        # googollee/eviltransform, go/transform_test.go
        ((31.1774276, 121.5272106), (31.17530398364597, 121.531541859215)),
        ((22.543847, 113.912316), (22.540796131694766, 113.9171764808363)),
        ((39.911954, 116.377817), (39.91334545536069, 116.38404722455657)),
    ],
)
def test_published_gcj02_vectors(wgs, gcj):
    assert convert(*wgs, Datum.WGS84, Datum.GCJ02) == pytest.approx(gcj, abs=1e-9)
    assert distance_m(*convert(*gcj, Datum.GCJ02, Datum.WGS84), *wgs) < 0.001


def test_the_example_of_amaps_own_conversion_service():
    ours = convert(39.990475, 116.481499, "wgs84", "gcj02")
    assert distance_m(*ours, 39.991754014757, 116.487585177952) < 0.5


def test_beijing_railway_station_in_three_datums():
    # CRAN package geoChina, ?conv; its figures are rounded to five places, 1.1 m.
    wgs, gcj, bd = (39.90105, 116.42079), (39.90245, 116.42703), (39.90851, 116.43351)
    for (a, source), (b, target) in itertools.permutations(zip((wgs, gcj, bd), Datum, strict=True), 2):
        assert distance_m(*convert(*a, source, target), *b) < 2.5


@pytest.mark.parametrize("place", SHIFTED)
@pytest.mark.parametrize("target", [Datum.GCJ02, Datum.BD09])
def test_places_on_chinese_maps_are_shifted(place, target):
    lat, lng = SHIFTED[place]
    assert uses_shifted_datum(lat, lng)
    moved = convert(lat, lng, Datum.WGS84, target)
    assert 50 < distance_m(lat, lng, *moved) < 2000
    assert distance_m(*convert(*moved, target, Datum.WGS84), lat, lng) < 0.5


@pytest.mark.parametrize("place", NOT_SHIFTED)
@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_neighbouring_places_are_never_shifted(place, source, target):
    assert convert(*NOT_SHIFTED[place], source, target) == NOT_SHIFTED[place]


inland = st.tuples(st.floats(27, 39), st.floats(104, 116))


@given(inland, st.sampled_from(PAIRS))
def test_forth_and_back_is_within_half_a_metre(point, datums):
    source, target = datums
    there = convert(*point, source, target)
    assert distance_m(*there, *point) > 50
    assert distance_m(*convert(*there, target, source), *point) < 0.01


@given(inland)
def test_going_round_all_datums_comes_home(point):
    gcj = convert(*point, Datum.WGS84, Datum.GCJ02)
    bd = convert(*gcj, Datum.GCJ02, Datum.BD09)
    assert bd == pytest.approx(convert(*point, Datum.WGS84, Datum.BD09), abs=1e-8)
    assert distance_m(*convert(*bd, Datum.BD09, Datum.WGS84), *point) < 0.01


@given(st.floats(-90, 90), st.floats(-180, 180), st.sampled_from(Datum))
def test_a_conversion_never_moves_further_than_the_shift(lat, lng, target):
    assert distance_m(*convert(lat, lng, Datum.WGS84, target), lat, lng) < 3000


@given(st.floats(-90, 90), st.floats(-180, 180), st.sampled_from(Datum))
def test_the_same_datum_is_untouched(lat, lng, datum):
    assert convert(lat, lng, datum, datum) == (lat, lng)


def test_an_unknown_datum_is_refused():
    with pytest.raises(ValueError, match="cgcs"):
        convert(31, 117, "cgcs2000", "wgs84")


# --- reading ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("lat", "lng", "good"),
    [
        (31.82, 117.23, True),
        (-90, 180, True),
        (0, 117, True),
        (0, 0, False),
        (91, 117, False),
        (31, 180.5, False),
        (117.23, 31.82, False),
        (math.nan, 117, False),
        (31, math.inf, False),
        (None, 117, False),
        (31, None, False),
    ],
)
def test_valid_coordinates(lat, lng, good):
    assert valid_coordinates(lat, lng) is good


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("121.45,31.2", (31.2, 121.45)),
        (" 121.45 , 31.2 ", (31.2, 121.45)),
        ("121.45，31.2", (31.2, 121.45)),
        ("１２１.４５,３１.２", (31.2, 121.45)),
        ("121.45 31.2", (31.2, 121.45)),
        ("(121.45, 31.2)", (31.2, 121.45)),
        ("[121.45,31.2]", (31.2, 121.45)),
        ("31.2,121.45", (31.2, 121.45)),
        ("-0.12,51.5", (51.5, -0.12)),
        ("0,0", None),
        ("121.45", None),
        ("121.45,31.2,5", None),
        ("121.45,231.2", None),
        ("abc,def", None),
        ("1e2,30", None),
        ("", None),
    ],
)
def test_parse_lng_lat(cell, expected):
    assert parse_lng_lat(cell) == expected


# --- links ------------------------------------------------------------------------------------------
def _links(lat, lng, name):
    return dict(navigation_links(lat, lng, name))


def _query(address):
    return {key: values[0] for key, values in parse_qs(urlsplit(address).query).items()}


def test_every_provider_gets_its_own_datum():
    lat, lng = 31.82, 117.23
    gcj_lat, gcj_lng = convert(lat, lng, Datum.WGS84, Datum.GCJ02)
    links = _links(lat, lng, "蜗牛烘焙")
    assert list(links) == ["amap", "baidu", "tencent", "apple", "geo"]
    lat_lng, lng_lat = f"{gcj_lat:.6f},{gcj_lng:.6f}", f"{gcj_lng:.6f},{gcj_lat:.6f}"
    assert _query(links["amap"])["to"] == f"{lng_lat},蜗牛烘焙"
    assert _query(links["baidu"])["destination"] == f"name:蜗牛烘焙|latlng:{lat_lng}"
    assert _query(links["baidu"])["coord_type"] == "gcj02"
    assert (_query(links["tencent"])["tocoord"], _query(links["tencent"])["coord_type"]) == (lat_lng, "2")
    assert _query(links["apple"])["daddr"] == lat_lng
    assert unquote(links["geo"]) == "geo:31.820000,117.230000?q=31.820000,117.230000(蜗牛烘焙)"


def test_links_abroad_are_not_shifted():
    for address in _links(37.57, 126.98, "x").values():
        assert "37.570000" in address
        assert "126.980000" in address


def test_a_name_cannot_break_out_of_a_link():
    links = _links(31.82, 117.23, "老王,超市|&to=0,0 (1店)\n#\"'<b>%")
    for code, address in links.items():
        assert not set(address) & set("<>\"' \n#|"), code
        assert address.count("&to=") <= (1 if code == "tencent" else 0), code
    assert _query(links["amap"])["to"].count(",") == 2
    assert _query(links["baidu"])["destination"].count("|") == 1
