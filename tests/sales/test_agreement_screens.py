"""Pages of agreements: form, signing, end, renewal, filters, files."""

import datetime as dt

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from sales.models import Agreement
from sales.services import agreements as agreement_services

pytestmark = pytest.mark.django_db


def today():
    return timezone.localdate()


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


def test_a_mistyped_year_is_refused(login, people, shop):
    """Its page reckons with the day after the last one."""
    client = login(people.superior)
    address = reverse("sales:agreement_create") + f"?customer={shop.pk}"
    for field, day in (("ends_on", "9999-12-31"), ("starts_on", "0001-01-01")):
        refused = client.post(address, agreement_form(**{field: day}))
        assert f'value="{day}"' in refused.content.decode()
        assert refused.context["form"].errors[field]
    assert not Agreement.objects.exists()


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
