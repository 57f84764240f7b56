"""Pages of quotations and agreements: who sees what, what is refused and kept, files, query counts."""

import datetime as dt
import io
from decimal import Decimal

import openpyxl
import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from sales.enums import AgreementFileKind
from sales.models import Agreement, Quote, QuoteTemplate, SalesOrder
from sales.services import agreement_files
from sales.services import agreements as agreement_services
from sales.services import quotes as quote_services
from tests.factories import ContactFactory, CustomerFactory, ProductFactory
from tests.sales.quote_data import write_quote

pytestmark = pytest.mark.django_db


def today():
    return timezone.localdate()


@pytest.fixture
def quote(people, shop, water, beer):
    return write_quote(people.owner, shop, (water, 24), (beer, 6, "7.50"))


@pytest.fixture
def agreement(people, shop):
    """In force until ten days from now, with one PDF."""
    row = agreement_services.create_agreement(
        actor=people.superior,
        customer=shop,
        values=agreement_services.AgreementInput(
            title="年度经销协议",
            starts_on=today() - dt.timedelta(days=100),
            ends_on=today() + dt.timedelta(days=10),
            clauses="第一条 价格",
            yearly_amount=Decimal(1000),
        ),
    )
    agreement_services.sign_agreement(actor=people.superior, agreement=row, signed_by="王老板")
    ready = agreement_files.prepare_file(SimpleUploadedFile("合同 1.pdf", b"%PDF-1.7 x"))
    agreement_files.add_files(
        actor=people.superior, agreement=row, files=[ready], kind=AgreementFileKind.ATTACHMENT
    )
    return row


@pytest.fixture
def addresses(quote, agreement, shop):
    return {
        "quote": quote.get_absolute_url(),
        "paper": reverse("sales:quote_paper", args=[quote.pk]),
        "pdf": reverse("sales:quote_pdf", args=[quote.pk]),
        "agreement": agreement.get_absolute_url(),
        "file": reverse("sales:agreement_file", args=[agreement.files.get().pk]),
        "panel": reverse("sales:customer_offers", args=[shop.pk]),
    }


@pytest.mark.parametrize(
    ("who", "status"),
    [("owner", 200), ("superior", 200), ("finance", 200), ("colleague", 404), ("outsider", 404)],
)
def test_pages_follow_the_data_scope(login, people, addresses, who, status):
    client = login(getattr(people, who))
    found = {}
    for name, address in addresses.items():
        response = client.get(address)
        found[name] = response.status_code
        if response.streaming:
            b"".join(response.streaming_content)  # read to its end, the file is closed
    assert found == dict.fromkeys(addresses, status)


def test_pages_need_the_permission_and_a_login(login, client, people, addresses):
    people.admin.role.permissions.clear()
    admin = login(people.admin)
    for address in [*addresses.values(), reverse("sales:quote_list"), reverse("sales:agreement_list")]:
        assert admin.get(address).status_code == 403
        assert client.get(address).status_code == 302


@pytest.mark.parametrize("name", ["sales:quote_list", "sales:agreement_list"])
def test_lists_follow_the_data_scope(login, people, quote, agreement, name):
    link = (quote if "quote" in name else agreement).get_absolute_url()
    for who, sees in (("owner", True), ("superior", True), ("outsider", False), ("colleague", False)):
        page = login(getattr(people, who)).get(reverse(name)).content.decode()
        assert (link in page) is sees


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(("name", "queries"), [("sales:quote_list", 8), ("sales:agreement_list", 8)])
def test_lists_ask_the_same_number_of_queries(
    login, people, water, django_assert_num_queries, name, queries, count
):
    for number in range(count):
        customer = CustomerFactory(owner=people.owner)
        write_quote(people.owner, customer, (water, number + 1))
        agreement_services.create_agreement(
            actor=people.superior,
            customer=customer,
            values=agreement_services.AgreementInput("协议", today(), today()),
        )
    client = login(people.superior)
    client.get(reverse(name))
    with django_assert_num_queries(queries):
        client.get(reverse(name))


