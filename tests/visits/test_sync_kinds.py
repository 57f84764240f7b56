"""Every kind of a phone's queue (D8), photos in pieces, and what is late, lost or double."""

import datetime as dt
import hashlib
from decimal import Decimal
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from sales.models import Receipt, SalesOrder
from tests.factories import CustomerFactory, ProductFactory, VisitTaskFactory
from tests.visits.conftest import photo
from tests.visits.test_sync import FIX, action, send  # noqa: F401 - the fixture is used by its name
from visits.models import ClientAction, DisplayReport, Upload, Visit
from visits.services import uploads
from visits.services.sync import run

pytestmark = pytest.mark.django_db


@pytest.fixture
def upload(people, login):
    """upload(bytes) → the uuid of a complete upload of people.owner."""

    def _upload(content: bytes, *, user=None, sha256=None):
        client, uuid = login(user or people.owner), uuid4()
        address = reverse("visits:upload", args=[uuid])
        for offset in range(0, len(content), uploads.CHUNK):
            digest = sha256 or hashlib.sha256(content).hexdigest()
            response = client.post(
                f"{address}?offset={offset}&size={len(content)}&sha256={digest}",
                content[offset : offset + uploads.CHUNK],
                content_type="application/octet-stream",
            )
        return uuid, response

    return _upload


def test_a_stop_with_all_its_work(people, shop, send, upload):  # noqa: F811
    water = ProductFactory(price=Decimal("10"))
    enter = action("check_in", {"customer": shop.pk, "fix": FIX})
    visit, lines = enter["uuid"], [{"product": water.pk, "quantity": "3"}]
    display = action(
        "display", {"visit": visit, "lines": [{"product": water.pk, "facings": 4}], "photos": ["x"]}
    )
    picture, _answer = upload(photo(size=(600, 400), noise=1).read())
    answers = send(
        enter,
        action("order", {"visit": visit, "customer": shop.pk, "lines": [{**lines[0], "price": "9.50"}]}),
        action("receipt", {"visit": visit, "customer": shop.pk, "amount": "20", "method": "cash"}),
        action("stock_count", {"visit": visit, "lines": lines}),
        action("sell_out", {"visit": visit, "lines": [{**lines[0], "price": "12"}]}),
        display,
        action(
            "photo", {"visit": visit, "upload": str(picture), "kind": "display", "display": display["uuid"]}
        ),
        action("competitor", {"visit": visit, "competitor": "甲水", "product": "甲水 550ml", "price": "1.5"}),
        action("summary", {"visit": visit, "text": "陈列良好"}),
        action("follow_up", {"customer": shop.pk, "text": "下周补货"}),
        action("check_out", {"visit": visit, "fix": FIX}, minutes_ago=20),
    ).json()
    assert [answer["status"] for answer in answers] == ["done"] * 11, answers
    made = Visit.objects.get()
    order = SalesOrder.objects.get()
    assert order.visit_order.visit == made
    assert (order.total, order.source) == (Decimal("28.50"), "visit")
    assert answers[1]["changed"] == [water.name]  # kept as the rep promised it, and said
    assert Receipt.objects.get().visit_slip.visit == made
    assert DisplayReport.objects.get().photos.count() == 1
    assert (made.summary, made.is_valid) == ("陈列良好", True)


def test_an_action_waits_for_its_check_in(shop, send):  # noqa: F811
    enter = action("check_in", {"customer": shop.pk, "fix": FIX})
    early = action("summary", {"visit": enter["uuid"], "text": "x"})
    assert send(early).json()[0]["status"] == "waiting"
    assert not ClientAction.objects.exists()
    assert [answer["status"] for answer in send(enter, early).json()] == ["done", "done"]


def test_three_days_late_keeps_the_day_of_the_doorway(people, shop, send):  # noqa: F811
    water = ProductFactory()
    old = 3 * 24 * 60
    enter = action("check_in", {"customer": shop.pk, "fix": FIX}, minutes_ago=old)
    sold = action(
        "order",
        {"visit": enter["uuid"], "customer": shop.pk, "lines": [{"product": water.pk, "quantity": 1}]},
        minutes_ago=old - 5,
    )
    leave = action("check_out", {"visit": enter["uuid"]}, minutes_ago=old - 10)
    assert [answer["status"] for answer in send(enter, sold, leave).json()] == ["done"] * 3
    visit = Visit.objects.get()
    assert visit.day == timezone.localdate(visit.check_in_at) == SalesOrder.objects.get().ordered_on
    assert visit.check_in_received_at - visit.check_in_at > dt.timedelta(days=2, hours=23)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"lines": [{"product": 0, "quantity": 1}]}, None),
        ({"lines": "x"}, None),
        ({"lines": []}, "empty"),
        ({"lines": [{"product": 1, "quantity": "NaN"}]}, None),
    ],
)
def test_bad_orders_are_refused_with_a_reason(change, code, shop, send):  # noqa: F811
    answer = send(action("order", {"customer": shop.pk, **change})).json()[0]
    assert answer["status"] == "refused"
    assert answer["reason"]
    assert code is None or answer["code"] == code


