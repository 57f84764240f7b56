"""Pages of the library: who opens what, what a form keeps, what a page costs."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Role
from common.business_calendar import today
from team.enums import DocumentStatus
from team.models import Document, Folder, FollowUpDocument
from team.services import documents as services
from team.services.document_files import add_files
from tests.factories import CustomerFactory, FollowUpFactory, UserFactory
from tests.team.document_data import content, only, png, upload, write

pytestmark = pytest.mark.django_db
MOST = 12


def form(document=None, **more):
    folder = Folder.objects.get_or_create(name="政策")[0]
    data = {"title": "价格政策", "folder": folder.pk, "body_html": "<p>统一价</p>", "for_all": "on"}
    return data | ({"base_version": document.version} if document else {}) | more


def cost(client, address):
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200, address
    return len(queries)


# --- who opens what
def test_nobody_without_the_permission(login, people):
    document = write(people.superior)
    nobody = UserFactory(role=Role.objects.create(code="none", data_scope="all"), department=people.sales)
    client = login(nobody)
    for address in (
        "/documents/",
        "/documents/picker/",
        f"/documents/{document.pk}/",
        "/documents/must-read/",
    ):
        assert client.get(address).status_code == 403, address
    for address in (
        "/documents/new/",
        "/documents/must-read/",
        "/documents/folders/",
        "/documents/folders/new/",
    ):
        assert login(people.owner).get(address).status_code == 403, address


def test_a_reader_reads_and_changes_nothing(login, people):
    document = write(people.superior)
    client = login(people.owner)
    page = client.get(f"/documents/{document.pk}/").content.decode()
    assert "<p>统一出厂价</p>" in page
    assert "/edit/" not in page
    for part in ("edit/", "versions/", "readers/"):
        assert client.get(f"/documents/{document.pk}/{part}").status_code == 403, part
    for part in ("publish/", "archive/", "delete/", "files/", "remind/", "versions/1/restore/"):
        assert client.post(f"/documents/{document.pk}/{part}").status_code == 403, part


def test_an_outsider_gets_404(login, people):
    document = write(people.superior, title="内部价目", audience=only(people.owner))
    client = login(people.outsider)
    for part in ("", "edit/", "versions/", "readers/"):
        assert client.get(f"/documents/{document.pk}/{part}").status_code == 404, part
    for part in ("confirm/", "publish/", "archive/", "delete/", "files/", "remind/", "versions/1/restore/"):
        assert client.post(f"/documents/{document.pk}/{part}").status_code == 404, part
    assert "内部价目" not in client.get("/documents/").content.decode()
    assert "内部价目" not in client.get("/documents/picker/").content.decode()


def test_the_superior_of_the_author_looks_after_it(login, people):
    people.owner.role.permissions.add(
        *Role.objects.get(code="manager").permissions.filter(codename="add_document")
    )
    document = write(people.owner, published=False)
    client = login(people.superior)
    assert client.get(f"/documents/{document.pk}/edit/").status_code == 200
    assert client.post(f"/documents/{document.pk}/publish/").status_code == 302
    document.refresh_from_db()
    assert document.status == DocumentStatus.PUBLISHED


# --- writing
def test_write_change_publish_archive(login, people):
    client = login(people.superior)
    answer = client.post("/documents/new/", form(departments=[people.sales.pk], for_all=""))
    document = Document.objects.get()
    assert answer["Location"] == f"/documents/{document.pk}/"
    assert document.audience.get().department == people.sales
    page = client.get(f"/documents/{document.pk}/edit/").content.decode()
    assert f'name="departments" value="{people.sales.pk}"' in page
    assert "checked" in page
    client.post(f"/documents/{document.pk}/edit/", form(document, title="新价格"))
    client.post(f"/documents/{document.pk}/publish/")
    assert "新价格" in login(people.outsider).get("/documents/").content.decode()
    client.post(f"/documents/{document.pk}/archive/")
    assert "新价格" not in login(people.outsider).get("/documents/").content.decode()
    assert "新价格" not in client.get("/documents/").content.decode()
    assert "新价格" in client.get("/documents/?state=archived").content.decode()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"title": ""}, "title"),
        ({"folder": "999999"}, "folder"),
        ({"for_all": ""}, "for_all"),
        ({"valid_from": "2026-03-02", "valid_until": "2026-03-01"}, "valid_until"),
        ({"departments": ["x"]}, "departments"),
        ({"valid_from": "0001-01-01"}, "valid_from"),
        ({"valid_until": "9999-12-31"}, "valid_until"),
    ],
)
def test_bad_input_keeps_what_was_typed(login, people, wrong, said):
    typed = form(body_html="<p>写了很久<script>alert(1)</script></p>", products="苏打水") | wrong
    answer = login(people.superior).post("/documents/new/", typed)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert answer.context["form"].errors[said]
    assert "<p>写了很久</p>" in page
    assert "<script>alert(1)" not in page
    assert "苏打水" in page
    assert not Document.objects.exists()


def test_who_saves_over_anothers_change_is_told_and_keeps_his_text(login, people):
    document = write(people.superior)
    services.update_document(
        actor=people.admin, document=document, content=content(title="别人改的"), base_version=1
    )
    answer = login(people.superior).post(f"/documents/{document.pk}/edit/", form(document, title="我改的"))
    assert answer.status_code == 422
    assert "管理员" in answer.content.decode()
    assert "我改的" in answer.content.decode()


def test_stored_html_cannot_run(login, people):
    client = login(people.superior)
    client.post(
        "/documents/new/",
        form(title="<script>x</script>", body_html='<p onclick="x()">好</p><script>x</script>'),
    )
    document = Document.objects.get()
    Document.objects.filter(pk=document.pk).update(status="published", published_at=document.created_at)
    page = client.get(f"/documents/{document.pk}/")
    text = page.content.decode()
    assert "<p>好</p>" in text
    assert "onclick" not in text
    assert "<script>x" not in text
    assert "unsafe" not in page["Content-Security-Policy"]
    assert "<script>x" not in client.get("/documents/?q=script").content.decode()


def test_picture_upload_answers_its_address(login, people):
    client = login(people.superior)
    answer = client.post("/documents/pictures/", {"image": upload("a.png", png())})
    assert client.get(answer.json()["url"]).status_code == 200
    refused = client.post("/documents/pictures/", {"image": upload("a.png", b"no picture")})
    assert (refused.status_code, bool(refused.json()["error"])) == (422, True)
    assert client.post("/documents/pictures/").status_code == 422
    assert (
        login(people.owner).post("/documents/pictures/", {"image": upload("a.png", png())}).status_code == 403
    )
    strange = write(people.admin, audience=only(people.finance))
    answer = client.post("/documents/pictures/", {"image": upload("a.png", png()), "document": strange.pk})
    assert answer.status_code == 404


def test_a_bad_attachment_is_refused_with_its_name(login, people):
    document = write(people.superior)
    answer = login(people.superior).post(
        f"/documents/{document.pk}/files/", {"files": upload("坏.exe", b"MZ")}
    )
    assert answer.status_code == 422
    assert "坏.exe" in answer.content.decode()
    assert login(people.superior).post(f"/documents/{document.pk}/files/").status_code == 422


def test_versions_are_compared_and_restored(login, people):
    document = write(people.superior)
    services.update_document(
        actor=people.superior, document=document, content=content(body_html="<p>新价</p>"), base_version=1
    )
    client = login(people.superior)
    page = client.get(f"/documents/{document.pk}/versions/").content.decode()
    assert "<ins>新价</ins>" in page
    assert "<del>统一出厂价</del>" in page
    assert "统一出厂价" in client.get(f"/documents/{document.pk}/versions/?version=1").content.decode()
    assert client.get(f"/documents/{document.pk}/versions/?version=9").status_code == 404
    assert client.get(f"/documents/{document.pk}/versions/?with=x").status_code == 404
    assert client.post(f"/documents/{document.pk}/versions/9/restore/").status_code == 404
    client.post(f"/documents/{document.pk}/versions/1/restore/")
    assert Document.objects.get().version == 3


# --- reading
def test_confirming_on_the_page(login, people):
    document = write(people.superior, must_read=True)
    client = login(people.owner)
    assert f"/documents/{document.pk}/confirm/" in client.get(f"/documents/{document.pk}/").content.decode()
    assert "价格政策" in client.get("/documents/?state=to_confirm").content.decode()
    client.post(f"/documents/{document.pk}/confirm/")
    assert (
        f"/documents/{document.pk}/confirm/" not in client.get(f"/documents/{document.pk}/").content.decode()
    )
    assert "价格政策" not in client.get("/documents/?state=to_confirm").content.decode()
    readers = login(people.superior).get(f"/documents/{document.pk}/readers/").content.decode()
    assert readers.index("张业务") < readers.index("李业务")  # who has not comes first
    assert "赵外人" in readers  # the author sees all whom it is for
    overview = login(people.superior).get("/documents/must-read/").content.decode()
    assert "张业务" in overview
    assert "赵外人" not in overview
    assert login(people.superior).post(f"/documents/{document.pk}/remind/").status_code == 302


def test_folders_hold_what_is_below_and_hide_what_is_empty(login, people):
    top = Folder.objects.create(name="产品")
    below = Folder.objects.create(name="饮品", parent=top)
    Folder.objects.create(name="空的")
    write(people.superior, title="苏打水", folder=below)
    write(people.superior, title="价格")
    client = login(people.owner)
    page = client.get(f"/documents/?folder={top.pk}").content.decode()
    assert "苏打水" in page
    assert "价格" not in page
    assert "空的" not in page
    assert "空的" in login(people.admin).get("/documents/").content.decode()
    for nonsense in ("x", "99999999999999999999", "999"):
        assert client.get(f"/documents/?folder={nonsense}").status_code == 200


def test_arranging_folders(login, people):
    client = login(people.admin)
    client.post("/documents/folders/new/", {"name": "产品", "parent": "", "position": "1"})
    top = Folder.objects.get()
    refused = client.post(
        f"/documents/folders/{top.pk}/edit/", {"name": "产品二", "parent": top.pk, "position": "1"}
    )
    assert refused.status_code == 422
    assert "产品二" in refused.content.decode()
    assert client.post(f"/documents/folders/{top.pk}/delete/").status_code == 302
    assert not Folder.objects.exists()
    assert client.get("/documents/folders/").status_code == 200


def test_empty_pages_say_what_to_do(login, people):
    assert "empty-title" in login(people.owner).get("/documents/").content.decode()
    assert "empty-title" in login(people.admin).get("/documents/folders/").content.decode()
    assert "empty-title" in login(people.admin).get("/documents/must-read/").content.decode()


def test_search_and_filters_survive(login, people):
    write(people.superior, title="苏打水手册", body_html="<p>无糖</p>")
    day = today()
    write(people.superior, title="过期的", valid_until=day - dt.timedelta(days=1))
    client = login(people.superior)
    page = client.get("/documents/?q=无糖&state=").content.decode()
    assert "<mark>无糖</mark>" in page
    assert 'value="无糖"' in page
    assert "过期的" in client.get("/documents/?state=outdated").content.decode()
    assert "苏打水手册" not in client.get("/documents/?state=outdated").content.decode()
    results = client.get("/documents/?q=无糖", headers={"hx-request": "true", "hx-target": "results"})
    assert "td-tree" not in results.content.decode()


# --- follow-ups
def test_documents_of_a_follow_up(login, people):
    shown = write(people.superior, title="产品手册")
    write(people.superior, title="内部价", audience=only(people.colleague))
    customer = CustomerFactory(owner=people.owner)
    client = login(people.owner)
    picker = client.get("/documents/picker/?documents_q=手册").content.decode()
    assert f'name="documents" value="{shown.pk}"' in picker
    kept = client.get(f"/documents/picker/?documents_q=没有&documents={shown.pk}").content.decode()
    assert f'value="{shown.pk}" checked' in kept
    assert "/documents/picker/" in client.get(f"/follow-ups/new/?customer={customer.pk}").content.decode()
    client.post(
        "/follow-ups/new/",
        {"target": f"customer-{customer.pk}", "text": "看了手册", "uuid": "0a5c5f0e-1d2f-4a57-9d6e-0c9d2a6b7e10", "documents": [shown.pk]},
    )  # fmt: skip
    page = client.get(f"/customers/{customer.pk}/follow-ups/").content.decode()
    assert f'<a href="/documents/{shown.pk}/">产品手册</a>' in page


def test_what_was_shown_to_a_customer(login, people):
    customer = CustomerFactory(owner=people.owner)
    address = f"/customers/{customer.pk}/documents/"
    assert "这里还没有用过资料" in login(people.owner).get(address).content.decode()
    seen = write(people.superior, title="产品手册")
    unseen = write(people.superior, title="内部价", audience=only(people.colleague))
    other = CustomerFactory(owner=people.owner)
    for document, about in (
        (seen, customer),
        (unseen, customer),
        (write(people.superior, title="别家的"), other),
    ):
        FollowUpDocument.objects.create(follow_up=FollowUpFactory(customer=about), document=document)
    page = login(people.owner).get(address).content.decode()
    assert f'href="/documents/{seen.pk}/"' in page
    assert "内部价" not in page
    assert "别家的" not in page
    assert login(people.superior).get(address).status_code == 200
    assert login(people.outsider).get(address).status_code == 404
    assert address in login(people.owner).get(customer.get_absolute_url()).content.decode()
    once = cost(login(people.owner), address)
    for _row in range(2):
        FollowUpDocument.objects.create(follow_up=FollowUpFactory(customer=customer), document=seen)
    assert cost(login(people.owner), address) == once <= MOST


def test_the_follow_ups_of_a_customer_cost_the_same(login, people):
    document = write(people.superior)
    customer = CustomerFactory(owner=people.owner)
    costs = []
    for _round in range(2):
        for _row in range(2):
            follow_up = FollowUpFactory(customer=customer)
            FollowUpDocument.objects.create(follow_up=follow_up, document=document)
        costs.append(cost(login(people.owner), f"/customers/{customer.pk}/follow-ups/"))
    assert costs[0] == costs[1] <= MOST


# --- cost
@pytest.mark.parametrize(
    "address",
    ["/documents/", "/documents/?q=价格", "/documents/must-read/", "/documents/picker/", "/documents/{pk}/",
     "/documents/{pk}/readers/", "/documents/{pk}/versions/", "/documents/{pk}/edit/"],
)  # fmt: skip
def test_a_page_costs_the_same_with_one_row_and_with_three(login, people, address):
    client = login(people.superior)
    first = None
    costs = []
    for rows in (1, 2):
        for number in range(rows):
            document = write(
                people.superior,
                title=f"价格{rows}{number}",
                must_read=True,
                audience=only(people.owner, people.colleague),
            )
            first = first or document
            add_files(actor=people.superior, document=first, uploads=[upload("a.txt", b"a")])
            Folder.objects.create(name=f"夹{rows}{number}")
        services.confirm(user=[people.owner, people.colleague][rows - 1], document=first)
        costs.append(cost(client, address.format(pk=first.pk)))
    assert costs[0] == costs[1] <= MOST


def test_reading_costs_no_more_for_a_reader(login, people):
    document = write(people.superior, must_read=True)
    assert cost(login(people.owner), f"/documents/{document.pk}/") <= MOST
