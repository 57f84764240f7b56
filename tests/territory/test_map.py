"""The customer map (F1): who sees which points, filters, popup, nearest list."""

import datetime as dt
import json
import shutil
import subprocess

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone

from alerts.models import Alert
from common.geo import Datum, convert, distance_m
from crm.models import Customer
from crm.services import reindex
from territory.queries import nearest
from tests.factories import CustomerFactory, DictionaryFactory

CELLS = reverse("territory:map_cells")


def ids(client, **query):
    answer = client.get(CELLS, query)
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


@pytest.mark.parametrize("name", ["map", "map_cells", "map_nearest", "map_without", "map_selection"])
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
    assert "geo:31.820600,117.229000" in text
    assert reverse("visits:check_in", args=[shop.pk]) not in text or people.superior.has_perm(
        "visits.add_visit"
    )
    assert reverse("crm:customer_detail", args=[shop.pk]) in text


def test_popup_of_a_stranger_is_not_found(people, login, shop):
    assert login(people.outsider).get(reverse("territory:map_popup", args=[shop.pk])).status_code == 404


def test_nearest_list_is_scoped_sorted_and_filtered(people, login, shop):
    near = CustomerFactory(owner=people.owner, name="近处", level="B", latitude=31.9, longitude=117.3)
    CustomerFactory(owner=people.outsider, name="外人的店", latitude=31.9, longitude=117.3)
    CustomerFactory(owner=people.owner, name="停业的店", status="inactive", latitude=31.9, longitude=117.3)
    CustomerFactory(owner=people.owner, name="没有位置的店", latitude=None, longitude=None)
    place = {"lat": 31.9, "lng": 117.3}
    text = login(people.owner).get(reverse("territory:map_nearest"), place).content.decode()
    assert text.index("近处") < text.index("蜗牛便利店")
    assert f'data-customer="{near.pk}" data-lat="31.900000"' in text
    assert "0 m" in text
    assert not {"外人的店", "停业的店", "没有位置的店"} & set(text.replace("</b>", "<b>").split("<b>"))
    text = login(people.owner).get(reverse("territory:map_nearest"), place | {"level": "A"}).content.decode()
    assert "近处" not in text
    assert "蜗牛便利店" in text


def test_the_nearest_are_found_in_growing_squares(people, django_assert_max_num_queries):
    """Against measuring all, from far away and from close by."""
    shops = [
        CustomerFactory(owner=people.owner, latitude=31.8 + n * n * 0.002, longitude=117.2 - n * 0.013)
        for n in range(14)
    ]
    for lat, lng in ((31.8, 117.2), (31.95, 117.0), (30.5, 115.0)):
        truth = sorted(distance_m(lat, lng, shop.latitude, shop.longitude) for shop in shops)[:5]
        with django_assert_max_num_queries(5):
            found = nearest(Customer.objects.all(), lat, lng, 5)
        assert [metres for _shop, metres in found] == pytest.approx(truth)


@pytest.mark.parametrize(
    "query", ["", "lat=x&lng=1", "lat=91&lng=1", "lat=nan&lng=1", "lat=31.8&lng=117.2&level=Z"]
)
def test_nearest_list_refuses_what_it_cannot_read(people, login, query):
    assert login(people.owner).get(reverse("territory:map_nearest") + f"?{query}").status_code == 400


# --- columns and filters


def test_columns_hold_micro_integers_and_classes(people, login, shop):
    today = timezone.localdate()
    far = CustomerFactory(
        owner=people.owner, latitude=-33.5, longitude=-70.123456, last_visit_on=today - dt.timedelta(days=9)
    )
    CustomerFactory(owner=people.owner, latitude=None, longitude=None, location_status="none")
    CustomerFactory(owner=people.owner, status="inactive")
    data = login(people.owner).get(CELLS, {"by": "level"}).json()
    assert (data["kind"], data["whole"], data["id"]) == ("points", True, [shop.pk, far.pk])
    assert data["lat"] == [3182060, -3350000]
    assert data["lng"] == [11722900, -7012346]
    assert data["c"] == "03"
    assert [(row[0], row[3]) for row in data["legend"]] == [("A", 1), ("B", 0), ("C", 0), ("–", 1)]
    assert login(people.owner).get(CELLS, {"by": "visit"}).json()["c"] == "31"
    part = login(people.owner).get(CELLS, {"by": "level", "box": "31,117,32,118", "zoom": 9}).json()
    assert (part["id"], part["whole"]) == ([shop.pk], False)


