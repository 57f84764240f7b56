"""The editor of documents in a browser: what is typed, pasted and inserted is what is stored and shown."""

import re

import pytest
from playwright.sync_api import expect

from team.models import Document, DocumentPicture, Folder
from tests.browser.waiting import wait_for
from tests.factories import UserFactory
from tests.team.document_data import png

pytestmark = pytest.mark.django_db(transaction=True)
PASTE = """(canvas) => {
  const data = new DataTransfer();
  data.setData("text/html", '<h1 style="color:red" onclick="x()">粘贴</h1><script>window.hacked = 1</script>'
    + '<img src="https://evil.example/a.png" onerror="window.hacked = 1"><p class="MsoNormal">正文 <b>粗</b></p>');
  canvas.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
}"""


def test_write_a_document(open_page, tmp_path):
    boss = UserFactory(name="管理员", role="admin")
    folder = Folder.objects.create(name="培训")
    page = open_page(boss, phone=False)
    page.goto("/documents/new/")
    page.fill("#id_title", "拜访八步")
    page.select_option("#id_folder", str(folder.pk))
    canvas = page.locator("[data-canvas]")
    canvas.click()
    page.keyboard.type("第一段")
    page.click("[data-block=h2]")
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    page.keyboard.type("看货架")
    page.click("[data-do=insertUnorderedList]")
    page.click("[data-table=new]")
    page.keyboard.type("品名")
    page.click("[data-table=row]")
    expect(page.locator("[data-canvas] tr")).to_have_count(4)
    page.locator("[data-canvas] th").first.click()
    page.click("[data-table=no-column]")
    expect(page.locator("[data-canvas] th")).to_have_count(2)
    page.locator("[data-canvas] > p").last.click()
    canvas.evaluate(PASTE)
    picture = tmp_path / "店招.png"
    picture.write_bytes(png())
    page.set_input_files("[data-picture-file]", picture)
    page.wait_for_selector("[data-canvas] img")
    page.click("button[type=submit]")
    page.wait_for_url(re.compile(r"/documents/\d+/$"))  # not …/new/, where we are
    assert page.evaluate("window.hacked") is None
    document = Document.objects.get()
    body = document.body_html
    assert "<h2>第一段</h2>" in body
    assert "<li>看货架</li>" in body
    assert body.count("<tr>") == 4
    assert "<p></p>" not in body
    assert "<h2>粘贴</h2><p>正文 <b>粗</b>" in body
    assert "<b>粗</b>" in body
    assert "evil" not in body
    assert "style" not in body
    assert DocumentPicture.objects.get().document == document
    wait_for(page, "document.querySelector('.td-article img').naturalWidth === 40")
