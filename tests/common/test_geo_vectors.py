"""Datums against what others publish, and over the whole country (domain-rules §9). See also test_geo.py."""

import itertools
import json
import random
import subprocess
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from common.geo import Datum, convert, distance_m, uses_shifted_datum
from common.geo.outline import BOX_EAST, BOX_NORTH, BOX_SOUTH, BOX_WEST

PAIRS = list(itertools.permutations(Datum, 2))
VECTORS = json.loads(Path(__file__).with_name("data").joinpath("prcoords_vectors.json").read_text("utf-8"))

# Examples of the providers' own conversion services and of well-known converters: (lat, lng) in, (lat, lng) out, and
# how far apart they may be in metres: AMap's and Baidu's services add noise of their own, others print few digits.
PUBLISHED = [
    # googollee/eviltransform, go/transform_test.go (figures also in its PHP, Java and Swift tests)
    ("wgs84", "gcj02", (31.1774276, 121.5272106), (31.17530398364597, 121.531541859215), 0.001),
    ("wgs84", "gcj02", (22.543847, 113.912316), (22.540796131694766, 113.9171764808363), 0.001),
    ("wgs84", "gcj02", (39.911954, 116.377817), (39.91334545536069, 116.38404722455657), 0.001),
    # wandergis/coordtransform, test/app.js
    ("wgs84", "gcj02", (39.915, 116.404), (39.91640428150164, 116.41024449916938), 0.02),
    ("gcj02", "bd09", (39.915, 116.404), (39.92133699351021, 116.41036949371029), 0.02),
    ("bd09", "gcj02", (39.915, 116.404), (39.90865673957631, 116.39762729119315), 0.5),
    # AMap web service, coordinate conversion, the example of its document
    ("wgs84", "gcj02", (39.990475, 116.481499), (39.991754014757, 116.487585177952), 0.5),
    # Alibaba Cloud, TransferCoord, the example of its document; its way back to WGS-84 is a single step, good to 2 m
    ("gcj02", "bd09", (30.279164, 120.026268), (30.285238, 120.032768), 0.2),
    ("gcj02", "wgs84", (30.279164, 120.026268), (30.281543, 120.021519), 2.0),
]


@pytest.mark.parametrize(("source", "target", "given_place", "published", "metres"), PUBLISHED)
def test_published_examples(source, target, given_place, published, metres):
    assert distance_m(*convert(*given_place, source, target), *published) < metres


def test_300_places_agree_with_prcoords_to_a_few_centimetres():
    for lat, lng, gcj_lat, gcj_lng, bd_lat, bd_lng in VECTORS["places"]:
        assert distance_m(*convert(lat, lng, "wgs84", "gcj02"), gcj_lat, gcj_lng) < 0.05
        assert distance_m(*convert(lat, lng, "wgs84", "bd09"), bd_lat, bd_lng) < 0.05
        assert distance_m(*convert(gcj_lat, gcj_lng, "gcj02", "wgs84"), lat, lng) < 0.05
        assert distance_m(*convert(bd_lat, bd_lng, "bd09", "wgs84"), lat, lng) < 0.05


# --- everywhere in the mainland
anywhere = st.tuples(st.floats(BOX_SOUTH, BOX_NORTH), st.floats(BOX_WEST, BOX_EAST))


@given(anywhere, st.sampled_from(PAIRS))
def test_round_trips_in_the_mainland_stay_within_half_a_metre(place, datums):
    """A shifted place comes home from every datum over every other. Within some 3 km of the outline a pair may belong
    to a shifted and to an unshifted place; there the nearer one may be meant, so those are left out."""
    assume(all(uses_shifted_datum(place[0] + d, place[1] + e) for d in (-0.03, 0.03) for e in (-0.03, 0.03)))
    source, target = datums
    here = convert(*place, Datum.WGS84, source)
    there = convert(*here, source, target)
    assert distance_m(*convert(*there, target, source), *here) < 0.5
    assert distance_m(*convert(*there, target, Datum.WGS84), *place) < 0.5