# --- the list of quotations
def test_filters_of_quotations(login, people, shop, water, beer, quote):
    old = write_quote(people.owner, shop, (beer, 1))
    Quote.objects.filter(pk=old.pk).update(valid_until=today() - dt.timedelta(days=1))
    second = quote_services.new_version(actor=people.owner, quote=quote)
    elsewhere = write_quote(people.outsider, CustomerFactory(owner=people.outsider), (beer, 1), send=False)
    client = login(people.finance)

    def found(query):
        page = client.get(reverse("sales:quote_list") + query).content.decode()
        return {q for q in (quote, old, second, elsewhere) if f'href="{q.get_absolute_url()}"' in page}

    assert found("") == {old, second, elsewhere}  # the latest versions
    assert found("?versions=all") == {quote, old, second, elsewhere}
    assert found("?status=expired") == {old}
    assert found("?status=sent") == set()
    assert found("?status=superseded") == {quote}
    assert found("?product=矿泉水") == {second}
    assert found(f"?department={people.other.pk}") == {elsewhere}
    assert found(f"?department={people.head.pk}") == {old, second, elsewhere}
    assert found(f"?rep={people.owner.pk}") == {old, second}
    assert found(f"?customer={shop.pk}") == {old, second}
    assert found("?q=老王") == {old, second}
    assert found(f"?since={today() + dt.timedelta(days=1)}") == set()


def test_quotations_leave_as_excel_for_those_who_may(login, people, quote):
    address = reverse("sales:quote_list") + "?export=xlsx"
    assert login(people.owner).get(address).status_code == 403
    response = login(people.superior).get(address)
    sheet = openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content))).active
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[1][0] == quote.number
    assert "已发送" in rows[1]


# --- writing a quotation
def entry(rows, **values):
    data = {"lines-TOTAL_FORMS": len(rows), "lines-INITIAL_FORMS": 0}
    data["valid_until"] = (today() + dt.timedelta(days=5)).isoformat()
    for number, (product, boxes, pieces, price) in enumerate(rows):
        data |= {
            f"lines-{number}-product": product.pk,
            f"lines-{number}-boxes": boxes,
            f"lines-{number}-pieces": pieces,
            f"lines-{number}-price": price,
        }
    return data | values


def test_a_rep_writes_and_sends(login, people, shop, water, beer):
    contact = ContactFactory(customer=shop)
    client = login(people.owner)
    address = reverse("sales:quote_create") + f"?customer={shop.pk}"
    page = client.get(address)
    assert page.status_code == 200
    assert "entry-row" in page.content.decode()
    values = {"contact": contact.pk, "discount": "5", "terms": "现款现货", "then": "send"}
    response = client.post(address, entry([(water, 2, 3, "2.00"), (beer, "", 1, "")], **values))
    quote = Quote.objects.get()
    assert response.url == quote.get_absolute_url()
    assert (quote.status, quote.contact, quote.terms) == ("sent", contact, "现款现货")
    # 27 × 2.00 + 7.99 = 61.99, less 5 % = 58.89
    assert str(quote.total) == "58.89"
    again = client.get(address).content.decode()
    assert "现款现货" in again  # the terms of the last one


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"valid_until": "2020-01-01"}, "有效期已过"),
        ({"valid_until": ""}, "必填"),
        ({"lines-0-boxes": "", "lines-0-pieces": ""}, "没有商品"),
        ({"lines-0-price": "-1"}, "0"),
        ({"discount": "101"}, "100"),
    ],
)
def test_bad_input_is_said_and_kept(login, people, shop, water, change, says):
    address = reverse("sales:quote_create") + f"?customer={shop.pk}"
    data = entry([(water, 2, "", "2.00")], note="别丢了我") | change
    page = login(people.owner).post(address, data).content.decode()
    assert says in page
    assert "别丢了我" in page
    assert not Quote.objects.exists()


def test_nobody_quotes_a_stranger_or_without_permission(login, people, shop, quote):
    address = reverse("sales:quote_create") + f"?customer={shop.pk}"
    assert login(people.outsider).get(address).status_code == 404
    assert login(people.outsider).get(reverse("sales:quote_create")).status_code == 200  # asks whom
    for codename in ("add_quote", "change_quote"):
        people.owner.role.permissions.remove(Permission.objects.get(codename=codename))
    client = login(people.owner)
    assert client.get(address).status_code == 403
    for step in ("send", "accept", "reject", "order", "new-version", "copy", "discard"):
        assert client.post(f"/quotes/{quote.pk}/{step}/").status_code == 403
        assert client.get(f"/quotes/{quote.pk}/{step}/").status_code == 405


