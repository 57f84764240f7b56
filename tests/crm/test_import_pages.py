"""The import's pages: four steps, who may, bad files, downloads."""

import datetime as dt
import io

import pytest
from django.core.files import File
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl import load_workbook

from accounts.models import SystemOptions
from crm.models import Customer, ImportJob, LeadImport
from crm.services import imports
from tests.crm.import_files import COFFEE, PHARMACIES, csv_file, needs_data, uploaded, zip_bomb

pytestmark = pytest.mark.django_db
HEADERS = ["编码", "客户名称", "电话", "等级", "店内颜色"]
ROWS = [
    ["001", "甲店", "13812345678", "A", "红"],
    ["001", "乙店", "", "", ""],
    ["003", "", "", "", ""],
    ["004", "丁店", "88", "", ""],
]


@pytest.fixture
def shops(tmp_path):
    return csv_file(tmp_path / "门店.csv", HEADERS, ROWS)


@pytest.fixture
def boss(people, login):
    return login(people.admin)


def page(client, name, job=None, **data):
    return client.get(reverse(f"crm:{name}", args=[job.pk] if job else []), data)


def upload(client, path):
    response = client.post(reverse("crm:import_start"), {"file": uploaded(path)})
    assert response.status_code == 302, response.context["form"].errors
    job = ImportJob.objects.latest("pk")
    assert response.url == reverse("crm:import_detail", args=[job.pk])
    return job


def map_columns(client, job, callbacks, mapping=None, **options):
    """Post step 2 and let the worker do the dry run."""
    headers = [column["header"] for column in job.preview["columns"]]
    mapping = job.mapping if mapping is None else mapping
    data = {f"column-{position}": mapping.get(header, "") for position, header in enumerate(headers)}
    data |= {"datum": "wgs84", "on_duplicate": "skip", **options}
    with callbacks(execute=True):
        response = client.post(reverse("crm:import_mapping", args=[job.pk]), data)
    job.refresh_from_db()
    return response


def run(client, job, callbacks):
    with callbacks(execute=True):
        response = client.post(reverse("crm:import_run", args=[job.pk]))
    job.refresh_from_db()
    return response


def test_the_four_steps(boss, people, shops, django_capture_on_commit_callbacks):
    callbacks = django_capture_on_commit_callbacks
    assert 'aria-current="step"' in page(boss, "import_start").text
    job = upload(boss, shops)
    assert job.state == "uploaded"
    text = page(boss, "import_detail", job).text
    assert "13812345678 " not in text
    assert "13812345678" in text  # a sample
    assert '<option value="phone" selected>' in text
    assert map_columns(boss, job, callbacks).status_code == 302
    assert job.state == "previewed"
    assert job.preview["counts"] == {"created": 2, "updated": 0, "skipped": 1, "failed": 1, "warnings": 1}
    text = page(boss, "import_detail", job).text
    for part in ("缺少客户名称", "编码与第 2 行重复", "88", "店内颜色"):
        assert part in text
    assert not Customer.objects.exists()
    run(boss, job, callbacks)
    assert job.state == "done"
    assert (job.created, job.skipped, job.failed) == (2, 1, 1)
    text = page(boss, "import_detail", job).text
    assert reverse("crm:import_errors", args=[job.pk]) in text
    assert reverse("crm:import_undo", args=[job.pk]) in text
    response = page(boss, "import_errors", job)
    book = load_workbook(io.BytesIO(response.getvalue())).active
    assert book.column_dimensions["F"].width > 50  # the reasons
    sheet = list(book.values)
    assert sheet[0] == (*HEADERS, "失败原因")
    assert sheet[1][0] == "003"
    boss.post(reverse("crm:import_undo", args=[job.pk]))
    assert not Customer.objects.exists()
    assert "移除 2 个客户" in page(boss, "import_detail", job).text


def test_a_started_import_is_not_started_twice(boss, shops, django_capture_on_commit_callbacks):
    job = upload(boss, shops)
    map_columns(boss, job, django_capture_on_commit_callbacks)
    run(boss, job, django_capture_on_commit_callbacks)
    run(boss, job, django_capture_on_commit_callbacks)
    assert (job.rows_done, Customer.objects.count()) == (4, 2)


