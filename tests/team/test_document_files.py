"""Attachments and pictures: what is taken, what is read of it, who gets it."""

import datetime as dt
import io

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone
from PIL import Image

from common.file_text import Unreadable, file_text
from team.enums import TextState
from team.models import Document, DocumentFile, DocumentPicture
from team.rules.document_files import byte_range
from team.services import document_files as services
from team.services import documents
from tests.team.document_data import bomb, content, docx, only, pdf, png, pptx, upload, write, xlsx, zipped

pytestmark = pytest.mark.django_db
MP4 = b"\0\0\0\x18ftypmp42\0\0\0\0" + bytes(5000)


def add(document, name, data):
    [row] = services.add_files(actor=document.author, document=document, uploads=[upload(name, data)])
    return row


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("说明.docx", docx("第一段 渠道返利", "第二段"), "渠道返利"),
        ("价格.xlsx", xlsx(["品名", "价格"], ["苏打水", 48]), "苏打水 48"),
        ("讲稿.pptx", pptx("新品上市"), "新品上市"),
        ("paper.pdf", pdf("Soda water price list"), "water price"),
        ("笔记.txt", "老板说下周再谈".encode("gb18030"), "下周再谈"),
    ],
)
def test_text_of_attachments_is_found(people, name, data, words):
    document = write(people.superior)
    row = add(document, name, data)
    assert services.read_file(row.pk)
    row.refresh_from_db()
    assert (row.state, row.error) == (TextState.DONE, "")
    assert words in row.text
    assert list(Document.objects.search(words)) == [document]
    assert not services.read_file(row.pk)  # once
    services.remove_file(actor=people.superior, file=row)
    assert not Document.objects.search(words).exists()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("脚本.exe", b"MZ"),
        ("网页.html", b"<script>alert(1)</script>"),
        ("图.svg", b"<svg onload='alert(1)'/>"),
        ("假.pdf", b"<html>"),
        ("假.docx", zipped({"xl/workbook.xml": "x"})),
        ("炸弹.docx", bomb()),
        ("假.jpg", b"GIF89a"),
        ("假.mp4", b"\0" * 40),
        ("假.txt", b"\0\1\2\3" * 20),
        ("空.pdf", b""),
        ("无名", b"%PDF-1.4"),
    ],
)
def test_what_is_not_taken(people, name, data, settings):
    document = write(people.superior)
    with pytest.raises(ValidationError):
        add(document, name, data)
    assert not DocumentFile.objects.exists()


def test_too_large(people, monkeypatch):
    document = write(people.superior)
    with pytest.raises(ValidationError, match="2"):
        add(document, "长.txt", b"a" * (2 * 1024 * 1024 + 1))


def test_one_bad_file_keeps_the_good_ones_out(people):
    document = write(people.superior)
    with pytest.raises(ValidationError):
        services.add_files(
            actor=people.superior, document=document, uploads=[upload("a.txt", b"a"), upload("b.exe", b"b")]
        )
    assert not DocumentFile.objects.exists()


def test_broken_ones_fail_with_a_reason_and_stop_nobody(people):
    document = write(people.superior)
    row = add(document, "坏.pdf", b"%PDF-1.4 nonsense")
    services.read_file(row.pk)
    row.refresh_from_db()
    assert row.state == TextState.FAILED
    assert row.error


