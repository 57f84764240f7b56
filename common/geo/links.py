"""Links that open a shop in the map application of the rep's choice."""

from urllib.parse import quote, urlencode

from common.geo.datum import Datum, convert

_SOURCE = "paodian"
_FIELD_ENDS = str.maketrans(",|()", "    ")


def navigation_links(lat: float, lng: float, name: str) -> list[tuple[str, str]]:
    """(provider code, address) pairs for navigating to a WGS-84 point; the caller names the providers.

    Every address carries the datum its provider expects: AMap and Apple take GCJ-02 in China and cannot be told
    otherwise, Tencent is told its own (coord_type=2, GCJ-02), Baidu is told gcj02, geo: is WGS-84 by RFC 5870.
    Coordinates have six decimals (0.1 m). Signs that would end a provider's field (comma, bar, bracket) become
    spaces in the name.
    """
    gcj_lat, gcj_lng = convert(lat, lng, Datum.WGS84, Datum.GCJ02)
    place = " ".join(name.translate(_FIELD_ENDS).split())
    plain, shifted = f"{lat:.6f},{lng:.6f}", f"{gcj_lat:.6f},{gcj_lng:.6f}"
    amap = {"to": f"{gcj_lng:.6f},{gcj_lat:.6f},{place}", "mode": "car", "src": _SOURCE, "callnative": "1"}
    baidu = {
        "origin": "我的位置",  # Baidu's page refuses a route without a start; this name is where the phone is
        "destination": f"name:{place}|latlng:{shifted}",
        "mode": "driving",
        "coord_type": "gcj02",
        "output": "html",
        "src": f"webapp.{_SOURCE}.{_SOURCE}",
    }
    tencent = {"type": "drive", "to": place, "tocoord": shifted, "coord_type": "2", "referer": _SOURCE}
    apple = {"daddr": shifted, "q": place, "dirflg": "d"}
    return [
        ("amap", f"https://uri.amap.com/navigation?{_query(amap)}"),
        ("baidu", f"https://api.map.baidu.com/direction?{_query(baidu)}"),
        ("tencent", f"https://apis.map.qq.com/uri/v1/routeplan?{_query(tencent)}"),
        ("apple", f"https://maps.apple.com/?{_query(apple)}"),
        ("geo", f"geo:{plain}?q={quote(f'{plain}({place})', safe=',()')}"),
    ]


def _query(parameters: dict[str, str]) -> str:
    return urlencode(parameters, quote_via=quote, safe=",:")
