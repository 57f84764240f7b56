"""What the search in documents finds, in what order, and what it shows; what stays of typed HTML; comparing."""

import pytest

from team.models import Document, DocumentFile, Folder
from team.queries.document_search import DocumentSearch
from team.queries.documents import add_snippets, list_rows
from team.rules.document_compare import compare
from team.rules.document_html import clean_body, picture_ids, plain_text
from team.rules.documents import marked, snippet
from team.services.document_index import reindex
from team.views.document_paging import TieredPaginator
from tests.team.document_data import only, write


def titles(query):
    rows = DocumentSearch(Document.objects.order_by("title"), query).page(0, 100)
    found = [row.title for row in rows]
    assert sorted(Document.objects.search(query).values_list("title", flat=True)) == sorted(found)
    return found


def titles_on(response):
    return [row.title for row in response.context["page"].object_list]


def attach(document, text, name="附件.txt"):
    DocumentFile.objects.create(
        document=document,
        name=name,
        suffix="txt",
        size=1,
        file="none.txt",
        text=text,
        created_by=document.author,
    )
    reindex(document_id=document.pk)


@pytest.mark.django_db
def test_title_before_text_before_attachment(people):
    attach(write(people.superior, title="甲", body_html="<p>别的</p>"), "苏打水的规格")
    write(people.superior, title="乙", body_html="<p>今年推苏打水</p>")
    write(people.superior, title="苏打水手册", body_html="<p>见附件</p>")
    write(people.superior, title="矿泉水手册", body_html="<p>苏州打水</p>")
    assert titles("苏打水") == ["苏打水手册", "乙", "甲"]


@pytest.mark.django_db
@pytest.mark.parametrize("size", [1, 2, 3, 4, 10])
def test_pages_go_through_titles_texts_and_attachments(people, size):
    for number in range(3):
        write(people.superior, title=f"苏打水{number}")
        write(people.superior, title=f"乙{number}", body_html="<p>今年推苏打水</p>")
    attach(write(people.superior, title="甲"), "苏打水的规格")
    write(people.superior, title="无关")
    paginator = TieredPaginator(Document.objects.order_by("-pk"), size, query="苏打水")
    assert paginator.count == 7
    pages = [[row.title for row in paginator.page(number)] for number in paginator.page_range]
    assert [len(page) for page in pages[:-1]] == [size] * (len(pages) - 1)
    assert [title for page in pages for title in page] == [
        "苏打水2",
        "苏打水1",
        "苏打水0",
        "乙2",
        "乙1",
        "乙0",
        "甲",
    ]


@pytest.mark.django_db
def test_every_word_must_stand_somewhere(people):
    document = write(people.superior, title="苏打水手册", body_html="<p>零售价 4 元</p>")
    attach(document, "装箱 Carton 24")
    for query in ("苏打水 4", "carton 手册", "ＣＡＲＴＯＮ", "手 价", "sds", "苏\0打水", ""):
        assert titles(query) == ["苏打水手册"], query
    assert titles("苏打水 5") == []
    assert titles("<p>") == []


@pytest.mark.django_db
def test_a_digit_beside_a_sign_is_found_and_told_from_others(people):
    for number in (7, 17, 70):
        write(people.superior, title=f"特供{number}号")
    write(people.superior, title="一号", body_html="<p>特供，编号7</p>")
    assert titles("特供7号") == ["特供7号"]
    assert titles("供7") == ["特供70号", "特供7号"]
    assert titles("特供 号") == ["特供17号", "特供70号", "特供7号", "一号"]


@pytest.mark.django_db
def test_the_order_goes_on_through_many_batches(people, monkeypatch):
    """With batches of one to three documents: none is lost, none comes twice, and places stay in order."""
    monkeypatch.setattr("team.queries.document_search._FIRST", 1)
    monkeypatch.setattr("team.queries.document_search._MOST", 3)
    for number in range(12):
        words = ("价格政策表", "价格在此，政策别处", "无关")[number % 3]
        document = write(people.superior, title=f"{number:02}", body_html=f"<p>{words}</p>")
        if number % 3 == 2:
            attach(document, "价格政策")
    write(people.superior, title="价格政策 甲")
    write(people.superior, title="价格 乙", body_html="<p>政策</p>")
    for query, texts, files in (
        ("价格 政策", (0, 1, 3, 4, 6, 7, 9, 10), (2, 5, 8, 11)),
        ("价格政策", (0, 3, 6, 9), (2, 5, 8, 11)),
    ):
        search = DocumentSearch(Document.objects.order_by("title"), query)
        wanted = [
            "价格政策 甲",
            *(f"{n:02}" for n in texts),
            *(["价格 乙"] if " " in query else []),
            *(f"{n:02}" for n in files),
        ]
        assert search.count(5) == 5
        assert [row.title for row in search.page(0, 3)] == wanted[:3]
        assert [row.title for row in search.page(3, 100)] == wanted[3:]
        assert search.count(100) == len(wanted)
        assert [row.title for row in search.page(1, 4)] == wanted[1:5]


@pytest.mark.django_db
def test_the_list_searches_among_its_filters_and_says_how_many(people, login):
    document = write(people.superior, title="价格甲")
    write(people.superior, title="价格乙", folder=Folder.objects.create(name="别处"))
    write(people.superior, title="价格丙", audience=only(people.colleague))
    client, here = login(people.owner), f"/documents/?q=价格&folder={document.folder_id}"
    assert titles_on(client.get(here)) == ["价格甲"]
    assert (
        titles_on(client.get("/documents/?q=价格&sort=-title"))
        == titles_on(client.get("/documents/?q=价格"))[::-1]
    )
    assert client.get("/documents/?q=价格&total=1").content.decode().startswith("2")
    assert titles_on(client.get("/documents/?q=价格&folder=x")) == []