def test_the_page_may_be_left_and_polls(boss, shops):
    job = upload(boss, shops)
    ImportJob.objects.filter(pk=job.pk).update(state="running", rows=4, rows_done=3, created=2)
    text = page(boss, "import_detail", job).text
    assert reverse("crm:import_progress", args=[job.pk]) in text
    fragment = page(boss, "import_progress", job)
    assert "3 / 4 行" in fragment.text
    assert "<html" not in fragment.text
    ImportJob.objects.filter(pk=job.pk).update(state="done")
    assert page(boss, "import_progress", job)["HX-Refresh"] == "true"


def test_going_back_to_the_mapping_keeps_it(boss, shops, django_capture_on_commit_callbacks):
    job = upload(boss, shops)
    map_columns(boss, job, django_capture_on_commit_callbacks, keep_extra="on", on_duplicate="update")
    response = page(boss, "import_detail", job, step="mapping")
    assert response.context["form"].initial["on_duplicate"] == "update"
    map_columns(boss, job, django_capture_on_commit_callbacks, on_duplicate="create")
    assert job.preview["counts"]["failed"] == 2  # the code again cannot make another customer


@pytest.mark.parametrize(
    ("start", "app", "made"),
    [("import_start", "import", ImportJob), ("lead_import", "lead_import", LeadImport)],
    ids=["customers", "leads"],
)
def test_unknown_choices_are_told_once_and_made_by_one_tap(
    boss, tmp_path, django_capture_on_commit_callbacks, start, app, made
):
    rows = [["甲店", "火星", "没有的人", ""], ["乙店", "火星", "", ""], ["丙店", "水星", "", "300,300"]]
    path = csv_file(tmp_path / "门店.csv", ["名称", "区域", "负责人", "经纬度"], rows)
    boss.post(reverse(f"crm:{start}"), {"file": uploaded(path)})
    job = made.objects.latest("pk")
    mapping = ["name", "region", "owner", "lng_lat"]
    data = {f"column-{n}": name for n, name in enumerate(mapping)}
    data |= {"datum": "wgs84", "on_duplicate": "skip", "assign_mode": "pool"}
    with django_capture_on_commit_callbacks(execute=True):
        boss.post(reverse(f"crm:{app}_mapping", args=[job.pk]), data)
    job.refresh_from_db()
    assert job.preview["unknown_choices"] == {"region": {"names": ["火星", "水星"], "rows": 3}}
    detail = reverse(f"crm:{app}_detail", args=[job.pk])
    text = boss.get(detail).text
    assert "区域不在选项中，3 行因此失败：" in text
    assert "<b>火星、水星</b>" in text
    assert 'href="?step=mapping&amp;create_choices=1"' in text
    reasons = [row["reason"] for row in job.preview["shown"]["failed"]]
    assert all("不在选项中" in reason for reason in reasons)
    assert "没有在职用户“没有的人”" in reasons[0]
    assert "不是“经度,纬度”" in reasons[2]  # beside what is said of the place
    form = boss.get(detail, {"step": "mapping", "create_choices": "1"}).context["form"]
    assert form["create_choices"].value() is True
    assert boss.get(detail, {"step": "mapping"}).context["form"]["create_choices"].value() is False


def test_a_mapping_without_name_says_so_and_keeps_the_choice(boss, shops, django_capture_on_commit_callbacks):
    job = upload(boss, shops)
    response = map_columns(
        boss, job, django_capture_on_commit_callbacks, mapping={"编码": "code", "电话": "notes"}
    )
    assert response.status_code == 422
    assert "没有客户名称列" in response.text
    assert '<option value="notes" selected>' in response.text
    assert job.state == "uploaded"


def test_the_same_columns_are_mapped_as_last_time(boss, shops, people, django_capture_on_commit_callbacks):
    job = upload(boss, shops)
    map_columns(
        boss, job, django_capture_on_commit_callbacks, mapping={"店内颜色": "notes", "客户名称": "name"}
    )
    run(boss, job, django_capture_on_commit_callbacks)
    assert upload(boss, shops).mapping == {"店内颜色": "notes", "客户名称": "name"}


