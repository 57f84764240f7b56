"""The customer map (F1): who sees which points, filters, popup, nearest list."""

import datetime as dt
import json
import shutil
import subprocess

import pytest
from django.urls import reverse
from django.utils import timezone

from common.geo import Datum, convert
from crm.services import reindex
from tests.factories import CustomerFactory, DictionaryFactory

POINTS = reverse("territory:map_points")


def ids(client, **query):
    answer = client.get(POINTS, query)
    assert answer.status_code == 200
    return set(answer.json()["id"])


@pytest.fixture
def shop(people):
    return CustomerFactory(owner=people.owner, name="蜗牛便利店", level="A")


# --- scope


def test_points_follow_the_data_scope(people, login, shop):
    assert ids(login(people.owner)) == {shop.pk}
    assert ids(login(people.superior)) == {shop.pk}
    assert ids(login(people.outsider)) == set()


@pytest.mark.parametrize("name", ["map", "map_points", "map_nearest"])
def test_without_the_permission_there_is_no_map(people, login, name):
    assert login(people.finance).get(reverse(f"territory:{name}")).status_code == 403


def test_popup_has_facts_and_links_in_the_right_datum(people, login, shop):
    answer = login(people.superior).get(reverse("territory:map_popup", args=[shop.pk]))
    text = answer.content.decode()
    assert "蜗牛便利店" in text
    assert str(people.owner) in text
    lat, lng = convert(shop.latitude, shop.longitude, Datum.WGS84, Datum.GCJ02)
    assert f"{lng:.6f},{lat:.6f}" in text  # AMap
    assert "api.map.baidu.com" in text
    assert "apis.map.qq.com" in text
    assert "maps.apple.com" in text
    assert reverse("visits:check_in", args=[shop.pk]) not in text or people.superior.has_perm(
        "visits.add_visit"
    )
    assert reverse("crm:customer_detail", args=[shop.pk]) in text


def test_popup_of_a_stranger_is_not_found(people, login, shop):
    assert login(people.outsider).get(reverse("territory:map_popup", args=[shop.pk])).status_code == 404


def test_nearest_list_is_scoped_and_sorted(people, login, shop):
    near = CustomerFactory(owner=people.owner, name="近处", latitude=31.9, longitude=117.3)
    strange = CustomerFactory(owner=people.outsider, name="外人的店", latitude=31.9, longitude=117.3)
    query = {"lat": 31.9, "lng": 117.3, "pk": [shop.pk, near.pk, strange.pk]}
    text = login(people.owner).get(reverse("territory:map_nearest"), query).content.decode()
    assert text.index("近处") < text.index("蜗牛便利店")
    assert "外人的店" not in text
    assert "0 m" in text


@pytest.mark.parametrize("query", ["", "lat=x&lng=1", "lat=91&lng=1", "lat=nan&lng=1", "lat=31&lng=117&pk=x"])
def test_nearest_list_refuses_what_it_cannot_read(people, login, query):
    assert login(people.owner).get(reverse("territory:map_nearest") + f"?{query}").status_code == 400


# --- columns and filters


def test_columns_hold_micro_integers_level_and_band(people, login, shop):
    today = timezone.localdate()
    CustomerFactory(
        owner=people.owner, latitude=-33.5, longitude=-70.123456, last_visit_on=today - dt.timedelta(days=9)
    )
    CustomerFactory(owner=people.owner, latitude=None, longitude=None, location_status="none")
    CustomerFactory(owner=people.owner, status="inactive")
    data = login(people.owner).get(POINTS).json()
    assert data["lat"] == [3182060, -3350000]
    assert data["lng"] == [11722900, -7012346]
    assert (data["level"], data["band"]) == ("A-", "31")
    assert data["without"] == 1


