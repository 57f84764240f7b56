"""Pages of bulk actions: asking, the result, who sees it, and all rows of a filter."""

import io

import pytest
from django.utils import timezone
from openpyxl import load_workbook

from crm.models import BulkItem, BulkJob, Customer
from crm.tasks import bulk as tasks
from tests.crm.bulk_jobs import run
from tests.factories import CustomerFactory

pytestmark = pytest.mark.django_db


def test_the_result_page_and_its_workbook(people, login):
    mine, his = (
        CustomerFactory(owner=people.owner, name="甲店"),
        CustomerFactory(owner=people.colleague, name="=乙店"),
    )
    job = run(people.superior, "assign", {"owner": people.colleague.pk, "note": "<b>x</b>"}, mine, his)
    client = login(people.superior)
    page = client.get(f"/customers/bulk/{job.pk}/").content.decode()
    assert "=乙店" in page
    assert "<b>x</b>" not in page
    assert "甲店" in client.get(f"/customers/bulk/{job.pk}/?show=changed").content.decode()
    answer = client.get(f"/customers/bulk/{job.pk}/?export=refused")
    rows = list(load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active.values)
    assert [row[1] for row in rows[1:]] == ["=乙店"]
    assert client.post(f"/customers/bulk/{job.pk}/undo/").status_code == 302
    mine.refresh_from_db()
    assert mine.owner == people.owner
    assert "甲店" in client.get(f"/customers/bulk/{job.pk}/?show=undone").content.decode()
    assert client.get("/customers/bulk/?page=x&show=nothing").status_code == 200


def test_bulk_actions_of_others_are_not_seen(people, login):
    job = run(people.owner, "change", {"values": {"level": "A"}}, CustomerFactory(owner=people.owner))
    assert login(people.superior).get(f"/customers/bulk/{job.pk}/").status_code == 200
    for path in ("", "progress/"):
        assert login(people.outsider).get(f"/customers/bulk/{job.pk}/{path}").status_code == 404
    assert login(people.outsider).post(f"/customers/bulk/{job.pk}/undo/").status_code == 404
    assert f"/customers/bulk/{job.pk}/" not in login(people.outsider).get("/customers/bulk/").content.decode()


@pytest.mark.parametrize(
    ("kind", "status"), [("assign", 403), ("transfer", 403), ("change", 200), ("nonsense", 404)]
)
def test_a_rep_may_what_his_role_may(people, login, kind, status):
    shop = CustomerFactory(owner=people.owner)
    assert login(people.owner).post(f"/customers/bulk/{kind}/", {"pk": shop.pk}).status_code == status
    assert login(people.finance).post(f"/customers/bulk/{kind}/", {"pk": shop.pk}).status_code in (403, 404)


def test_bad_input_keeps_the_form(people, login):
    shop = CustomerFactory(owner=people.owner)
    client = login(people.superior)
    for kind, fields in (
        ("change", {}),
        ("change", {"level": "Z"}),
        ("add_tags", {}),
        ("share", {"user": people.colleague.pk, "until": "2020-01-01"}),
        ("transfer", {"owner": "", "note": "留着"}),
    ):
        answer = client.post(f"/customers/bulk/{kind}/", {"pk": shop.pk, "go": "1", **fields})
        assert answer.status_code == 422
        assert f'value="{shop.pk}"' in answer.content.decode()
    assert "留着" in answer.content.decode()
    assert not BulkJob.objects.exists()


@pytest.mark.parametrize(
    ("wanted", "back"),
    [
        ("/customers/1/", "/customers/1/"),
        ("//evil.example/", "/customers/"),
        ("https://evil.example/", "/customers/"),
    ],
)
def test_the_way_back_is_a_page_of_ours(people, login, wanted, back):
    shop = CustomerFactory(owner=people.owner)
    fields = {"pk": shop.pk, "go": "1", "level": "A", "next": wanted}
    assert login(people.owner).post("/customers/bulk/change/", fields)["Location"] == back


def test_all_results_of_a_filter(people, login):
    for level in "AAB":
        CustomerFactory(owner=people.owner, level=level)
    foreign = CustomerFactory(owner=people.outsider, level="A")
    client = login(people.owner)
    fields = {"all": "1", "query": "level=A&sort=name&page=3"}
    asked = client.post("/customers/bulk/change/", fields)
    assert asked.context["count"] == 2
    assert 'name="pk"' not in asked.content.decode()
    done = client.post("/customers/bulk/change/", {**fields, "go": "1", "level": "C"})
    assert done.status_code == 302
    assert Customer.objects.filter(owner=people.owner, level="C").count() == 2
    foreign.refresh_from_db()
    assert foreign.level == "A"
    nothing = client.post("/customers/bulk/change/", {"all": "1", "query": "level=nonsense"})
    assert nothing.status_code == 302


def test_more_than_500_rows_are_the_workers(people, login, settings, django_capture_on_commit_callbacks):
    owner = people.owner
    today = timezone.localdate()
    Customer.objects.bulk_create(
        Customer(code=f"M{n}", name=f"店{n}", owner=owner, created_on=today, received_on=today)
        for n in range(501)
    )
    client = login(owner)
    fields = {"all": "1", "query": "", "go": "1", "level": "A"}
    with django_capture_on_commit_callbacks(execute=False) as callbacks:
        answer = client.post("/customers/bulk/change/", fields)
    job = BulkJob.objects.get()
    assert answer["Location"] == f"/customers/bulk/{job.pk}/"
    assert (job.state, job.total, BulkItem.objects.count()) == ("queued", 501, 501)
    assert "hx-get" in client.get(f"/customers/bulk/{job.pk}/").content.decode()
    assert "progress" in client.get(f"/customers/bulk/{job.pk}/progress/").content.decode()
    assert len(callbacks) == 1
    tasks.run_bulk_job(job.pk)
    assert client.get(f"/customers/bulk/{job.pk}/progress/")["HX-Refresh"] == "true"
    assert Customer.objects.filter(level="A").count() == 501
    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"/customers/bulk/{job.pk}/undo/")
    assert Customer.objects.filter(level="").count() == 501


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_of_actions_costs_the_same(people, login, django_assert_num_queries, count):
    for _ in range(count):
        run(people.owner, "change", {"values": {"level": "A"}}, CustomerFactory(owner=people.owner))
    client = login(people.owner)
    with django_assert_num_queries(5):
        assert client.get("/customers/bulk/").status_code == 200
