"""Customers without a sure location (F1): who sees which, why, pins, decisions in bulk, look-ups from the page."""

import pytest
from django.urls import reverse

from crm.enums import BulkState
from crm.models import BulkJob, Customer, GeocodeJob
from crm.services import bulk, geocoding
from crm.tasks.geocoding import run_geocode_job
from tests.crm.geocoder_server import GeocoderServer
from tests.crm.test_geocoding_jobs import GCJ, found, lost, reply
from tests.crm.test_geocoding_rules import amap_row
from tests.factories import CustomerFactory, VisitFactory

PAGE = reverse("territory:unlocated")
HERE = {"latitude": 31.82, "longitude": 117.23, "location_status": "to_confirm"}


def pin_url(customer):
    return reverse("territory:unlocated_pin", args=[customer.pk])


@pytest.fixture
def look_up(people, settings, monkeypatch):
    """A finished look-up of four addresses of `owner`: {outcome: customer}."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    addresses = {"found": "望江西路1号", "ambiguous": "两处", "nothing": "无此路3号", "refused": "坏"}
    made = {
        outcome: lost(people.owner, address, name=f"店{outcome}") for outcome, address in addresses.items()
    }
    with GeocoderServer(reply) as server:
        settings.GEOCODER_URL = f"amap://KEY?rate=1000&address={server.address}"
        job = geocoding.start(actor=people.superior, customers=Customer.objects.all())
        geocoding.run_slice(job.pk)
    return made


# --- the list


def test_everyone_sees_his_own_with_the_reason(people, login, look_up):
    lost(people.owner, "", name="没地址的店")
    new = lost(people.owner, "长江路8号", name="没查过的店")
    at_shop = CustomerFactory(owner=people.owner, name="打卡的店", **HERE)
    VisitFactory(customer=at_shop, check_in_lat=31.82, check_in_lng=117.23, check_in_accuracy_m=20)
    CustomerFactory(owner=people.owner, name="由人标的店", **HERE)
    CustomerFactory(owner=people.owner, name="确认的店")
    lost(people.outsider, name="别人的店")
    text = login(people.superior).get(PAGE).content.decode()
    for words in (
        "无地址", "地址未查询", "地址查不到", "多个或不精确", "INVALID_PARAMS",
        "待确认：由高德地图查到", "门牌号", "待确认：来自首次打卡", "待确认：手工或导入",
    ):  # fmt: skip
        assert words in text, words
    assert "确认的店" not in text
    assert "别人的店" not in text
    assert text.count("data-candidate") == 2
    only = login(people.owner).get(PAGE, {"gap": "not_asked"})
    assert [row.customer for row in only.context["rows"]] == [new]
    assert dict(only.context["gaps"])["not_asked"] == 1
    assert login(people.outsider).get(PAGE, {"q": "打卡"}).context["rows"] == []
    assert login(people.finance).get(PAGE).status_code == (
        200 if people.finance.has_perm("crm.view_customer") else 403
    )


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_takes_the_same_queries_whatever_its_length(
    people, login, look_up, rows, django_assert_max_num_queries
):
    for _ in range(rows):
        CustomerFactory(owner=people.owner, **HERE)
    client = login(people.superior)
    client.get(PAGE)
    with django_assert_max_num_queries(12):
        client.get(PAGE)


# --- pins


def test_a_pin_of_a_manager_is_confirmed_one_of_a_rep_is_not(people, login, look_up):
    gone = look_up["nothing"]
    answer = login(people.owner).post(pin_url(gone), {"lat": "31.800001", "lng": "117.200001"})
    assert answer.json()["status"] == "to_confirm"
    answer = login(people.superior).post(pin_url(gone), {"lat": "31.8", "lng": "117.2"})
    gone.refresh_from_db()
    assert (answer.json()["status"], gone.location_status) == ("confirmed", "confirmed")
    assert (gone.latitude, gone.longitude) == (31.8, 117.2)


def test_a_pin_is_taken_back_to_what_stood_there(people, login):
    bare, waiting = lost(people.owner), CustomerFactory(owner=people.owner, **HERE)
    client = login(people.superior)
    for customer, before in ((bare, ("", "")), (waiting, ("31.82", "117.23"))):
        assert client.post(pin_url(customer), {"lat": "31.8", "lng": "117.2"}).status_code == 200
        back = {"lat": before[0], "lng": before[1], "back": "1"}
        assert client.post(pin_url(customer), back).status_code == 200
        customer.refresh_from_db()
    assert (bare.latitude, bare.location_status) == (None, "none")
    assert (waiting.latitude, waiting.location_status) == (31.82, "to_confirm")


def test_who_may_not_put_a_pin(people, login, look_up):
    gone = look_up["nothing"]
    assert login(people.outsider).post(pin_url(gone), {"lat": "31", "lng": "117"}).status_code == 404
    assert login(people.owner).get(pin_url(gone)).status_code == 405
    for lat, lng in (("x", "117"), ("95", "117"), ("31", ""), ("0", "0")):
        answer = login(people.owner).post(pin_url(gone), {"lat": lat, "lng": lng})
        assert (answer.status_code, bool(answer.json()["error"])) == (422, True)
    gone.refresh_from_db()
    assert gone.latitude is None


# --- decisions in bulk


@pytest.mark.parametrize(
    ("kind", "after"), [("place_right", ("confirmed", 31.82)), ("place_wrong", ("none", None))]
)
def test_locations_are_decided_in_bulk_and_undone(people, login, kind, after):
    mine = [CustomerFactory(owner=people.owner, **HERE) for _ in range(3)]
    done = CustomerFactory(owner=people.owner)
    url = reverse("crm:bulk_start", args=[kind])
    data = {"pk": [row.pk for row in [*mine, done]], "go": "1", "next": PAGE}
    assert login(people.owner).post(url, data).status_code == 403  # a rep may not confirm
    login(people.superior).post(url, data)
    job = BulkJob.objects.get()
    assert (job.changed, job.refused) == (3, 1)
    mine[0].refresh_from_db()
    assert (mine[0].location_status, mine[0].latitude) == after
    Customer.objects.filter(pk=mine[1].pk).update(latitude=30.0, longitude=116.0)
    bulk.undo(actor=people.superior, job=job)
    bulk.run_job(job.pk)
    for row in mine:
        row.refresh_from_db()
    assert (mine[0].location_status, mine[0].latitude, mine[0].longitude) == ("to_confirm", 31.82, 117.23)
    assert mine[0].cell == mine[2].cell is not None
    assert mine[1].latitude == 30.0  # changed since: it stays
    assert job.items.filter(undone=True).count() == 2


# --- look-ups


def test_a_look_up_is_started_for_the_filters_and_shown(people, login, settings, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(run_geocode_job, "delay", lambda job_id: None)
    wanted = lost(people.owner, name="要查的店")
    lost(people.colleague, name="不查的店")
    lost(people.outsider)
    client = login(people.superior)
    with GeocoderServer(lambda query: found(amap_row(*GCJ))) as server:
        settings.GEOCODER_URL = f"amap://KEY?rate=1000&address={server.address}"
        assert login(people.owner).post(reverse("territory:geocode_start")).status_code == 403
        answer = client.post(
            reverse("territory:geocode_start"), {"query": f"owner={people.owner.pk}&gap=not_asked"}
        )
        job = GeocodeJob.objects.get()
        assert answer.url == job.get_absolute_url()
        assert [item.customer for item in job.items.all()] == [wanted]
        assert "pd-progress" in client.get(job.get_absolute_url()).content.decode()
        geocoding.run_slice(job.pk)
    assert "HX-Refresh" in client.get(reverse("territory:geocode_progress", args=[job.pk])).headers
    text = client.get(job.get_absolute_url()).content.decode()
    assert "要查的店" in text
    assert "高德地图" in text
    assert login(people.outsider).get(job.get_absolute_url()).status_code in (403, 404)
    client.post(reverse("territory:geocode_undo", args=[job.pk]))
    wanted.refresh_from_db()
    job.refresh_from_db()
    assert (wanted.latitude, job.state) == (None, BulkState.UNDONE)


def test_without_a_service_the_page_says_so_and_works(people, login, settings):
    customer = lost(people.owner)
    text = login(people.superior).get(PAGE).content.decode()
    assert "GEOCODER_URL" in text
    assert "按地址查位置" not in text.split("未设置")[0]
    answer = login(people.superior).post(reverse("territory:geocode_start"), follow=True)
    assert "未设置地图服务" in answer.content.decode()
    settings.GEOCODER_URL = "google://KEY"
    assert "GEOCODER_URL must begin" in login(people.superior).get(PAGE).content.decode()
    assert Customer.objects.get(pk=customer.pk).latitude is None


def test_without_customers_the_page_does_not_praise_the_map(people, login):
    client = login(people.superior)
    assert "还没有客户" in client.get(PAGE).content.decode()
    CustomerFactory(owner=people.owner)
    page = client.get(PAGE).content.decode()
    assert "你的客户都在地图上了" in page
    assert "还没有客户" not in page