def test_a_draft_is_edited_and_a_sent_one_leads_back(login, people, shop, water, quote):
    draft = write_quote(people.owner, shop, (water, 5), send=False, note="初稿")
    client = login(people.owner)
    address = reverse("sales:quote_edit", args=[draft.pk])
    assert "初稿" in client.get(address).content.decode()
    client.post(address, entry([(water, "", 7, "2.00")], note="改过", then="draft"))
    draft.refresh_from_db()
    assert (str(draft.total), draft.note, draft.status) == ("14.00", "改过", "draft")
    sent = client.get(reverse("sales:quote_edit", args=[quote.pk]))
    assert sent.url == quote.get_absolute_url()


def test_the_way_of_a_quotation_by_its_buttons(login, people, quote):
    client = login(people.owner)
    response = client.post(f"/quotes/{quote.pk}/new-version/")
    second = Quote.objects.get(version=2)
    assert response.url == reverse("sales:quote_edit", args=[second.pk])
    client.post(f"/quotes/{second.pk}/send/")
    client.post(f"/quotes/{second.pk}/reject/", {"reason": "太贵"})
    page = client.get(second.get_absolute_url()).content.decode()
    assert "太贵" in page
    assert "V1" in page
    client.post(f"/quotes/{second.pk}/new-version/")
    third = Quote.objects.get(version=3)
    client.post(f"/quotes/{third.pk}/send/")
    order = client.post(f"/quotes/{third.pk}/order/").url
    assert order == SalesOrder.objects.get().get_absolute_url()
    again = client.post(f"/quotes/{third.pk}/order/", follow=True)
    assert "已转过订单" in again.content.decode()
    assert SalesOrder.objects.count() == 1


# --- the paper
def test_paper_and_pdf(login, people, quote):
    client = login(people.owner)
    page = client.get(reverse("sales:quote_paper", args=[quote.pk])).content.decode()
    assert "矿泉水" in page
    assert "<style" not in page
    response = client.get(reverse("sales:quote_pdf", args=[quote.pk]) + "?download=1")
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"].startswith("attachment; filename*=utf-8''QT")
    assert response.content.startswith(b"%PDF-")
    assert b"/FontFile3" in response.content
    QuoteTemplate.objects.update(is_active=False)
    assert client.get(reverse("sales:quote_pdf", args=[quote.pk])).status_code == 404


# --- agreements
def agreement_form(**values):
    return {
        "title": "年度协议",
        "kind": "dealer",
        "starts_on": today().isoformat(),
        "ends_on": (today() + dt.timedelta(days=364)).isoformat(),
        "remind_days": 30,
        "clauses": "一\n二",
        **values,
    }


def test_a_manager_writes_signs_and_ends(login, people, shop):
    client = login(people.superior)
    address = reverse("sales:agreement_create") + f"?customer={shop.pk}"
    assert client.get(address).status_code == 200
    response = client.post(address, agreement_form(yearly_amount="12000"))
    row = Agreement.objects.get()
    assert response.url == row.get_absolute_url()
    assert "一\n二" in client.get(reverse("sales:agreement_edit", args=[row.pk])).content.decode()
    client.post(reverse("sales:agreement_edit", args=[row.pk]), agreement_form(title="改过的协议"))
    refused = client.post(f"/agreements/{row.pk}/sign/", {"sign-signed_on": today(), "sign-signed_by": ""})
    assert refused.status_code == 422
    scan = SimpleUploadedFile("签字页.pdf", b"%PDF-1.4")
    client.post(
        f"/agreements/{row.pk}/sign/",
        {"sign-signed_on": today(), "sign-signed_by": "王老板", "sign-scan": scan},
    )
    row.refresh_from_db()
    assert (row.title, row.status, row.files.get().kind) == ("改过的协议", "active", "signature")
    locked = client.get(reverse("sales:agreement_edit", args=[row.pk]))
    assert locked.url == row.get_absolute_url()
    refused = client.post(f"/agreements/{row.pk}/end/", {"end-ended_on": today(), "end-reason": ""})
    assert refused.status_code == 422
    client.post(f"/agreements/{row.pk}/end/", {"end-ended_on": today(), "end-reason": "转让"})
    assert "转让" in client.get(row.get_absolute_url()).content.decode()