@pytest.mark.django_db
def test_applicability_and_file_names_are_found(people):
    document = write(people.superior, title="手册", products="苏打水", scenes="价格谈判")
    attach(document, "", name="装箱单2026.txt")
    for query in ("价格谈判", "苏打", "装箱单"):
        assert titles(query) == ["手册"], query


@pytest.mark.django_db
def test_a_search_shows_nothing_that_is_not_ones_own(people):
    write(people.superior, title="内部价", audience=only(people.colleague))
    assert not Document.objects.visible_to(people.owner).search("内部价").exists()


@pytest.mark.django_db
def test_snippets_say_where_it_stands(people, django_assert_num_queries):
    attach(
        write(people.superior, title="甲", body_html="<p>别的</p>"),
        "一" * 300 + "冰红茶<b>特价</b>" + "二" * 300,
    )
    write(people.superior, title="乙", body_html="<h2>价</h2><p>冰红茶 &lt;i&gt; 三元</p>")
    rows = list(list_rows(people.superior, None).search("冰红茶").order_by("title"))
    with django_assert_num_queries(2):
        add_snippets(rows, "冰红茶")
    by_title = {row.title: row.snippet for row in rows}
    assert "<mark>冰红茶</mark>&lt;b&gt;特价" in by_title["甲"]
    assert by_title["甲"].startswith("<b>附件.txt</b> · ")
    assert by_title["乙"] == "价 <mark>冰红茶</mark> &lt;i&gt; 三元"


# --- pure
def test_a_snippet_is_escaped_and_marks_every_word():
    assert snippet('<script>alert("价格")</script>', "价格 ALERT") == (
        "&lt;script&gt;<mark>alert</mark>(&quot;<mark>价格</mark>&quot;)&lt;/script&gt;"
    )
    assert snippet("没有", "价格") is None
    assert snippet("没有", "") is None
    assert snippet("全角ＡＢＣ", "abc") == "全角<mark>abc</mark>"
    assert marked("a<b", "b") == "a&lt;<mark>b</mark>"
    assert marked("a<b", "") == "a&lt;b"


HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '<img src="https://evil.example/pixel.png">',
    '<img src="/documents/pictures/1/../../../logout/">',
    '<a href="javascript:alert(1)">x</a>',
    '<a href="JaVaScRiPt&#58;alert(1)">x</a>',
    '<a href="data:text/html,<script>alert(1)</script>">x</a>',
    '<a href="//evil.example/">x</a>',
    "<svg onload=alert(1)><script>alert(1)</script></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></mglyph></table></mtext></math>",
    "<iframe src=/admin/></iframe>",
    "<object data=x></object><embed src=x>",
    "<form action=/logout/ method=post><button formaction=/x>y</button></form>",
    '<p style="position:fixed;inset:0" class="pd-dialog" id="main" onclick="x()">y</p>',
    '<div hx-get="/x" data-confirm="x">y</div>',
    "<style>body{display:none}</style><link rel=stylesheet href=x><meta http-equiv=refresh content=0>",
    "<base href=//evil.example/>",
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>"></noscript>',
    "<!--<img src='--><img src=x onerror=alert(1)//'>",
]


@pytest.mark.parametrize("html", HOSTILE)
def test_nothing_that_runs_loads_or_changes_the_page_stays(html):
    cleaned = clean_body(f"<p>前</p>{html}<p>后</p>").lower()
    assert "<p>前</p>" in cleaned
    for bad in (
        *(
            "<script",
            "onerror",
            "onload",
            "onclick",
            "javascript:",
            "data:",
            "<svg",
            "<math",
            "<iframe",
            "<object",
        ),
        *(
            "<embed",
            "<form",
            "<button",
            "style",
            "class=",
            "id=",
            "hx-",
            "data-",
            "<link",
            "<meta",
            "<base",
            "<img",
        ),
        'href="//',
    ):
        assert bad not in cleaned, cleaned
    assert clean_body(cleaned) == clean_body(clean_body(cleaned))


def test_what_people_write_stays():
    html = (
        '<h2>价</h2><p><b>粗</b> <em>斜</em> <a href="https://a.example/x">链</a> <a href="/customers/1/">客户</a></p>'
        '<ul><li>一</li></ul><table><tbody><tr><th colspan="2">头</th></tr><tr><td>1</td><td>2</td></tr></tbody></table>'
        '<p><img src="/documents/pictures/12/" alt="图"></p>'
    )
    cleaned = clean_body(html)
    rel = ' rel="noopener noreferrer nofollow"'
    assert cleaned.replace(rel, "") == html
    assert cleaned.count(rel) == 2
    assert picture_ids(cleaned) == {12}
    assert plain_text(cleaned) == "价\n粗 斜 链 客户\n一\n头\n1 2"


def test_nothing_but_blanks_is_no_text():
    assert clean_body("<p>&nbsp;</p><p><br></p>") == ""


def test_comparing_shows_what_changed_and_leaves_the_rest_out():
    old = "\n".join(["头", *(str(n) for n in range(20)), "旧", "尾"])
    lines = compare(old, old.replace("旧", "新"))
    assert [(line.kind, line.text) for line in lines] == [
        ("skip", "19"), ("same", "18"), ("same", "19"), ("gone", "旧"), ("new", "新"), ("same", "尾"),
    ]  # fmt: skip
    assert compare(old, old) == []
