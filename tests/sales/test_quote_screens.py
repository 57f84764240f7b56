"""Pages of quotations: filters, entry, steps, paper, and the templates in the admin."""

import datetime as dt
import io

import openpyxl
import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone

from sales.models import GiftRule, Quote, QuoteTemplate, SalesOrder
from sales.services import quotes as quote_services
from tests.factories import ContactFactory, CustomerFactory, ProductFactory
from tests.sales.quote_data import write_quote

pytestmark = pytest.mark.django_db


def today():
    return timezone.localdate()


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


def gift_rows(*rows):
    data = {"gifts-TOTAL_FORMS": len(rows), "gifts-INITIAL_FORMS": 0}
    for number, (product, quantity) in enumerate(rows):
        data |= {f"gifts-{number}-product": product.pk, f"gifts-{number}-quantity": quantity}
    return data


def test_gifts_are_entered_kept_shown_and_led_back_to(login, people, shop, water, beer):
    GiftRule.objects.create(name="水十送一", product=water, buy_quantity=10, gift=beer, gift_quantity=1)
    client = login(people.owner)
    address = f"{reverse('sales:quote_create')}?customer={shop.pk}"
    page = client.post(address, entry([(water, "", 20, "2.35")]) | gift_rows((beer, "x")))
    assert (Quote.objects.count(), page.status_code) == (0, 200)
    assert 'value="x"' in page.content.decode()  # what was typed stays
    client.post(address, entry([(water, "", 20, "2.35")]) | gift_rows((beer, "2")))
    quote = Quote.objects.get()
    assert quote.lines.get(is_gift=True).product == beer
    assert 'bg-teal-lt">搭赠' in client.get(quote.get_absolute_url()).content.decode()
    edit = client.get(reverse("sales:quote_edit", args=[quote.pk]))
    assert [row.item for row in edit.context["gifts"].rows] == [beer]
    assert beer not in [row.item for row in edit.context["rows"].rows if row["pieces"].value()]
    client.post(reverse("sales:quote_send", args=[quote.pk]))
    client.post(reverse("sales:quote_order", args=[quote.pk]))
    order = SalesOrder.objects.get()
    assert order.lines.get(is_gift=True).quantity == 2
    link = f'href="{quote.get_absolute_url()}"'
    assert link in client.get(order.get_absolute_url()).content.decode()
    people.owner.role.permissions.remove(Permission.objects.get(codename="view_quote"))
    assert link not in login(people.owner).get(order.get_absolute_url()).content.decode()