def test_a_bad_scan_signs_nothing(login, people, shop):
    client = login(people.superior)
    client.post(reverse("sales:agreement_create") + f"?customer={shop.pk}", agreement_form())
    row = Agreement.objects.get()
    scan = SimpleUploadedFile("签字页.pdf", b"<html>")
    page = client.post(
        f"/agreements/{row.pk}/sign/",
        {"sign-signed_on": today(), "sign-signed_by": "王老板", "sign-scan": scan},
    )
    assert page.status_code == 422
    assert "签字页.pdf" in page.content.decode()
    row.refresh_from_db()
    assert (row.status, row.files.count()) == ("draft", 0)


def test_bad_agreements_are_said_and_kept(login, people, shop):
    address = reverse("sales:agreement_create") + f"?customer={shop.pk}"
    form = agreement_form(ends_on="2020-01-01", territory="别丢了我")
    page = login(people.superior).post(address, form).content.decode()
    assert "结束日期早于开始日期" in page
    assert "别丢了我" in page


def test_reps_read_agreements_and_change_none(login, people, shop, agreement):
    client = login(people.owner)
    page = client.get(agreement.get_absolute_url()).content.decode()
    assert "/renew/" not in page
    assert client.get(reverse("sales:agreement_create") + f"?customer={shop.pk}").status_code == 403
    file = agreement.files.get()
    for address in (
        *(f"/agreements/{agreement.pk}/{step}/" for step in ("sign", "end", "renew", "discard", "files")),
        f"/agreements/files/{file.pk}/remove/",
    ):
        assert client.post(address).status_code == 403
        assert client.get(address).status_code == 405


def test_renewal_and_deletion_by_their_buttons(login, people, agreement):
    client = login(people.superior)
    response = client.post(f"/agreements/{agreement.pk}/renew/")
    renewal = Agreement.objects.get(renews=agreement)
    assert response.url == reverse("sales:agreement_edit", args=[renewal.pk])
    assert renewal.number in client.get(agreement.get_absolute_url()).content.decode()
    assert client.post(f"/agreements/{renewal.pk}/discard/").url == agreement.get_absolute_url()
    assert Agreement.objects.count() == 1


def test_filters_of_agreements(login, people, shop, agreement):
    draft = agreement_services.create_agreement(
        actor=people.superior,
        customer=shop,
        values=agreement_services.AgreementInput("代理", today(), today(), kind="agent", territory="庐阳区"),
    )
    client = login(people.superior)

    def found(query):
        page = client.get(reverse("sales:agreement_list") + query).content.decode()
        return {row for row in (agreement, draft) if f'href="{row.get_absolute_url()}"' in page}

    assert found("") == {agreement, draft}
    assert found("?state=expiring") == {agreement}
    assert found("?state=draft") == {draft}
    assert found("?state=running") == set()
    assert found("?ends_within=10") == {agreement}
    assert found("?ends_within=9") == set()
    assert found("?kind=agent") == {draft}
    assert found("?q=庐阳") == {draft}
    assert found(f"?department={people.sales.pk}") == {agreement, draft}
    assert found(f"?department={people.other.pk}") == set()


def test_a_file_is_served_safely(login, people, agreement):
    file = agreement.files.get()
    response = login(people.owner).get(reverse("sales:agreement_file", args=[file.pk]))
    assert b"".join(response.streaming_content) == b"%PDF-1.7 x"
    assert response["Content-Type"] == "application/pdf"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Disposition"].startswith("inline; filename*=utf-8''")
    assert "no-store" in response["Cache-Control"]
    agreement.files.update(file="agreements/gone.docx")
    assert login(people.owner).get(reverse("sales:agreement_file", args=[file.pk])).status_code == 404