def test_undo_is_offered_while_it_is_possible(boss, shops, django_capture_on_commit_callbacks):
    job = upload(boss, shops)
    map_columns(boss, job, django_capture_on_commit_callbacks)
    run(boss, job, django_capture_on_commit_callbacks)
    assert job.created
    button = reverse("crm:import_undo", args=[job.pk])
    text = page(boss, "import_detail", job).text
    assert button in text
    assert "前撤销" in text
    ImportJob.objects.filter(pk=job.pk).update(finished_at=job.finished_at - dt.timedelta(days=30))
    text = page(boss, "import_detail", job).text
    assert button not in text
    assert "已超过可撤销期限" in text


def test_the_dry_run_says_what_was_compared(boss, shops, django_capture_on_commit_callbacks):
    job = upload(boss, shops)
    map_columns(boss, job, django_capture_on_commit_callbacks)
    text = page(boss, "import_detail", job).text
    assert "查重依据：编码、电话、税号、名称；范围：客户和潜客。" in text
    assert "跳过" in text
    SystemOptions.load()
    SystemOptions.objects.update(duplicate_by_phone=False, duplicate_scope="customers")
    text = page(boss, "import_detail", job).text
    assert "查重依据：编码、税号、名称；范围：客户。" in text


def test_cancel(boss, shops):
    job = upload(boss, shops)
    assert boss.post(reverse("crm:import_cancel", args=[job.pk])).url == reverse("crm:import_list")
    job.refresh_from_db()
    assert (job.state, job.file.name) == ("cancelled", job.file.name)
    assert not job.file.storage.exists(job.file.name)
    assert page(boss, "import_detail", job).status_code == 200


def test_a_failed_import_can_be_continued(boss, shops, django_capture_on_commit_callbacks):
    job = upload(boss, shops)
    map_columns(boss, job, django_capture_on_commit_callbacks)
    ImportJob.objects.filter(pk=job.pk).update(state="failed", message="停电了")
    text = page(boss, "import_detail", job).text
    assert "停电了" in text
    assert reverse("crm:import_resume", args=[job.pk]) in text
    with django_capture_on_commit_callbacks(execute=True):
        boss.post(reverse("crm:import_resume", args=[job.pk]))
    job.refresh_from_db()
    assert (job.state, job.created) == ("done", 2)


def test_a_failed_check_is_told(boss, shops, django_capture_on_commit_callbacks):
    job = upload(boss, shops)
    job.file.storage.delete(job.file.name)
    map_columns(boss, job, django_capture_on_commit_callbacks)
    assert job.state == "failed"
    assert "重新上传" in page(boss, "import_detail", job).text


def test_the_template_can_be_imported(boss, tmp_path):
    response = page(boss, "import_template")
    path = tmp_path / "template.xlsx"
    path.write_bytes(response.getvalue())
    heads = [cell.value for cell in load_workbook(path).active[1]]
    assert heads[:3] == ["编码", "客户名称*", "渠道"]
    assert len(heads) == 22
    with path.open("rb") as file:
        job = imports.upload(actor=None, file=File(file), file_name="t.xlsx")
    assert set(job.mapping) == set(heads)
    imports.start_unchecked(job=job, options=imports.Options(mapping=job.mapping))
    assert imports.run_job(job.pk).created == 1


# --- who may
NAMES = ["import_detail", "import_progress", "import_errors"]
ACTIONS = ["import_mapping", "import_run", "import_resume", "import_cancel", "import_undo"]


@pytest.fixture
def job_of(shops):
    def _job_of(person):
        with shops.open("rb") as file:
            return imports.upload(actor=person, file=File(file), file_name="门店.csv")

    return _job_of


def test_without_the_permission_nothing_opens(people, login, job_of):
    job, client = job_of(people.admin), login(people.owner)
    for name in ["import_start", "import_list", "import_template"]:
        assert page(client, name).status_code == 403
    for name in NAMES:
        assert page(client, name, job).status_code == 403
    for name in ACTIONS:
        assert client.post(reverse(f"crm:{name}", args=[job.pk])).status_code == 403


def test_imports_out_of_scope_are_not_there(people, login, job_of):
    job, client = job_of(people.outsider), login(people.superior)
    for name in NAMES:
        assert page(client, name, job).status_code == 404
    for name in ACTIONS:
        assert client.post(reverse(f"crm:{name}", args=[job.pk])).status_code == 404
    assert "门店.csv" not in page(client, "import_list").text