# --- nowhere else
# (south, north, west, east): boxes that hold no place of the mainland, Hong Kong or Macau.
FOREIGN = {
    "Taiwan, south": (21.9, 24.0, 120.05, 122.0),
    "Taiwan, north": (24.0, 25.3, 120.7, 122.0),
    "Korea, south": (34.0, 38.5, 126.0, 129.6),
    "Korea, west": (37.6, 39.3, 125.0, 127.5),
    "Japan, south": (31.0, 41.5, 130.9, 142.2),
    "Japan, Hokkaido": (41.5, 45.5, 139.5, 145.8),
    "Vietnam, Red River": (20.2, 21.4, 105.0, 106.5),
    "Vietnam, south": (8.5, 17.5, 104.6, 109.4),
    "Thailand": (6.0, 20.0, 97.6, 105.5),
    "Myanmar": (16.0, 21.0, 94.3, 98.5),
    "Bangladesh": (21.0, 26.0, 88.6, 92.0),
    "India, plains": (20.0, 27.0, 73.0, 88.0),
    "India, south": (8.0, 20.0, 73.0, 87.0),
    "Pakistan": (24.5, 34.0, 67.0, 73.5),
    "Kazakhstan": (45.5, 55.0, 50.0, 79.5),
    "Mongolia": (46.8, 49.3, 98.0, 114.0),
    "Russia, Vladivostok": (42.9, 43.4, 131.6, 135.0),
    "Russia, Baikal": (52.0, 56.0, 100.0, 115.0),
    "Philippines": (5.0, 18.6, 119.6, 126.6),
    "Malaysia": (1.0, 7.0, 99.6, 119.3),
}
foreign = st.sampled_from(sorted(FOREIGN)).flatmap(
    lambda name: st.tuples(st.floats(*FOREIGN[name][:2]), st.floats(*FOREIGN[name][2:]))
)


@given(foreign, st.sampled_from(PAIRS))
def test_no_place_abroad_is_ever_shifted(place, datums):
    assert convert(*place, *datums) == place


@given(st.floats(22.28, 22.45), st.floats(114.0, 114.22), st.sampled_from([Datum.GCJ02, Datum.BD09]))
def test_hong_kong_is_shifted_as_the_providers_say(lat, lng, target):
    """common.geo.outline names the documents: AMap, Tencent and Baidu draw Hong Kong and Macau shifted."""
    assert distance_m(*convert(lat, lng, Datum.WGS84, target), lat, lng) > 100


@given(st.floats(22.12, 22.21), st.floats(113.535, 113.585), st.sampled_from([Datum.GCJ02, Datum.BD09]))
def test_macau_is_shifted_as_the_providers_say(lat, lng, target):
    assert distance_m(*convert(lat, lng, Datum.WGS84, target), lat, lng) > 100


# --- the browser
def test_the_browser_converts_like_the_server_at_thousands_of_places(settings, tmp_path):
    """Over the whole box: inside and outside of the outline, along borders and coasts, both ways."""
    rng = random.Random(9)
    places = [(rng.uniform(15, 55), rng.uniform(72, 137)) for _ in range(3000)]
    places += [tuple(row[:2]) for row in VECTORS["places"]]
    outline = json.loads((settings.BASE_DIR / "common/geo/mainland_outline.json").read_text("utf-8"))
    for ring in outline["rings"]:  # on both sides of the outline itself, where the two could differ
        corners = list(zip(ring[1::2], ring[0::2], strict=True))[:: max(1, len(ring) // 600)]
        places += [
            (y / 1000 + rng.uniform(-0.01, 0.01), x / 1000 + rng.uniform(-0.01, 0.01)) for y, x in corners
        ]
    assert len(places) > 3500
    given_file = tmp_path / "given.json"
    given_file.write_text(json.dumps({"rings": outline["rings"], "places": places}))
    script = tmp_path / "shift.cjs"
    script.write_text(
        (settings.BASE_DIR / "static/common/js/gcj02.js").read_text("utf-8")
        + f"const {{rings, places}} = JSON.parse(require('fs').readFileSync({json.dumps(str(given_file))}));\n"
        "const c = globalThis.PaodianGcj02.converter(rings);\n"
        "console.log(JSON.stringify(places.map(([a, b]) => [c.toGcj(a, b), c.toWgs(a, b)])));",
        encoding="utf-8",
    )
    run = subprocess.run(["node", str(script)], capture_output=True, text=True, check=True)
    answers = json.loads(run.stdout)
    moved = 0
    for place, (shifted, back) in zip(places, answers, strict=True):
        assert shifted == pytest.approx(convert(*place, Datum.WGS84, Datum.GCJ02), abs=1e-9)
        assert back == pytest.approx(convert(*place, Datum.GCJ02, Datum.WGS84), abs=1e-9)
        moved += tuple(shifted) != place
    assert 1000 < moved < 3000