def test_filters(people, login, shop):
    channel = DictionaryFactory(kind="channel", name="测试渠道")
    other = CustomerFactory(owner=people.colleague, level="B", channel=channel, name="老街面馆")
    reindex(customer_ids=[other.pk])
    client = login(people.superior)
    assert ids(client) == {shop.pk, other.pk}
    assert ids(client, level="A") == {shop.pk}
    assert ids(client, owner=people.colleague.pk) == {other.pk}
    assert ids(client, channel=channel.pk) == {other.pk}
    assert ids(client, q="面馆") == {other.pk}
    assert client.get(POINTS, {"level": "Z"}).status_code == 400
    assert client.get(POINTS, {"owner": people.outsider.pk}).status_code == 400  # not among his choices


@pytest.mark.parametrize("rows", [1, 3])
def test_points_take_the_same_queries_whatever_their_number(people, login, rows, django_assert_num_queries):
    CustomerFactory.create_batch(rows, owner=people.owner)
    client = login(people.owner)
    with django_assert_num_queries(5):  # session, user, permissions, points, how many have no location
        pass_through = client.get(POINTS)
    assert len(pass_through.json()["id"]) == rows


def test_unchanged_points_answer_not_modified(people, login, shop):
    client = login(people.owner)
    first = client.get(POINTS)
    again = client.get(POINTS, headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304
    shop.level = "B"
    shop.save(update_fields=["level"])
    assert client.get(POINTS, headers={"If-None-Match": first["ETag"]}).status_code == 200


def test_5000_points_stay_small_and_quick(people, login, django_assert_max_num_queries):
    from crm.models import Customer

    today = timezone.localdate()
    Customer.objects.bulk_create(
        Customer(
            code=f"K{n}", name=f"店{n}", owner=people.owner, created_on=today, received_on=today, level="ABC"[n % 3],
            latitude=31.7 + (n * 7919 % 5000) / 20000, longitude=117.1 + (n * 104729 % 5000) / 20000,
            location_status="confirmed",
        )
        for n in range(5000)
    )  # fmt: skip
    answer = login(people.owner).get(POINTS, headers={"Accept-Encoding": "gzip"})
    assert answer["Content-Encoding"] == "gzip"
    assert len(answer.content) < 60_000


def test_the_page_keeps_its_filters(people, login, shop):
    text = (
        login(people.superior)
        .get(reverse("territory:map"), {"level": "A", "band": ["0", "3"]})
        .content.decode()
    )
    assert '<option value="A" selected>' in text
    assert text.count(" checked") == 2


# --- AMap: browser and server shift alike


def test_the_browser_shifts_like_the_server(people, login, settings, tmp_path):
    if not shutil.which("node"):
        pytest.skip("Node is missing")
    outline = login(people.owner).get(reverse("territory:outline")).content.decode()
    # Hefei, Urumqi, Hong Kong; then places that must not move
    places = [
        (31.8206, 117.229), (43.825, 87.6168), (22.3193, 114.1694),
        (25.033, 121.5654), (37.5665, 126.978), (21.0278, 105.8342), (28.6139, 77.209), (43.1155, 131.8855),
    ]  # fmt: skip
    script = tmp_path / "shift.cjs"
    script.write_text(
        "globalThis.window = globalThis;\n" + outline + "\n"
        + (settings.BASE_DIR / "static/common/js/gcj02.js").read_text(encoding="utf-8")
        + f"\nconst c = PaodianGcj02.converter(PAODIAN_OUTLINE.rings);\n"
        f"console.log(JSON.stringify({json.dumps(places)}.map(([a, b]) => [c.toGcj(a, b), c.toWgs(...c.toGcj(a, b))])));",
        encoding="utf-8",
    )  # fmt: skip
    run = subprocess.run(["node", script], capture_output=True, text=True, check=True)
    for place, (shifted, back) in zip(places, json.loads(run.stdout), strict=True):
        assert shifted == pytest.approx(convert(*place, Datum.WGS84, Datum.GCJ02), abs=1e-9)
        assert back == pytest.approx(place, abs=1e-8)
