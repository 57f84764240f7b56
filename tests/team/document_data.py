"""Documents and files for the tests of the library."""

import io
import zipfile

from django.core.files.uploadedfile import SimpleUploadedFile
from fpdf import FPDF
from openpyxl import Workbook
from PIL import Image

from team.enums import DocumentStatus
from team.models import Folder
from team.rules.documents import Audience
from team.services import documents as services
from team.services.documents import Content

EVERYBODY = Audience(for_all=True)
WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def only(*people):
    return Audience(for_all=False, people=frozenset(person.pk for person in people))


def content(title="价格政策", body_html="<p>统一出厂价</p>", folder=None, audience=EVERYBODY, **more):
    folder = folder or Folder.objects.get_or_create(name="政策")[0]
    return Content(folder=folder, title=title, body_html=body_html, audience=audience, **more)


def write(actor, *, published=True, now=None, **more):
    document = services.create_document(actor=actor, content=content(**more), now=now)
    if published:
        document = services.move(actor=actor, document=document, to=DocumentStatus.PUBLISHED, now=now)
    return document


def zipped(parts):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as package:
        for name, text in parts.items():
            package.writestr(name, text)
    return packed.getvalue()


def docx(*paragraphs):
    body = "".join(f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>" for text in paragraphs)
    return zipped({"word/document.xml": f'<w:document xmlns:w="{WORD}"><w:body>{body}</w:body></w:document>'})


def pptx(text):
    space = "http://schemas.openxmlformats.org/drawingml/2006/main"
    return zipped(
        {"ppt/slides/slide1.xml": f'<p xmlns:a="{space}"><a:p><a:r><a:t>{text}</a:t></a:r></a:p></p>'}
    )


def xlsx(*rows):
    book = Workbook()
    for row in rows:
        book.active.append(row)
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


def pdf(text):
    paper = FPDF()
    paper.add_page()
    paper.set_font("Helvetica", size=12)
    paper.cell(text=text)
    return bytes(paper.output())


def png(size=(40, 30)):
    packed = io.BytesIO()
    Image.new("RGB", size, "red").save(packed, "PNG")
    return packed.getvalue()


def bomb():
    """A Word file of a few kilobytes that unpacks to more than is taken."""
    return zipped({"word/document.xml": b"\0" * (40 * 1024 * 1024)})


def upload(name, data, kind="application/octet-stream"):
    return SimpleUploadedFile(name, data, content_type=kind)