def test_colours_by_alert_owner_and_amount(people, login, shop):
    other = CustomerFactory(owner=people.colleague, latitude=31.9, longitude=117.3)
    Alert.objects.create(
        customer=other, kind="unvisited", owner=people.colleague, base_on=timezone.localdate(), period_days=7,
        due_on=timezone.localdate(), opened_on=timezone.localdate(),
    )  # fmt: skip
    client = login(people.superior)
    assert client.get(CELLS, {"by": "alert"}).json()["c"] == "10"
    owners = client.get(CELLS, {"by": "owner"}).json()
    assert {row[1]: row[3] for row in owners["legend"]}[str(people.owner)] == 1
    assert len(set(owners["c"])) == 2
    assert client.get(CELLS, {"by": "amount"}).json()["c"] == "00"
    assert client.get(CELLS, {"by": "none"}).json()["c"] == "00"


def test_whoever_may_not_see_alerts_does_not_see_them_in_colours(people, login, shop):
    people.owner.role.permissions.remove(Permission.objects.get(codename="view_alert"))
    answer = login(people.owner).get(CELLS, {"by": "alert"})
    assert answer.status_code == 400
    assert 'value="alert"' not in login(people.owner).get(reverse("territory:map")).content.decode()


def test_filters_are_those_of_the_list(people, login, shop):
    channel = DictionaryFactory(kind="channel", name="测试渠道")
    other = CustomerFactory(
        owner=people.colleague, level="B", channel=channel, name="老街面馆", latitude=31.9
    )
    reindex(customer_ids=[other.pk])
    closed = CustomerFactory(owner=people.owner, status="inactive")
    client = login(people.superior)
    assert ids(client) == {shop.pk, other.pk}
    assert ids(client, level="A") == {shop.pk}
    assert ids(client, level=["A", "B"]) == {shop.pk, other.pk}
    assert ids(client, owner=people.colleague.pk) == {other.pk}
    assert ids(client, channel=channel.pk) == {other.pk}
    assert ids(client, q="面馆") == {other.pk}
    assert ids(client, gap="visit", traded="never") == {shop.pk, other.pk}
    assert ids(client, status="inactive") == {closed.pk}
    assert ids(client, within="31.8,117.2;31.8,117.25;31.85,117.2;31.85,117.25") == {shop.pk}
    for nonsense in (
        {"level": "Z"}, {"owner": people.outsider.pk}, {"within": "31.8,117.2;31.9,117.2"}, {"within": "x"},
        {"box": "1,2,3"}, {"box": "32,117,31,118"}, {"box": "nan,1,2,3"}, {"by": "mood"}, {"zoom": "99"}, {"width": "0"},
    ):  # fmt: skip
        assert client.get(CELLS, nonsense).status_code == 400, nonsense


@pytest.mark.parametrize("rows", [1, 3])
def test_points_take_the_same_queries_whatever_their_number(people, login, rows, django_assert_num_queries):
    CustomerFactory.create_batch(rows, owner=people.owner)
    client = login(people.owner)
    with django_assert_num_queries(
        7
    ):  # session, user, permissions, choices of filters, custom fields, state of sums, points
        pass_through = client.get(CELLS)
    assert len(pass_through.json()["id"]) == rows


def test_unchanged_points_answer_not_modified(people, login, shop):
    client = login(people.owner)
    first = client.get(CELLS, {"by": "level"})
    again = client.get(CELLS, {"by": "level"}, headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304
    shop.level = "B"
    shop.save(update_fields=["level"])
    assert client.get(CELLS, {"by": "level"}, headers={"If-None-Match": first["ETag"]}).status_code == 200


def test_the_page_keeps_filters_and_colour(people, login, shop):
    query = {"level": "A", "by": "owner", "visit_gap": "30", "within": "31,117;32,117;32,118"}
    text = login(people.superior).get(reverse("territory:map"), query).content.decode()
    assert '<option value="owner" selected>' in text
    assert 'name="visit_gap" value="30"' in text
    assert 'value="31,117;32,117;32,118"' in text
    assert '<option value="active" selected>' in text


def test_customers_without_location_are_counted(people, login, shop):
    for level in "AB":
        CustomerFactory(owner=people.owner, level=level, latitude=None, longitude=None)
    CustomerFactory(owner=people.outsider, latitude=None, longitude=None)
    answer = login(people.owner).get(reverse("territory:map_without"), {"level": "A"}).json()
    assert answer["count"] == 1
    page = login(people.owner).get(reverse("crm:customer_list") + "?" + answer["query"])
    assert len(page.context["page"].object_list) == 1


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