def test_files_are_added_and_refused_on_the_page(login, people, agreement):
    client = login(people.superior)
    address = f"/agreements/{agreement.pk}/files/"
    uploads = [SimpleUploadedFile(f"{n}.pdf", b"%PDF-1") for n in range(2)]
    client.post(address, {"file-kind": "attachment", "file-files": uploads})
    assert agreement.files.count() == 3
    bad = SimpleUploadedFile("病毒.exe", b"MZ")
    page = client.post(address, {"file-kind": "attachment", "file-files": bad})
    assert page.status_code == 422
    assert "病毒.exe" in page.content.decode()
    assert client.post(address, {"file-kind": "attachment"}).status_code == 422
    client.post(f"/agreements/files/{agreement.files.last().pk}/remove/")
    assert agreement.files.count() == 2


# --- the customer's page
def test_panel_and_timeline(login, people, shop, quote, agreement):
    client = login(people.owner)
    panel = client.get(reverse("sales:customer_offers", args=[shop.pk])).content.decode()
    assert str(quote) in panel
    assert agreement.number in panel
    timeline = client.get(reverse("crm:customer_timeline", args=[shop.pk])).content.decode()
    assert quote.number in timeline
    assert agreement.number in timeline
    only = client.get(reverse("crm:customer_timeline", args=[shop.pk]) + "?kind=quote").content.decode()
    assert quote.number in only
    assert agreement.number not in only
    people.owner.role.permissions.remove(Permission.objects.get(codename="view_agreement"))
    client = login(people.owner)
    assert (
        agreement.number not in client.get(reverse("sales:customer_offers", args=[shop.pk])).content.decode()
    )


# --- templates in the admin
def template_form(**values):
    html = "<table><tr data-lines><td>{{ line.product }}</td></tr></table><p>{{ total }}</p>"
    return {"name": "简洁", "html": html, "is_active": "on", **values}


def test_an_administrator_makes_a_template(login, people):
    people.admin.is_superuser = True
    people.admin.save()
    client = login(people.admin)
    page = client.get("/admin/sales/quotetemplate/add/").content.decode()
    assert "total_in_capitals" in page
    html = template_form()["html"] + "<script>alert(1)</script><p style='x' onclick='y'>{{ customer }}</p>"
    response = client.post("/admin/sales/quotetemplate/add/", template_form(html=html, is_default="on"))
    assert response.status_code == 302
    made = QuoteTemplate.objects.get(name="简洁")
    assert "script" not in made.html
    assert "onclick" not in made.html
    assert list(QuoteTemplate.objects.filter(is_default=True)) == [made]
    preview = client.get(f"/admin/sales/quotetemplate/{made.pk}/preview/").content.decode()
    assert "徽山泉" in preview
    assert "{{" not in preview
    assert login(people.owner).get(f"/admin/sales/quotetemplate/{made.pk}/preview/").status_code == 302


@pytest.mark.parametrize(
    ("html", "says"),
    [
        ("<p>{{ total }}</p>", "没有商品行"),
        ("<table><tr data-lines><td>{{ price }}</td></tr></table>", "没有变量 {{ price }}"),
        ("<table><tr data-lines><td>1</td></tr></table>{{ line.price }}", "只能写在"),
        ("<table><tr data-lines><td>{{ total }</td></tr></table>", "多余的花括号"),
        ("<table><tr data-lines><td>{% load x %}</td></tr></table>", "多余的花括号"),
        ("<table><tr data-lines><td>{{ to<b>tal</b> }}</td></tr></table>", ""),
    ],
)
def test_what_is_wrong_with_a_template_is_said(login, people, html, says):
    people.admin.is_superuser = True
    people.admin.save()
    response = login(people.admin).post("/admin/sales/quotetemplate/add/", template_form(html=html))
    assert response.status_code == 200
    assert says.replace("{{", "{{") in response.content.decode().replace("&#x27;", "'")
    assert not QuoteTemplate.objects.filter(name="简洁").exists()


def test_many_products_make_one_page_more_not_more_statements(
    login, people, shop, quote, django_assert_max_num_queries
):
    products = [(ProductFactory(), 1) for _ in range(30)]
    long = write_quote(people.owner, shop, *products)
    client = login(people.owner)
    client.get(long.get_absolute_url())
    with django_assert_max_num_queries(14):
        client.get(long.get_absolute_url())
    with django_assert_max_num_queries(14):
        client.get(reverse("sales:quote_paper", args=[long.pk]))
