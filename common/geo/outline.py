"""Where Chinese maps are shifted: an outline, because the usual box also holds Seoul, Hanoi and Delhi.

`mainland_outline.json` is Natural Earth 4.1.0 (public domain), 1:10,000,000, simplified to about 2,400 points. It
covers the mainland, **Hong Kong and Macau**, with a margin of some 30 km over the sea, and leaves out Taiwan with
Kinmen and Matsu and all neighbours. Along land borders it is good to about a kilometre; the towns on both banks of
the border rivers were checked one by one (tests/common/test_geo.py holds the list).

Hong Kong and Macau are inside because the providers say so: Tencent Location Service, "坐标系 FAQ" (lbs.qq.com/faq/
latlngFaq: mainland, Hong Kong and Macau answer in GCJ-02, Taiwan and abroad in WGS-84); AMap Location SDK,
"坐标转换与位置判断" (isAMapDataAvailable is true for the mainland, Hong Kong and Macau, in AMap's datum); Baidu Map
SDK, "坐标转换" (BD-09 in China including Hong Kong and Macau, WGS-84 abroad). Baidu counts Taiwan in as well; our rule
keeps Taiwan unshifted for every provider.
"""

import json
from functools import cache
from math import floor
from pathlib import Path

_Edges = list[tuple[float, float, float, float]]

# The tightest box round the outline: most foreign points end here without touching an edge.
BOX_SOUTH, BOX_WEST, BOX_NORTH, BOX_EAST = 15.0, 73.0, 54.5, 136.0
_BANDS_PER_DEGREE = 4


@cache
def _bands() -> dict[int, _Edges]:
    """Edges (y1, y2, x1, slope) by band of a quarter degree of latitude, so that one look-up meets about 50."""
    document = json.loads(Path(__file__).with_name("mainland_outline.json").read_text(encoding="utf-8"))
    bands: dict[int, _Edges] = {}
    for flat in document["rings"]:
        points = [(flat[i] / 1000, flat[i + 1] / 1000) for i in range(0, len(flat), 2)]
        for (x1, y1), (x2, y2) in zip(points, points[1:] + points[:1], strict=True):
            if y1 == y2:
                continue
            edge = (min(y1, y2), max(y1, y2), x1 if y1 < y2 else x2, (x2 - x1) / (y2 - y1))
            for band in range(floor(edge[0] * _BANDS_PER_DEGREE), floor(edge[1] * _BANDS_PER_DEGREE) + 1):
                bands.setdefault(band, []).append(edge)
    return bands


def uses_shifted_datum(lat: float, lng: float) -> bool:
    """Whether maps of this place (WGS-84, degrees) are drawn in GCJ-02 or BD-09 (domain-rules §9)."""
    if not (BOX_SOUTH <= lat <= BOX_NORTH and BOX_WEST <= lng <= BOX_EAST):
        return False
    inside = False
    for low, high, x_low, slope in _bands().get(floor(lat * _BANDS_PER_DEGREE), ()):
        if low <= lat < high and lng < x_low + (lat - low) * slope:
            inside = not inside
    return inside