def test_ones_own_and_ones_peoples_imports_are_listed(people, login, job_of):
    job_of(people.superior), job_of(people.owner)
    assert page(login(people.superior), "import_list").text.count("门店.csv") == 2


def test_actions_need_a_post(boss, people, job_of):
    job = job_of(people.admin)
    for name in ACTIONS:
        assert page(boss, name, job).status_code == 405


@pytest.mark.parametrize("count", [1, 3])
def test_list_queries(boss, people, job_of, count, django_assert_num_queries):
    for _ in range(count):
        job_of(people.admin)
    page(boss, "import_list")
    with django_assert_num_queries(5):
        page(boss, "import_list")


def test_owners_are_narrowed_to_ones_people(people, login, job_of, django_capture_on_commit_callbacks):
    job, client = job_of(people.superior), login(people.superior)
    form = page(client, "import_detail", job).context["form"]
    assert set(form.fields["owner"].queryset) == {people.superior, people.owner, people.colleague}
    assert form.fields["owner"].required
    response = map_columns(client, job, django_capture_on_commit_callbacks, owner=people.outsider.pk)
    assert response.status_code == 422
    assert (
        map_columns(client, job, django_capture_on_commit_callbacks, owner=people.owner.pk).status_code == 302
    )
    run(client, job, django_capture_on_commit_callbacks)
    assert set(Customer.objects.values_list("owner", flat=True)) == {people.owner.pk}


# --- bad files
@pytest.mark.parametrize(
    ("name", "content", "part"),
    [
        ("a.pdf", b"%PDF-1.7", "PDF"),
        ("a.xlsx", b"PK\x03\x04 broken", "损坏"),
        ("a.csv", b"name\n", "没有数据行"),
        (
            "a.xlsx",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le") + bytes(600),
            "密码",
        ),
        ("a.csv", b"", "空"),
    ],
)
def test_a_bad_file_is_told_at_once(boss, name, content, part):
    response = boss.post(reverse("crm:import_start"), {"file": SimpleUploadedFile(name, content)})
    assert response.status_code == 422
    assert part in response.text
    assert not ImportJob.objects.exists()


def test_a_zip_bomb_is_refused(boss):
    response = boss.post(reverse("crm:import_start"), {"file": SimpleUploadedFile("b.xlsx", zip_bomb(200))})
    assert response.status_code == 422
    assert not ImportJob.objects.exists()


def test_a_file_over_the_limit_is_refused(boss, settings):
    settings.UPLOAD_LIMIT_BYTES = 10
    response = boss.post(
        reverse("crm:import_start"), {"file": SimpleUploadedFile("b.csv", b"name\n" + b"x" * 20)}
    )
    assert response.status_code == 422
    assert "最多可导入" in response.text


def test_no_file_is_told(boss):
    assert boss.post(reverse("crm:import_start"), {}).status_code == 422


# --- the real files
@needs_data
def test_coffee_shops_through_the_page(boss, django_capture_on_commit_callbacks):
    job = upload(boss, COFFEE)
    assert job.mapping["adname"] == "district"
    assert "location" not in job.mapping
    map_columns(boss, job, django_capture_on_commit_callbacks, datum="gcj02", create_choices="on")
    assert job.preview["counts"]["failed"] == 0
    assert len(job.preview["new_choices"]["type"]) == 72
    # 41 rows share a name with others; the first of each of the 12 names has nothing before it.
    assert job.preview["counts"]["warnings"] >= 41 - 12
    assert page(boss, "import_detail", job).status_code == 200
    run(boss, job, django_capture_on_commit_callbacks)
    assert (job.state, job.rows, job.created, job.skipped) == ("done", 1964, 1963, 1)


@needs_data
def test_pharmacies_through_the_page(boss, django_capture_on_commit_callbacks):
    job = upload(boss, PHARMACIES)
    map_columns(boss, job, django_capture_on_commit_callbacks, keep_extra="on")
    assert job.preview["counts"]["skipped"] == 8
    run(boss, job, django_capture_on_commit_callbacks)
    assert (job.state, job.created, job.failed) == ("done", 6413, 0)
    assert Customer.objects.get(code="0145080011").extra["成人口罩剩餘數"] == "2455"