def test_a_stopped_product_and_a_lost_customer_are_told(people, shop, send):  # noqa: F811
    stopped, water = ProductFactory(is_active=False, name="停售水"), ProductFactory()
    lost = CustomerFactory(owner=people.outsider)
    first, second = send(
        action("order", {"customer": shop.pk, "lines": [{"product": stopped.pk, "quantity": 1}]}),
        action("order", {"customer": lost.pk, "lines": [{"product": water.pk, "quantity": 1}]}),
    ).json()
    assert "停售水" in first["reason"]
    assert second["code"] == "customer"


def test_a_defect_of_ours_keeps_the_action_on_the_phone(shop, send, monkeypatch):  # noqa: F811
    def broken(call):
        raise RuntimeError

    monkeypatch.setitem(run._HANDLERS, "summary", broken)
    enter = action("check_in", {"customer": shop.pk, "fix": FIX})
    poison = action("summary", {"visit": enter["uuid"]})
    leave = action("check_out", {"visit": enter["uuid"]}, minutes_ago=20)
    answers = send(enter, poison, leave).json()
    assert [answer["status"] for answer in answers] == ["done", "failed", "done"]
    assert not ClientAction.objects.filter(pk=poison["uuid"]).exists()


def test_two_phones_of_one_rep(people, shop, send):  # noqa: F811
    one = action("check_in", {"customer": shop.pk, "fix": FIX})
    other = action("check_in", {"customer": shop.pk, "fix": FIX})
    answers = send(one, other).json()
    assert [answer["status"] for answer in answers] == ["done", "refused"]
    assert answers[1]["code"] == "open_visit"
    assert Visit.objects.count() == 1


def test_move_task(people, shop, send):  # noqa: F811
    task = VisitTaskFactory(customer=shop)
    tomorrow = timezone.localdate() + dt.timedelta(days=1)
    late, good = send(
        action("move_task", {"task": task.pk, "date": "2020-01-01"}),
        action("move_task", {"task": task.pk, "date": tomorrow.isoformat()}),
    ).json()
    assert (late["status"], good["status"]) == ("refused", "done")
    task.refresh_from_db()
    assert task.date == tomorrow


# --- photos in pieces
def test_an_upload_goes_on_where_it_broke_off(people, login):
    content = bytes(range(256)) * 2048  # two pieces
    client, address = login(people.owner), reverse("visits:upload", args=[uuid4()])

    def post(offset, piece):
        target = f"{address}?offset={offset}&size={len(content)}"
        return client.post(target, piece, content_type="application/octet-stream")

    assert client.get(address).json() == {"received": 0, "size": None, "chunk": uploads.CHUNK}
    assert post(0, content[: uploads.CHUNK]).json()["received"] == uploads.CHUNK
    assert post(0, content[: uploads.CHUNK]).status_code == 200  # sent twice changes nothing
    assert post(2 * uploads.CHUNK, b"x").status_code == 409
    assert post(uploads.CHUNK, b"short").status_code == 422
    assert client.get(address).json()["received"] == uploads.CHUNK
    assert post(uploads.CHUNK, content[uploads.CHUNK :]).json()["received"] == len(content)
    assert login(people.superior).get(address).status_code == 404
    assert (
        login(people.superior).post(address + "?offset=0&size=3", b"abc", content_type="x/y").status_code
        == 404
    )


def test_damaged_and_oversized_uploads(people, upload, login):
    uuid, answer = upload(b"abc", sha256="0" * 64)
    assert (answer.status_code, answer.json()["code"]) == (422, "hash")
    assert not Upload.objects.filter(pk=uuid).exists()
    address = reverse("visits:upload", args=[uuid4()])
    client = login(people.owner)
    assert client.post(f"{address}?offset=0&size={10**9}", b"x", content_type="x/y").status_code == 422
    assert client.post(f"{address}?offset=a&size=3", b"x", content_type="x/y").status_code == 400
    assert login(people.finance).get(address).status_code == 403


def test_unused_uploads_are_purged(people, upload):
    old, _answer = upload(b"abc")
    new, _answer = upload(b"abcd")
    Upload.objects.filter(pk=old).update(created_at=timezone.now() - dt.timedelta(days=31))
    assert (uploads.purge_uploads(), uploads.purge_uploads()) == (1, 0)
    assert Upload.objects.get().pk == new