def test_external_entities_are_not_followed(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("geheim")
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    evil = (
        f'<!DOCTYPE d [<!ENTITY x SYSTEM "file://{secret}">]><w:document xmlns:w="{space}"><w:p><w:r><w:t>&x;</w:t>'
        "</w:r></w:p></w:document>"
    )
    path = tmp_path / "evil.docx"
    path.write_bytes(zipped({"word/document.xml": evil}))
    with pytest.raises(Unreadable, match="DTDForbidden"):
        file_text("docx", path)


def test_a_bomb_is_refused_by_the_reader_too(tmp_path):
    path = tmp_path / "bomb.docx"
    path.write_bytes(bomb())
    with pytest.raises(Unreadable, match="far too much"):
        file_text("docx", path)


def test_reading_has_a_time_limit(tmp_path, monkeypatch):
    path = tmp_path / "a.txt"
    path.write_text("a")
    monkeypatch.setattr("common.file_text.SECONDS", 0.001)
    with pytest.raises(Unreadable, match="too long"):
        file_text("txt", path)


def test_a_worker_that_died_is_followed_by_another_three_times(people):
    row = add(write(people.superior), "a.txt", b"words")
    old = timezone.now() - dt.timedelta(minutes=10)
    rows = DocumentFile.objects.filter(pk=row.pk)
    rows.update(state=TextState.RUNNING, attempts=1, heartbeat_at=old)
    assert services.sweep_files() == [row.pk]
    rows.update(state=TextState.RUNNING, attempts=3, heartbeat_at=old)
    assert services.sweep_files() == []
    assert rows.get().state == TextState.FAILED


def test_pictures_are_written_anew(people):
    document = write(people.superior)
    noisy = io.BytesIO()
    Image.new("RGB", (2400, 100), "blue").save(noisy, "JPEG", comment=b"<script>alert(1)</script>")
    picture = services.store_picture(
        actor=people.superior, upload=upload("a.jpg", noisy.getvalue()), document=document
    )
    with picture.image.open() as stored:
        data = stored.read()
    assert b"script" not in data
    assert Image.open(io.BytesIO(data)).size == (1600, 67)
    row = add(document, "店招.png", png())
    assert (row.name, row.suffix, row.state) == ("店招.jpg", "jpg", TextState.NONE)


def test_a_picture_follows_the_document_it_is_put_into(people, login):
    loose = services.store_picture(actor=people.superior, upload=upload("a.png", png()))
    address = f"/documents/pictures/{loose.pk}/"
    assert login(people.superior).get(address).status_code == 200
    assert login(people.owner).get(address).status_code == 404
    write(people.superior, body_html=f'<p><img src="{address}"></p>', audience=only(people.owner))
    shown = login(people.owner).get(address)
    assert (shown.status_code, shown["Content-Type"]) == (200, "image/jpeg")
    assert shown["X-Content-Type-Options"] == "nosniff"
    assert login(people.outsider).get(address).status_code == 404


def test_nobody_takes_a_picture_of_others_into_his_own(people):
    loose = services.store_picture(actor=people.superior, upload=upload("a.png", png()))
    write(people.admin, body_html=f'<p><img src="/documents/pictures/{loose.pk}/"></p>')
    assert DocumentPicture.objects.get().document is None


def test_pictures_of_unsaved_texts_go_after_two_days(people):
    services.store_picture(actor=people.superior, upload=upload("a.png", png()))
    kept = services.store_picture(
        actor=people.superior, upload=upload("b.png", png()), document=write(people.superior)
    )
    assert services.purge_pictures() == 0
    assert services.purge_pictures(now=timezone.now() + dt.timedelta(days=3)) == 1
    assert DocumentPicture.objects.get() == kept


def test_attachments_obey_the_audience(people, login):
    document = write(people.superior, audience=only(people.owner))
    row = add(document, "说明.docx", docx("字"))
    for address in (f"/documents/files/{row.pk}/", f"/documents/files/{row.pk}/text/"):
        assert login(people.owner).get(address).status_code == 200
        assert login(people.outsider).get(address).status_code == 404
    assert login(people.owner).post(f"/documents/files/{row.pk}/remove/").status_code == 403
    assert login(people.outsider).post(f"/documents/files/{row.pk}/remove/").status_code == 404
    assert login(people.superior).post(f"/documents/files/{row.pk}/remove/").status_code == 302
    with pytest.raises(PermissionDenied):
        services.add_files(actor=people.owner, document=document, uploads=[upload("a.txt", b"a")])


@pytest.mark.parametrize(
    ("name", "data", "shown", "kind"),
    [
        ("纸.pdf", pdf("x"), "inline", "application/pdf"),
        ("表.xlsx", xlsx(["a"]), "attachment", "spreadsheetml.sheet"),
        ("字.txt", b"<script>alert(1)</script>", "attachment", "text/plain"),
        ("图.png", png(), "inline", "image/jpeg"),
    ],
)
def test_files_are_served_as_what_they_are(people, login, name, data, shown, kind):
    row = add(write(people.superior), name, data)
    answer = login(people.owner).get(f"/documents/files/{row.pk}/")
    assert answer["Content-Disposition"].startswith(shown)
    assert kind in answer["Content-Type"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"] == "private, no-store"
    downloaded = login(people.owner).get(f"/documents/files/{row.pk}/?download=1")
    assert downloaded["Content-Disposition"].startswith("attachment")


def test_a_film_comes_in_parts(people, login):
    row = add(write(people.superior), "片.mp4", MP4)
    client, address = login(people.owner), f"/documents/files/{row.pk}/"
    assert client.get(address)["Accept-Ranges"] == "bytes"
    part = client.get(address, headers={"range": "bytes=4-11"})
    assert (part.status_code, part.content, part["Content-Range"]) == (
        206,
        b"ftypmp42",
        f"bytes 4-11/{len(MP4)}",
    )


@pytest.mark.parametrize(
    ("header", "wanted"),
    [
        ("bytes=0-", (0, 99)), ("bytes=10-19", (10, 19)), ("bytes=90-200", (90, 99)), ("bytes=-10", (90, 99)),
        ("bytes=-0", None), ("bytes=100-", None), ("bytes=5-4", None), ("bytes=0-1,3-4", None), ("lines=0-1", None), ("", None), ("bytes=a-b", None),
    ],
)  # fmt: skip
def test_ranges(header, wanted):
    assert byte_range(header, 100) == wanted


def test_the_reader_is_nudged_after_the_commit(people, login, django_capture_on_commit_callbacks):
    document = write(people.superior)
    with django_capture_on_commit_callbacks(execute=True):
        login(people.superior).post(
            f"/documents/{document.pk}/files/", {"files": upload("说明.docx", docx("渠道返利"))}
        )
    assert DocumentFile.objects.get().text == "渠道返利"


def test_a_restored_draft_keeps_files(people):
    document = write(people.superior, published=False)
    add(document, "a.txt", b"words")
    documents.update_document(
        actor=people.superior, document=document, content=content(title="改"), base_version=1
    )
    assert list(Document.objects.search("改 a.txt")) == [document]
